"""Many needs against many statements at once: the dense leg of all pairs, against a FAISS flat batch search.

Both are timed on a part of the queries, because their time is the same for each. What is made once for a board (a
graph, and its rows in eight bits) is made before, as all 20,000 needs share it; how long that took is said beside it.
"""

from __future__ import annotations

import numpy as np

from benchmarks.material import DIMENSION, vectors
from benchmarks.measuring import Line, WrongResult, interleaved, seconds
from embeddings.faiss_index import FaissIndex
from embeddings.pairs import nearest_pairs

K = 10
TIMED = 512


def run(quick: bool = False) -> list[Line]:
    """The ratio, and the recall of it, for 20,000 needs against 100,000 statements, timed on a part."""
    import faiss

    size = 20_000 if quick else 100_000
    rows, queries = vectors(size), vectors(TIMED, seed=5)
    flat = faiss.IndexFlatIP(DIMENSION)
    flat.add(rows)
    index = FaissIndex(DIMENSION)
    index.put(np.arange(1, size + 1), rows)
    index.settle()
    ready = seconds(lambda: list(nearest_pairs(index.view(), queries, K)))
    found = [hits.ids for hits in nearest_pairs(index.view(), queries, K)]
    expected = flat.search(queries, K)[1] + 1
    ours, theirs = interleaved(
        lambda: list(nearest_pairs(index.view(), queries, K)), lambda: flat.search(queries, K), 1 if quick else 3
    )
    recall = float(np.mean([np.intersect1d(a, b).size / K for a, b in zip(found, expected, strict=True)]))
    if recall < 0.99:
        raise WrongResult(f"expected a recall of at least .99, found {recall:.4f}")
    whole = 20_000 / TIMED
    once = max(ready - ours, 0.0)
    detail = f"20,000 take {ours * whole:.0f} vs {theirs * whole:.0f} s, from {TIMED}; made once in {once:.1f} s"
    return [
        Line("pairs", f"top {K} of {size:,} for each need", theirs / ours, "×", 2.5, "≥", detail),
        Line("pairs", "recall", recall, "", 0.99, "≥", "against the flat index"),
    ]
