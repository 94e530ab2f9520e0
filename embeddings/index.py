"""Vector indexes: ids and unit vectors in, the nearest allowed ids out.

Every implementation keeps the contract of `VectorIndex`; NumpyIndex is the plain reference it is tested
against. A published state is never changed: `put` and `drop` build a new one beside it, so searches go on.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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
    if not np.isfinite(rows).all():
        raise ValueError("expected finite numbers in the vectors, found NaN or infinity")
    norms = np.linalg.norm(rows, axis=1)
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
    if array.size > 1 and bool((np.diff(array) <= 0).any()):
        array = np.unique(array)
    return array


def _best(ids: np.ndarray, scores: np.ndarray, k: int) -> Hits:
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
        return [_best(ids, rows @ query, k) for query in queries]

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        found = np.full(ids.size, np.nan, dtype=np.float32)
        places = _places(self.ids, ids)
        present = places >= 0
        found[present] = self.vectors[places[present]] @ vector
        return found


class NumpyIndex:
    """Exact search by one matrix product: the reference implementation."""

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


def _places(sorted_ids: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Where each id stands in sorted_ids, -1 where it does not."""
    if not sorted_ids.size:
        return np.full(ids.size, -1, dtype=np.int64)
    places = np.minimum(np.searchsorted(sorted_ids, ids), sorted_ids.size - 1)
    return np.where(sorted_ids[places] == ids, places, -1)


class _FlatBlock:
    """A FAISS flat index over rows sorted by id, never changed after it is built."""

    def __init__(self, ids: np.ndarray, vectors: np.ndarray) -> None:
        import faiss

        self.ids = ids
        self.flat: Any = faiss.IndexFlatIP(vectors.shape[1])
        if ids.size:
            self.flat.add(vectors)
        # The same memory seen as an array: no second copy.
        self.vectors: np.ndarray = (
            faiss.rev_swig_ptr(self.flat.get_xb(), ids.size * vectors.shape[1]).reshape(vectors.shape)
            if ids.size
            else vectors
        )

    def search(self, queries: np.ndarray, k: int, mask: np.ndarray | None) -> list[Hits]:
        """The k nearest rows of the mask; more are taken if the last is tied."""
        import faiss

        count = self.ids.size if mask is None else int(np.count_nonzero(mask))
        if not count or k < 1:
            return [Hits(np.zeros(0, np.int64), np.zeros(0, np.float32)) for _ in queries]
        parameters = None
        packed = None
        if mask is not None and count < self.ids.size:
            packed = np.packbits(mask, bitorder="little")
            selector = faiss.IDSelectorBitmap(self.ids.size, faiss.swig_ptr(packed))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        # One more than asked: if it ties with the last, ids must decide, which a heap does not promise.
        scores, rows = self.flat.search(queries, min(k + 1, count), params=parameters)
        hits = []
        for query, query_scores, query_rows in zip(queries, scores, rows, strict=True):
            good = query_rows >= 0
            if query_rows.size > k and query_scores[k] == query_scores[k - 1]:
                chosen = np.arange(self.ids.size) if mask is None else np.flatnonzero(mask)
                hits.append(_best(self.ids[chosen], self.vectors[chosen] @ query, k))
            else:
                hits.append(_best(self.ids[query_rows[good]], query_scores[good], k))
        return hits


