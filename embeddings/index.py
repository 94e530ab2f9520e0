"""Vector indexes: ids and unit vectors in, the nearest allowed ids out.

Every implementation keeps the contract of `VectorIndex`; NumpyIndex is the plain reference it is tested
against. A published state is never changed: `put` and `drop` build a new one beside it, so searches go on.
Scores are computed row by row, so that a vector's score never depends on what stands beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, slots=True)
class Hits:
    """The nearest ids of one query, best first, ties by id; never padded."""

    ids: np.ndarray
    scores: np.ndarray


class VectorView(Protocol):
    """A state of an index that does not change while it is searched."""

    def __len__(self) -> int:
        """Number of vectors."""

    def search(self, vectors: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Hits]:
        """The k nearest of the allowed ids (a sorted int64 array; None allows all) for each query row."""

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """Cosine of one query with each id, NaN where the id is absent."""


class VectorIndex(VectorView, Protocol):
    """Vectors by id, with one score for all implementations: the inner product of unit vectors."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    def put(self, ids: Sequence[int] | np.ndarray, vectors: np.ndarray) -> None:
        """Insert or replace."""

    def drop(self, ids: Sequence[int] | np.ndarray) -> None:
        """Remove; absent ids are ignored."""

    def view(self) -> VectorView:
        """The present state, unaffected by later changes where the implementation can promise it."""


def checked_vectors(vectors: np.ndarray, dimension: int) -> np.ndarray:
    """The vectors as float32 rows, or a ValueError that says what is wrong with them."""
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.ndim == 1:
        rows = rows.reshape(1, -1)
    if rows.ndim != 2 or rows.shape[1] != dimension:
        raise ValueError(f"expected vectors of {dimension} dimensions, got {rows.shape[-1]}")
    # A row with NaN or infinity has no finite length.
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    if not np.isfinite(norms).all():
        raise ValueError("expected finite numbers in the vectors, found NaN or infinity")
    if rows.shape[0] and not bool((np.abs(norms - 1.0) < 1e-3).all()):
        worst = float(norms[np.abs(norms - 1.0).argmax()])
        raise ValueError(f"expected vectors of unit length, got one of length {worst:.4f}")
    return rows


def checked_ids(ids: Sequence[int] | np.ndarray) -> np.ndarray:
    """The ids as int64, positive and unique, or a ValueError."""
    array = np.asarray(ids, dtype=np.int64).reshape(-1)
    if array.size and int(array.min()) <= 0:
        raise ValueError(f"expected positive ids, got {int(array.min())}")
    if np.unique(array).size != array.size:
        raise ValueError("expected each id once, got duplicates")
    return array


def checked_allowed(allowed: np.ndarray | None) -> np.ndarray | None:
    """The allowed ids as a sorted int64 array."""
    if allowed is None:
        return None
    array = np.asarray(allowed, dtype=np.int64).reshape(-1)
    if array.size > 1 and bool((array[1:] <= array[:-1]).any()):
        array = np.unique(array)
    return array


def inner(rows: np.ndarray, query: np.ndarray) -> np.ndarray:
    """The inner product of each row with the query, to the last bit the same whichever rows stand around it."""
    return np.asarray(np.einsum("ij,j->i", rows, query), dtype=np.float32)


def best_of(ids: np.ndarray, scores: np.ndarray, k: int) -> Hits:
    """The k best by score, ties by id."""
    if 0 < k < ids.size:
        # Everything equal to the k-th score stays in, so that ties are broken by id and not by chance.
        threshold = np.partition(scores, ids.size - k)[ids.size - k]
        keep = scores >= threshold
        ids, scores = ids[keep], scores[keep]
    order = np.lexsort((ids, -scores))[: max(k, 0)]
    return Hits(ids[order], scores[order])


class _NumpyView:
    def __init__(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        self.ids = ids  # sorted
        self.vectors = vectors

    def __len__(self) -> int:
        return int(self.ids.size)

    def search(self, vectors: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Hits]:
        queries = checked_vectors(vectors, self.vectors.shape[1])
        allowed = checked_allowed(allowed)
        ids, rows = self.ids, self.vectors
        if allowed is not None:
            keep = np.isin(ids, allowed, assume_unique=True)
            ids, rows = ids[keep], rows[keep]
        return [best_of(ids, inner(rows, query), k) for query in queries]

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        found = np.full(ids.size, np.nan, dtype=np.float32)
        places = places_of(self.ids, ids)
        present = places >= 0
        found[present] = inner(self.vectors[places[present]], np.asarray(vector, dtype=np.float32))
        return found


class NumpyIndex:
    """Exact search through every row: the reference implementation."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._lock = threading.Lock()
        self._view = _NumpyView(np.zeros(0, np.int64), np.zeros((0, dimension), np.float32))

    def __len__(self) -> int:
        return len(self._view)

    def put(self, ids: Sequence[int] | np.ndarray, vectors: np.ndarray) -> None:
        """Insert or replace."""
        new_ids, rows = checked_ids(ids), checked_vectors(vectors, self.dimension)
        if new_ids.size != rows.shape[0]:
            raise ValueError(f"expected {new_ids.size} vectors, one per id, got {rows.shape[0]}")
        with self._lock:
            old = self._view
            keep = ~np.isin(old.ids, new_ids)
            all_ids = np.concatenate([old.ids[keep], new_ids])
            order = np.argsort(all_ids, kind="stable")
            self._view = _NumpyView(all_ids[order], np.concatenate([old.vectors[keep], rows])[order])

    def drop(self, ids: Sequence[int] | np.ndarray) -> None:
        """Remove; absent ids are ignored."""
        with self._lock:
            old = self._view
            keep = ~np.isin(old.ids, np.asarray(ids, dtype=np.int64))
            self._view = _NumpyView(old.ids[keep], old.vectors[keep])

    def view(self) -> VectorView:
        """The present state."""
        return self._view

    def search(self, vectors: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Hits]:
        """See VectorView."""
        return self._view.search(vectors, k, allowed)

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """See VectorView."""
        return self._view.scores(vector, ids)


def places_of(sorted_ids: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Where each id stands in sorted_ids, -1 where it does not."""
    if not sorted_ids.size:
        return np.full(ids.size, -1, dtype=np.int64)
    places = np.minimum(np.searchsorted(sorted_ids, ids), sorted_ids.size - 1)
    return np.where(sorted_ids[places] == ids, places, -1)
