"""Many queries against one board at once: for each its nearest statements, block by block.

The answers are those that each query would get alone, from the same state of the index, in the same order. A block is
multiplied with the board in eight bits where the processor can (`embeddings.eightbit`), else it shares one pass of the
scan. Memory stays small however many queries there are: beside the board it is its rows in eight bits, a quarter of
their vectors, and for each of a block's queries the best of every eight rows, half a byte for each row.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from embeddings.eightbit import TOGETHER
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
