"""Many queries against one board at once: for each its nearest statements, block by block.

The answers are those that each query would get alone, from the same state of the index, in the same order. A block
shares one pass of the scan, and memory stays small however many queries there are: beside the board it is the block's
queries and hits, `BLOCK` × (4 × dimension + 12 × depth) bytes, where the depth is what one search scans
(`embeddings.faiss_index`): 64 queries of 384 dimensions that want 10 take half a megabyte.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from embeddings.faiss_index import TOGETHER
from embeddings.index import Hits, VectorView

#: Queries searched together.
BLOCK = TOGETHER


def nearest_pairs(
    view: VectorView, queries: np.ndarray, k: int, allowed: np.ndarray | None = None, *, block: int = BLOCK
) -> Iterator[Hits]:
    """The k nearest of the allowed ids for each query, in the order of the queries."""
    if block < 1:
        raise ValueError(f"expected blocks of at least one query, got {block}")
    for start in range(0, len(queries), block):
        yield from view.search(queries[start : start + block], k, allowed)
