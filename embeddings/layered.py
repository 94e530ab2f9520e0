"""A large index that somebody else fills, with what it does not have yet held beside it in memory.

So a shared store may lag behind, and a change is still found by the next search: whatever was put or dropped here is
answered from here, and the store is not believed about it, until `release` says that the store has it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from embeddings.index import Hits, VectorIndex, VectorView, best_of, checked_allowed, checked_ids, checked_vectors
from embeddings.milvus import MOST, IndexUnavailable

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

#: Seconds for which a store that did not answer is left alone, so that not every search waits for it.
PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class _State:
    """Which ids are answered from here (sorted), those of them that exist, and whether the store has anything."""

    own: np.ndarray
    held: VectorView
    stored: bool


class LayeredIndex:
    """A store's vectors, and what is newer than them.

    While the store does not answer, only what is held here is found, and everything else counts as having no vector.
    Like the store it keeps no past states.
    """

    def __init__(self, store: VectorIndex, held: VectorIndex, *, stored: bool = True) -> None:
        self.dimension = held.dimension
        self._store, self._held = store, held
        self._lock = threading.Lock()
        self._state = _State(np.zeros(0, np.int64), held.view(), stored)
        self._silent_until = 0.0

    def __len__(self) -> int:
        state = self._state
        if not state.stored:
            return len(state.held)
        covered = self._store.scores(np.eye(1, self.dimension, dtype=np.float32)[0], state.own)
        return len(self._store) - int(np.count_nonzero(~np.isnan(covered))) + len(state.held)

    def put(self, ids: Sequence[int] | np.ndarray, vectors: np.ndarray) -> None:
        """Insert or replace, here."""
        new = checked_ids(ids)
        with self._lock:
            self._held.put(new, vectors)
            self._publish(np.union1d(self._state.own, new))

    def drop(self, ids: Sequence[int] | np.ndarray) -> None:
        """Remove, here; absent ids are ignored."""
        gone = np.unique(np.asarray(ids, dtype=np.int64).reshape(-1))
        with self._lock:
            self._held.drop(gone)
            self._publish(np.union1d(self._state.own, gone))

    def release(self, ids: np.ndarray) -> None:
        """The store has these ids now as they were last put or dropped here, or newer; it is asked about them again."""
        with self._lock:
            # First the store is believed, then the vectors go: between the two nothing is missing.
            self._publish(np.setdiff1d(self._state.own, ids), stored=True)
            self._held.drop(ids)
            self._publish(self._state.own)

    def _publish(self, own: np.ndarray, *, stored: bool = False) -> None:
        self._state = _State(own, self._held.view(), stored or self._state.stored)

    def view(self) -> VectorView:
        """The index itself, as the store keeps no past states."""
        return self

    def search(self, vectors: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Hits]:
        """See VectorView."""
        queries, allowed, state = checked_vectors(vectors, self.dimension), checked_allowed(allowed), self._state
        here = state.own if allowed is None else np.intersect1d(state.own, allowed, assume_unique=True)
        found = state.held.search(queries, k, here)
        if not state.stored:
            return found
        if allowed is None:
            # So many more are asked for as can be ours.
            there = self._asked(lambda: self._store.search(queries, min(k + here.size, MOST - 1)))
        else:
            others = np.setdiff1d(allowed, state.own, assume_unique=True)
            there = self._asked(lambda: self._store.search(queries, k, others))
        if there is None:
            return found
        return [_merged(ours, theirs, state.own, k) for ours, theirs in zip(found, there, strict=True)]

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """See VectorView."""
        ids, state = np.asarray(ids, dtype=np.int64), self._state
        found = state.held.scores(vector, ids)
        if state.stored:
            elsewhere = ~np.isin(ids, state.own)
            there = self._asked(lambda: self._store.scores(vector, ids[elsewhere]))
            found[elsewhere] = np.nan if there is None else there
        return found

    def _asked(self, ask: Callable[[], Answer]) -> Answer | None:
        """The store's answer; None where it gives none, or just gave none."""
        if time.monotonic() < self._silent_until:
            return None
        try:
            return ask()
        except IndexUnavailable as error:
            self._silent_until = time.monotonic() + PAUSE
            log.warning("searching without the shared vectors: %s", error)
            return None


def _merged(ours: Hits, theirs: Hits, own: np.ndarray, k: int) -> Hits:
    kept = ~np.isin(theirs.ids, own)
    return best_of(np.concatenate([ours.ids, theirs.ids[kept]]), np.concatenate([ours.scores, theirs.scores[kept]]), k)
