"""The index of the product: exact to about 200,000 readable vectors, approximate beyond.

A large base, the rows of it that are gone, and a small delta beside it. Of the base there are short codes
(`embeddings.codes`): a query scans the codes, the vectors of the most promising rows are looked at exactly, and the
answer is taken if no row left out could have come in; otherwise more rows are looked at, in the end all of them. What
"could" means is measured when the codes are made: a code may stray by six spreads from where its score puts it. Small
boards, narrow filters and boards whose codes are still being made are simply searched through. Many queries at once
share products in eight bits instead, where the processor can (`embeddings.eightbit`).

Codes are made, and the delta is folded into the base, in the background; searches go on with what there is.
"""

from __future__ import annotations

import ctypes
import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from embeddings.codes import Codes, Within, can_encode, lists_for
from embeddings.eightbit import EightBits, compiled_product
from embeddings.index import (
    Hits,
    VectorView,
    best_of,
    checked_allowed,
    checked_ids,
    checked_vectors,
    inner,
    places_of,
)

log = logging.getLogger(__name__)

#: From so many readable vectors on, only the lists of neighbours nearest to the query are read.
LARGE = 200_000
#: The share of the readable rows that those lists must hold: an eighth finds .97 of the ten nearest real texts.
READ = 1 / 5
#: Up to so many rows, or while k is more than a quarter of them, looking at all is as fast as scanning codes.
FEW = 1_024
#: Rows taken from the scan (at least so many, and so many for each one asked for), and how much deeper the next goes.
DEPTH, DEPTH_EACH, DEEPER = 512, 16, 4
#: Of these, rows that are looked at to know how good the k-th is; then those that could still be better.
FIRST, FIRST_EACH = 64, 2
#: Rows gathered at a time, so that memory stays small.
PIECE = 8_192
#: Filters that are remembered, and the share of the rows up to which one that comes again has codes of its own.
FILTERS, OWN = 4, 1 / 2
#: Queries scanned together; from so many on they are multiplied, if there are so many rows for each one asked for.
TOGETHER, MANY, ROWS_EACH = 64, 32, 128


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The rows of a block that a search may find."""

    mask: np.ndarray | None
    count: int
    #: The mask as a scan of codes takes it; None where all rows may be found, or none are scanned.
    within: Within | None
    #: The rows themselves, where they are few.
    rows: np.ndarray | None
    #: How many each list of neighbours has of them, where only the nearest lists are read.
    held: np.ndarray | None
    #: Codes of these rows alone, once the same are asked for again.
    codes: Codes | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows sorted by id, never changed; with their codes once these are made."""

    ids: np.ndarray
    vectors: np.ndarray
    codes: Codes | None = None
    #: The row of each id, -1 where there is none; empty where ids lie too far apart for a table.
    table: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    #: The rows in eight bits, once many queries came at once.
    eight_bits: list[EightBits] = field(default_factory=list)

    @classmethod
    def of(cls, ids: np.ndarray, vectors: np.ndarray) -> _Block:
        if ids.size > 1 and bool((np.diff(ids) < 0).any()):
            order = np.argsort(ids, kind="stable")
            ids, vectors = ids[order], vectors[order]
        table = np.zeros(0, np.int32)
        if ids.size and ids[-1] < 8 * ids.size + 1_024:
            table = np.full(int(ids[-1]) + 1, -1, dtype=np.int32)
            table[ids] = np.arange(ids.size, dtype=np.int32)
        return cls(ids, vectors, None, table)

    def mask(self, ids: np.ndarray) -> np.ndarray:
        """Which rows have one of these ids, which are sorted."""
        # One place more than rows takes the ids that are not here.
        mask = np.zeros(self.ids.size + 1, dtype=bool)
        if self.table.size:
            first, last = np.searchsorted(ids, (0, self.table.size))
            mask[self.table[ids[first:last]]] = True
        else:
            mask[places_of(self.ids, ids)] = True
        return mask[:-1]

    def chosen(self, mask: np.ndarray | None) -> _Chosen:
        """What a search among the rows of this mask (None: all) needs to know of them."""
        count = self.ids.size if mask is None else int(np.count_nonzero(mask))
        within, rows, held = None, None, None
        if mask is not None and count <= FEW:
            rows = np.flatnonzero(mask)
        elif mask is not None and self.codes is not None:
            within = Within(mask)
        if self.codes is not None and count >= LARGE and self.codes.list_of is not None:
            held = self.codes.held
            if mask is not None:
                held = np.bincount(self.codes.list_of[mask], minlength=self.codes.lists)
        return _Chosen(mask, count, within, rows, held)

    def again(self, chosen: _Chosen) -> _Chosen:
        """What is chosen a second time, and so maybe often: if it is a part only, with codes of its own."""
        mask, codes = chosen.mask, self.codes
        if mask is None or codes is None or chosen.within is None or chosen.held is not None:
            return chosen
        if chosen.count > OWN * mask.size:
            return chosen
        return replace(chosen, within=None, codes=codes.among(np.flatnonzero(mask)))

    def search(self, queries: np.ndarray, k: int, chosen: _Chosen) -> list[Hits]:
        """The k nearest of the chosen rows for each query."""
        mask, count = chosen.mask, chosen.count
        if not count or k < 1:
            return [Hits(np.zeros(0, np.int64), np.zeros(0, np.float32)) for _ in queries]
        if len(queries) >= MANY and count > max(FEW, ROWS_EACH * k) and compiled_product(queries.shape[1]) is not None:
            return self._multiplied(queries, k, mask)
        if self.codes is None or count <= FEW or 4 * k > count:
            rows = chosen.rows
            if rows is None and mask is not None:
                rows = np.flatnonzero(mask)
            return [self._through(query, k, rows) for query in queries]
        if chosen.held is not None:
            return [self._nearby(self.codes, query, k, chosen.within, chosen.held) for query in queries]
        found = []
        for start in range(0, len(queries), TOGETHER):
            found += self._scanned(chosen.codes or self.codes, queries[start : start + TOGETHER], k, chosen)
        return found

    def _through(self, query: np.ndarray, k: int, rows: np.ndarray | None) -> Hits:
        """By looking at every row."""
        if rows is None:
            roughly = self.vectors @ query
        else:
            pieces = [self.vectors.take(rows[n : n + PIECE], axis=0) @ query for n in range(0, rows.size, PIECE)]
            roughly = np.concatenate(pieces)
        # A matrix product is quick, but its last bits depend on what else is in it: it only says which rows to look at.
        if k < roughly.size:
            least = np.partition(roughly, roughly.size - k)[roughly.size - k]
            kept = np.flatnonzero(roughly >= least - 2.0 * query.size * np.finfo(np.float32).eps)
            rows = kept if rows is None else rows[kept]
        elif rows is None:
            rows = np.arange(self.ids.size)
        return best_of(self.ids[rows], inner(self.vectors.take(rows, axis=0), query), k)

    def _multiplied(self, queries: np.ndarray, k: int, mask: np.ndarray | None) -> list[Hits]:
        """By products in eight bits first, then by exact scores of what they promise."""
        if not self.eight_bits:
            self.eight_bits.append(EightBits.of(self.vectors))
        board = self.eight_bits[0]
        if mask is not None:
            board = board.among(np.flatnonzero(mask))
        return [
            best_of(self.ids[rows], inner(self.vectors.take(rows, axis=0), query), k)
            for query, rows in zip(queries, board.near(queries, k), strict=True)
        ]

    def _scanned(self, codes: Codes, queries: np.ndarray, k: int, chosen: _Chosen) -> list[Hits]:
        """By codes first, then by exact scores of as many rows as it takes to be sure."""
        found: list[Hits | None] = [None] * len(queries)
        unsure = list(range(len(queries)))
        depth, first = max(DEPTH, DEPTH_EACH * k), max(FIRST, FIRST_EACH * k)
        while unsure and depth < chosen.count:
            answers = codes.near(queries[unsure], depth, chosen.within)
            for n, (rows, by_code) in zip(unsure, answers, strict=True):
                scores = inner(self.vectors.take(rows[:first], axis=0), queries[n])
                least = codes.least(float(np.partition(scores, scores.size - k)[scores.size - k]))
                if float(by_code[-1]) >= least:
                    continue
                more = rows[first : max(first, int(np.count_nonzero(by_code >= least)))]
                scores = np.concatenate([scores, inner(self.vectors.take(more, axis=0), queries[n])])
                found[n] = best_of(self.ids[rows[: scores.size]], scores, k)
            unsure, depth = [n for n in unsure if found[n] is None], depth * DEEPER
        every = None if chosen.mask is None or not unsure else np.flatnonzero(chosen.mask)
        return [self._through(queries[n], k, every) if hits is None else hits for n, hits in enumerate(found)]

    def _nearby(self, codes: Codes, query: np.ndarray, k: int, within: Within | None, held: np.ndarray) -> Hits:
        """By the codes in the nearest lists only, of which as many are read as hold a fair share of the rows."""
        depth = max(DEPTH, FIRST_EACH * k)
        probes = codes.probes_for(query, held, max(4 * depth, int(READ * held.sum())))
        near, _ = codes.near(query[None], depth, within, probes)[0]
        return best_of(self.ids[near], inner(self.vectors.take(near, axis=0), query), k)


