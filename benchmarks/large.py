"""A board past the size that is searched exactly: the approximate index against a FAISS flat search.

Filters are those that approximate indexes fail at: few rows, and rows of one topic.
"""

from __future__ import annotations

import numpy as np

from benchmarks.material import DIMENSION, TOPICS, vectors
from benchmarks.measuring import Line, WrongResult, interleaved, seconds
from embeddings.faiss_index import LARGE, FaissIndex

K, ROUNDS = 10, 15


def run(quick: bool = False) -> list[Line]:
    """The ratio, the recall with each filter, and how long a million would take to build."""
    import faiss

    size = LARGE if quick else 300_000
    rows, queries = vectors(size), vectors(ROUNDS, seed=5)
    # The topics that the vectors were made around, drawn as `vectors` draws them.
    centres = np.random.default_rng(4).standard_normal((TOPICS, DIMENSION))
    topic = (rows @ (centres / np.linalg.norm(centres, axis=1, keepdims=True)).T.astype(np.float32)).argmax(axis=1)
    ids = np.arange(1, size + 1)
    flat = faiss.IndexFlatIP(DIMENSION)
    flat.add(rows)
    index = FaissIndex(DIMENSION)

    def build() -> None:
        index.put(ids, rows)
        index.settle()

    building = seconds(build)
    turns = [iter(np.tile(queries, (2, 1))) for _ in range(2)]
    ours, theirs = interleaved(
        lambda: index.search(next(turns[0])[None], K), lambda: flat.search(next(turns[1])[None], K), ROUNDS
    )
    chance = np.random.default_rng(6).random(size)
    filters = {
        "all": None,
        "9 of 10": ids[chance < 0.9],
        "1 of 100": ids[chance < 0.01],
        "of 20 topics": ids[topic < 20],
        "of all topics but 20": ids[topic >= 20],
    }
    lines = [
        Line(
            "large",
            f"one query of {size:,}",
            theirs / ours,
            "×",
            20.0,
            "≥",
            f"{ours * 1e3:.2f} vs {theirs * 1e3:.1f} ms of IndexFlatIP",
        ),
        Line("large", "building a million", building / size * 1e6, "s", 60.0, "≤", f"from {size:,}, in the background"),
    ]
    for what, allowed in filters.items():
        recall = recall_of(index, flat, queries, allowed)
        if recall < 0.98:
            raise WrongResult(f"expected a recall of at least .98 ({what}), found {recall:.3f}")
        lines.append(Line("large", f"recall, {what}", recall, "", 0.98, "≥", f"of the {K} nearest"))
    return lines


def recall_of(index: FaissIndex, flat: object, queries: np.ndarray, allowed: np.ndarray | None) -> float:
    """The share of the nearest that is found."""
    import faiss

    parameters = None
    if allowed is not None:
        parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed - 1))
    expected = flat.search(queries, K, params=parameters)[1] + 1  # type: ignore[attr-defined]
    # One by one, as people ask: many at once are multiplied, which misses nothing.
    found = [index.search(query[None], K, allowed)[0].ids for query in queries]
    return float(np.mean([np.intersect1d(a, b).size / K for a, b in zip(found, expected, strict=True)]))
