"""One exact query over many vectors, unfiltered and filtered, against a FAISS IndexFlatIP; checked with NumPy.

Targets of the engine: five times as fast as the flat index, never slower with a filter than without, and exactly
what NumPy finds.
"""

from __future__ import annotations

import statistics

import numpy as np

from benchmarks.material import DIMENSION, vectors
from benchmarks.measuring import Line, WrongResult, interleaved, seconds
from embeddings.faiss_index import FaissIndex
from embeddings.index import NumpyIndex

K = 10
#: Shares of the ids that a viewer may see, in percent.
FILTERS = (1, 10, 50)


def run(quick: bool = False) -> list[Line]:
    """A ratio to the flat index for each size and filter."""
    return [line for size in ((20_000,) if quick else (20_000, 100_000)) for line in over(size, 15 if quick else 41)]


def over(size: int, rounds: int) -> list[Line]:
    """The lines for one size."""
    import faiss

    rows = vectors(size)
    queries = vectors(rounds, seed=5)
    ids = np.arange(1, size + 1)
    flat = faiss.IndexFlatIP(DIMENSION)
    flat.add(rows)
    ours, reference = FaissIndex(DIMENSION), NumpyIndex(DIMENSION)
    ours.put(ids, rows)
    ours.settle()
    reference.put(ids, rows)
    random = np.random.default_rng(6)
    lines = []
    for percent in (None, *FILTERS):
        drawn = [
            None if percent is None else np.sort(random.choice(ids, size * percent // 100, replace=False))
            for _ in range(9)
        ]
        first = statistics.median(seconds(lambda a=a: ours.search(queries[:1], K, a)) for a in drawn)
        allowed = drawn[-1]
        for query in queries[:10]:
            check(ours.search(query[None], K, allowed)[0].ids, reference.search(query[None], K, allowed)[0].ids)
        turns = [iter(np.tile(queries, (2, 1))) for _ in range(2)]
        # A filter is compared with the search without one, and that with the flat index: in turn, on the same queries.
        mine, theirs = interleaved(
            lambda turn=turns[0], allowed=allowed: ours.search(next(turn)[None], K, allowed),
            lambda turn=turns[1], percent=percent: (
                flat.search(next(turn)[None], K) if percent is None else ours.search(next(turn)[None], K)
            ),
            rounds,
        )
        compared = f"{mine * 1e3:.2f} vs {theirs * 1e3:.2f} ms"
        if percent is None:
            target = 5.0 if size >= 100_000 else None
            lines.append(
                Line("search", f"{size:,} vectors", theirs / mine, "×", target, "≥", f"{compared} of IndexFlatIP")
            )
        else:
            detail = f"{compared} without; {first * 1e3:.2f} ms when the filter is new"
            lines.append(Line("search", f"{size:,} vectors, {percent} % allowed", theirs / mine, "×", 1.0, "≥", detail))
    return lines


def check(found: np.ndarray, expected: np.ndarray) -> None:
    """Refuse an answer that is not NumPy's."""
    if len(set(found.tolist()) & set(expected.tolist())) < 0.99 * expected.size:
        raise WrongResult(f"expected the ids {expected.tolist()}, found {found.tolist()}")