@dataclass(frozen=True, slots=True)
class _State:
    """A published state."""

    base: _Block
    alive: np.ndarray | None
    delta: _Block
    #: The last filters with what they choose, the latest first: a reader asks with the same one again and again.
    kept: list[tuple[np.ndarray | None, tuple[_Chosen, _Chosen]]] = field(default_factory=list)

    def __len__(self) -> int:
        kept = self.base.ids.size if self.alive is None else int(np.count_nonzero(self.alive))
        return kept + int(self.delta.ids.size)

    def search(self, vectors: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Hits]:
        queries = checked_vectors(vectors, self.base.vectors.shape[1])
        base, delta = self._chosen(allowed)
        found = [self.base.search(queries, k, base), self.delta.search(queries, k, delta)]
        return [
            best_of(np.concatenate([a.ids, b.ids]), np.concatenate([a.scores, b.scores]), k) if b.ids.size else a
            for a, b in zip(*found, strict=True)
        ]

    def _chosen(self, allowed: np.ndarray | None) -> tuple[_Chosen, _Chosen]:
        """What the allowed ids choose of the base and of the delta."""
        for ids, chosen in self.kept[:FILTERS]:
            if ids is allowed or (ids is not None and allowed is not None and np.array_equal(ids, allowed)):
                again = self.base.again(chosen[0]), chosen[1]
                if again[0] is not chosen[0]:
                    self._keep(ids, again)
                return again
        ids, base, delta = checked_allowed(allowed), self.alive, None
        if ids is not None:
            # Nobody else may change what is remembered.
            ids = ids.copy()
            base, delta = self.base.mask(ids), self.delta.mask(ids)
            if self.alive is not None:
                base &= self.alive
        chosen = self.base.chosen(base), self.delta.chosen(delta)
        self._keep(ids, chosen)
        return chosen

    def _keep(self, ids: np.ndarray | None, chosen: tuple[_Chosen, _Chosen]) -> None:
        others = [kept for kept in self.kept if kept[0] is not ids]
        # Replaced by one step, so that whoever searches meanwhile meets the one list or the other.
        self.kept[:] = [(ids, chosen), *others[: FILTERS - 1]]

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        query = np.asarray(vector, dtype=np.float32)
        found = np.full(ids.size, np.nan, dtype=np.float32)
        for block, alive in ((self.base, self.alive), (self.delta, None)):
            places = places_of(block.ids, ids)
            present = places >= 0
            if alive is not None:
                present[present] = alive[places[present]]
            found[present] = inner(block.vectors[places[present]], query)
        return found