class _FaissView:
    def __init__(self, base: _FlatBlock, alive: np.ndarray | None, delta: _FlatBlock, dimension: int) -> None:
        self.base, self.alive, self.delta, self.dimension = base, alive, delta, dimension

    def __len__(self) -> int:
        kept = self.base.ids.size if self.alive is None else int(np.count_nonzero(self.alive))
        return kept + int(self.delta.ids.size)

    def _blocks(self, allowed: np.ndarray | None) -> list[tuple[_FlatBlock, np.ndarray | None]]:
        chosen: list[tuple[_FlatBlock, np.ndarray | None]] = []
        for block, alive in ((self.base, self.alive), (self.delta, None)):
            mask = alive
            if allowed is not None:
                mask = np.zeros(block.ids.size, dtype=bool)
                places = _places(block.ids, allowed)
                mask[places[places >= 0]] = True
                if alive is not None:
                    mask &= alive
            chosen.append((block, mask))
        return chosen

    def search(self, vectors: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Hits]:
        queries = checked_vectors(vectors, self.dimension)
        found = [block.search(queries, k, mask) for block, mask in self._blocks(checked_allowed(allowed))]
        return [
            _best(np.concatenate([a.ids, b.ids]), np.concatenate([a.scores, b.scores]), k)
            for a, b in zip(*found, strict=True)
        ]

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        found = np.full(ids.size, np.nan, dtype=np.float32)
        for block, alive in ((self.base, self.alive), (self.delta, None)):
            places = _places(block.ids, ids)
            present = places >= 0
            if alive is not None:
                present[present] = alive[places[present]]
            found[present] = block.vectors[places[present]] @ vector
        return found


class FaissIndex:
    """Exact FAISS search over float32: a large base, a small delta beside it, folded together as it grows."""

    def __init__(self, dimension: int, *, fold_at: int = 2_000) -> None:
        self.dimension = dimension
        self._fold_at = fold_at
        self._lock = threading.Lock()
        self._state: _FaissView | None = None

    def _view_now(self) -> _FaissView:
        # FAISS is first touched here, on use, because a warm FAISS does not survive a fork.
        state = self._state
        if state is None:
            empty_ids, empty = np.zeros(0, np.int64), np.zeros((0, self.dimension), np.float32)
            state = _FaissView(_FlatBlock(empty_ids, empty), None, _FlatBlock(empty_ids, empty), self.dimension)
            self._state = state
        return state

    def __len__(self) -> int:
        return 0 if self._state is None else len(self._state)

    def put(self, ids: Sequence[int] | np.ndarray, vectors: np.ndarray) -> None:
        """Insert or replace."""
        new_ids, rows = checked_ids(ids), checked_vectors(vectors, self.dimension)
        if new_ids.size != rows.shape[0]:
            raise ValueError(f"expected {new_ids.size} vectors, one per id, got {rows.shape[0]}")
        if new_ids.size:
            with self._lock:
                self._change(new_ids, new_ids, rows)

    def drop(self, ids: Sequence[int] | np.ndarray) -> None:
        """Remove; absent ids are ignored."""
        gone = np.asarray(ids, dtype=np.int64).reshape(-1)
        with self._lock:
            self._change(gone, np.zeros(0, np.int64), np.zeros((0, self.dimension), np.float32))

    def _change(self, gone: np.ndarray, new_ids: np.ndarray, rows: np.ndarray) -> None:
        old = self._view_now()
        places = _places(old.base.ids, gone)
        places = places[places >= 0]
        alive = old.alive
        if places.size:
            alive = np.ones(old.base.ids.size, dtype=bool) if alive is None else alive.copy()
            alive[places] = False
        keep = ~np.isin(old.delta.ids, gone)
        ids = np.concatenate([old.delta.ids[keep], new_ids])
        parts = [old.delta.vectors[keep], rows]
        dead = 0 if alive is None else int(alive.size - np.count_nonzero(alive))
        fold = ids.size + dead > max(self._fold_at, old.base.ids.size // 20)
        if fold:
            kept = slice(None) if alive is None else alive
            ids = np.concatenate([old.base.ids[kept], ids])
            parts.insert(0, old.base.vectors[kept])
        order = np.argsort(ids, kind="stable")
        block = _FlatBlock(ids[order], np.concatenate(parts)[order])
        if fold:
            empty = _FlatBlock(np.zeros(0, np.int64), np.zeros((0, self.dimension), np.float32))
            self._state = _FaissView(block, None, empty, self.dimension)
        else:
            self._state = _FaissView(old.base, alive, block, self.dimension)

    def view(self) -> VectorView:
        """The present state, which later changes leave alone."""
        return self._view_now()

    def search(self, vectors: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Hits]:
        """See VectorView."""
        return self._view_now().search(vectors, k, allowed)

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """See VectorView."""
        return self._view_now().scores(vector, ids)