@dataclass(slots=True)
class _View:
    """What the index held at one moment, in the form that is searched fastest by now."""

    state: _State

    def __len__(self) -> int:
        return len(self.state)

    def search(self, vectors: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Hits]:
        return self.state.search(vectors, k, allowed)

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        return self.state.scores(vector, ids)


def _give_memory_back() -> None:
    """Return to the system what loading and building needed for a moment, where the C library can."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class FaissIndex:
    """Vectors in memory, fast by codes; see the module for how it stays exact, and from where on it does not."""

    def __init__(self, dimension: int, *, fold_at: int = 2_000, encode_from: int = 10_000) -> None:
        self.dimension = dimension
        self._fold_at, self._encode_from = fold_at, encode_from
        self._lock = threading.Lock()
        nothing = _Block.of(np.zeros(0, np.int64), np.zeros((0, dimension), np.float32))
        self._nothing = nothing
        self._now = _View(_State(nothing, None, nothing))
        #: What has changed since the base that is being built in the background was begun.
        self._since: list[np.ndarray] = []
        self._builder: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._now)

    @property
    def _state(self) -> _State:
        return self._now.state

    def put(self, ids: Sequence[int] | np.ndarray, vectors: np.ndarray) -> None:
        """Insert or replace. The vectors are kept as they are handed in, and can't be changed any more."""
        new_ids, rows = checked_ids(ids), checked_vectors(vectors, self.dimension)
        if new_ids.size != rows.shape[0]:
            raise ValueError(f"expected {new_ids.size} vectors, one per id, got {rows.shape[0]}")
        if new_ids.size:
            with self._lock:
                if rows.base is not None:
                    rows = rows.copy()
                rows.flags.writeable = False
                self._change(new_ids, new_ids, rows)

    def drop(self, ids: Sequence[int] | np.ndarray) -> None:
        """Remove; absent ids are ignored."""
        gone = np.unique(np.asarray(ids, dtype=np.int64).reshape(-1))
        with self._lock:
            self._change(gone, np.zeros(0, np.int64), np.zeros((0, self.dimension), np.float32))

    def _change(self, gone: np.ndarray, new_ids: np.ndarray, rows: np.ndarray) -> None:
        old = self._state
        if not len(old) and self._builder is None:
            self._now = _View(_State(_Block.of(new_ids, rows), None, self._nothing))
        else:
            places = places_of(old.base.ids, gone)
            places = places[places >= 0]
            alive = old.alive
            if places.size:
                alive = np.ones(old.base.ids.size, dtype=bool) if alive is None else alive.copy()
                alive[places] = False
            keep = ~np.isin(old.delta.ids, gone)
            delta = _Block.of(
                np.concatenate([old.delta.ids[keep], new_ids]), np.concatenate([old.delta.vectors[keep], rows])
            )
            self._now = _View(_State(old.base, alive, delta))
        if self._builder is not None:
            self._since.append(gone)
        elif self._should_build(self._state):
            self._since = []
            self._builder = threading.Thread(target=self._build, args=(self._state,), name="index", daemon=True)
            self._builder.start()

    def _should_build(self, state: _State) -> bool:
        base = state.base.ids.size
        dead = 0 if state.alive is None else int(state.alive.size - np.count_nonzero(state.alive))
        if state.delta.ids.size + dead > max(self._fold_at, min(base // 20, 10_000)):
            return True
        return state.base.codes is None and self._encodes(base)

    def _encodes(self, rows: int) -> bool:
        return rows >= self._encode_from and can_encode(rows, self.dimension)

    def _build(self, begun: _State) -> None:
        building = True
        while building:
            try:
                self._publish(begun)
            except Exception as error:
                # The present state stays, which is right if slow; the next change tries again.
                log.warning("vectors stay without codes: %s", error)
                building = False
            with self._lock:
                # So much may have come in meanwhile that there is more to fold.
                building = building and self._should_build(self._state)
                begun, self._since = self._state, []
                if not building:
                    self._builder = None
        _give_memory_back()

    def _publish(self, begun: _State) -> None:
        """A new base of all that is in a state, with what has changed meanwhile as its delta."""
        base = begun.base
        if begun.delta.ids.size or begun.alive is not None:
            kept = slice(None) if begun.alive is None else begun.alive
            base = _Block.of(
                np.concatenate([base.ids[kept], begun.delta.ids]),
                np.concatenate([base.vectors[kept], begun.delta.vectors]),
            )
        if self._encodes(base.ids.size):
            lists = lists_for(base.ids.size) if base.ids.size >= LARGE else 1
            base = replace(base, codes=Codes(base.vectors, lists))
        with self._lock:
            now = self._state
            changed = np.unique(np.concatenate([np.zeros(0, np.int64), *self._since]))
            alive = None
            places = places_of(base.ids, changed)
            if (places >= 0).any():
                alive = np.ones(base.ids.size, dtype=bool)
                alive[places[places >= 0]] = False
            # What has changed meanwhile and is still there lies in the delta.
            rows = now.delta.mask(changed)
            self._now.state = _State(base, alive, _Block.of(now.delta.ids[rows], now.delta.vectors[rows]))

    def settle(self) -> None:
        """Wait until nothing is being built; searches need not."""
        while (builder := self._builder) is not None:
            builder.join()

    @property
    def encoded(self) -> bool:
        """Whether the base has its codes."""
        return self._state.base.codes is not None

    def view(self) -> VectorView:
        """What is in it now, which later changes leave alone; what is done in the background is done for it too."""
        return self._now

    def search(self, vectors: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Hits]:
        """See VectorView."""
        return self._now.search(vectors, k, allowed)

    def scores(self, vector: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """See VectorView."""
        return self._now.scores(vector, ids)
