"""The matcher: statements in, ranked items, owners and partners out, each with its evidence.

One matcher serves a process. `put` and `drop` publish a new board beside the old one, so a search that has
begun keeps the board it began with.
"""

from __future__ import annotations

import dataclasses
import logging
import math
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from embeddings.asking import topic_of, without_asking
from embeddings.encoder import Encoder
from embeddings.explanation import shared_terms
from embeddings.faiss_index import FaissIndex
from embeddings.fusion import Scale, WordsSay, standard_meaning, standard_words
from embeddings.glossary import Glossary, bundled_glossary
from embeddings.index import VectorIndex, VectorView, checked_allowed, checked_ids, checked_vectors, places_of
from embeddings.language import detect_language, normalise, word_list, words
from embeddings.lexical import Lexicon, WordBlock, gain_of_one, score_words
from embeddings.ranking import (
    BREADTH,
    MEANING,
    TEMPERATURE,
    THEY_OFFER,
    WE_OFFER,
    WORDS,
    Evidence,
    Match,
    MissingTerm,
    ScorePart,
    band_of,
    harmonic_mean,
    ordered,
    soft_votes,
)
from embeddings.reading import Reader
from embeddings.terms import text_terms
from embeddings.wordstore import WordStore, fingerprint

LEGS = frozenset({MEANING, WORDS})

log = logging.getLogger(__name__)

#: Nearest statements each leg hands to the fusion.
DEPTH = 400
#: Items whose owners vote (tuned on dev sets, docs/decisions).
VOTERS = 100
#: Likeness, as the word leg weighs it, from which a text is taken to say a word.
SAID = 0.5
#: Rows from which a query's background of unrelated texts is estimated.
BACKGROUND = 4096
#: The chance that a side which has stated something else is answered; below it, partners are not shown.
FLOOR = 0.004
#: The value of a direction in which the other side has stated nothing.
UNSTATED = 0.25
#: Stands for a vector that the index has already, so that it need not be handed in.
STORED = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class Statement:
    """One embedded text, as a row of the product's database gives it."""

    id: int
    text: str
    language: str
    owners: tuple[int, ...]
    item: int
    vector: np.ndarray | None = field(compare=False)


@dataclass(frozen=True, slots=True)
class Query:
    """A text to search with, made by Matcher.prepare."""

    text: str
    language: str
    vector: np.ndarray | None = field(compare=False)
    terms: tuple[tuple[str, float], ...]
    #: Whether it is a single word: that names a topic and tells nothing of what is wanted of it.
    lone: bool = False


@dataclass(frozen=True, slots=True)
class _Block:
    """Columns of statements, sorted by id, never changed."""

    ids: np.ndarray
    items: np.ndarray
    texts: tuple[str, ...]
    languages: tuple[str, ...]
    owner_starts: np.ndarray
    owners: np.ndarray
    words: WordBlock


@dataclass(frozen=True, slots=True)
class _Board:
    """One published state: a large base, the dead rows in it, a small delta, and the vectors of both."""

    base: _Block
    alive: np.ndarray
    delta: _Block
    vectors: VectorView | None

    @property
    def size(self) -> int:
        return int(np.count_nonzero(self.alive)) + int(self.delta.ids.size)

    def mask(self, allowed: np.ndarray | None) -> np.ndarray:
        """Which rows (base, then delta) exist and are allowed."""
        if allowed is None:
            return np.concatenate([self.alive, np.ones(self.delta.ids.size, dtype=bool)])
        found = []
        for ids in (self.base.ids, self.delta.ids):
            part = np.zeros(ids.size, dtype=bool)
            if ids.size:
                places = np.minimum(np.searchsorted(ids, allowed), ids.size - 1)
                part[places[ids[places] == allowed]] = True
            found.append(part)
        found[0] &= self.alive
        return np.concatenate(found)

    def ids(self) -> np.ndarray:
        return np.concatenate([self.base.ids, self.delta.ids])

    def items(self) -> np.ndarray:
        return np.concatenate([self.base.items, self.delta.items])

    def rows(self, ids: np.ndarray) -> np.ndarray:
        """The rows of ids; those that are gone are left out."""
        rows = []
        for block_ids, offset, alive in (
            (self.delta.ids, self.base.ids.size, None),
            (self.base.ids, 0, self.alive),
        ):
            if not block_ids.size:
                continue
            places = np.minimum(np.searchsorted(block_ids, ids), block_ids.size - 1)
            here = block_ids[places] == ids
            if alive is not None:
                here &= alive[places]
            rows.append(places[here] + offset)
        return np.concatenate(rows) if rows else np.zeros(0, np.int64)

    def place(self, row: int) -> tuple[_Block, int]:
        size = self.base.ids.size
        return (self.base, row) if row < size else (self.delta, row - size)

    def owners_of(self, row: int) -> np.ndarray:
        block, place = self.place(row)
        return block.owners[block.owner_starts[place] : block.owner_starts[place + 1]]

    def statements_of(self, owners: Collection[int], mask: np.ndarray) -> dict[int, int]:
        """How many of the mask's statements each of these owners has."""
        if not owners:
            return {}
        wanted = np.array(sorted(owners), dtype=np.int64)
        counts = np.zeros(wanted.size, dtype=np.int64)
        size = self.base.ids.size
        for block, part in ((self.base, mask[:size]), (self.delta, mask[size:])):
            stated = block.owners[np.repeat(part, np.diff(block.owner_starts))]
            places = np.minimum(np.searchsorted(wanted, stated), wanted.size - 1)
            counts += np.bincount(places[wanted[places] == stated], minlength=wanted.size)
        return dict(zip(wanted.tolist(), counts.tolist(), strict=True))

    def owned_by(self, owners: np.ndarray) -> np.ndarray:
        """Which rows have at least one of these owners."""
        found = []
        for block in (self.base, self.delta):
            hit = np.concatenate([[0], np.cumsum(np.isin(block.owners, owners))])
            found.append(hit[block.owner_starts[1:]] > hit[block.owner_starts[:-1]])
        return np.concatenate(found)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A statement with its fused score and the chance that it is relevant."""

    row: int
    statement: int
    item: int
    score: float
    strength: float
    parts: tuple[ScorePart, ...]
    #: Whether its vector is pending and words alone can speak for it, so that it need not stand out.
    by_words: bool = False


class Matcher:
    """Ranks statements, their items and their owners for a query; thread-safe.

    With no encoder (None), or for a statement whose vector is pending, words alone decide.
    """

    def __init__(
        self,
        encoder: Encoder | None,
        *,
        index: Callable[[int], VectorIndex] | None = None,
        glossary: Glossary | None = None,
        words_folder: Path | None = None,
    ) -> None:
        self.encoder = encoder
        self.glossary = bundled_glossary() if glossary is None else glossary
        self._lexicon = Lexicon()
        #: Where terms of texts are kept between processes, if anywhere; and the glossary they are read with.
        self._store = WordStore(words_folder, self.glossary.version) if words_folder is not None else None
        self._first_glossary = self.glossary
        self._reader = Reader(self.glossary, self._lexicon)
        if self._store is not None:
            self._store.open(self._lexicon)
        #: How many texts were read, and how many left the board, since what is kept was written.
        self.unkept = 0
        self._lock = threading.Lock()
        self._index = (index or FaissIndex)(encoder.dimension) if encoder is not None else None
        empty = self._block([])
        self._board = _Board(empty, np.ones(0, dtype=bool), empty, None)

    def __len__(self) -> int:
        return self._board.size

    @property
    def vectors(self) -> VectorView | None:
        """The vectors of the present state; None without an encoder or before the first statement."""
        return self._board.vectors

    # --- Changing -----------------------------------------------------------------------------------

    def put(self, statements: Iterable[Statement]) -> None:
        """Insert the statements, or replace those of the same id; all become visible together."""
        new = sorted(statements, key=lambda s: s.id)
        if not new:
            return
        ids = checked_ids([s.id for s in new])
        with_vector = [s for s in new if s.vector is not None and s.vector is not STORED]
        rows = None
        if self.encoder is not None and with_vector:
            rows = checked_vectors(np.stack([np.asarray(s.vector) for s in with_vector]), self.encoder.dimension)
        block = self._block(new)
        with self._lock:
            if self._index is not None:
                pending = [s.id for s in new if s.vector is None]
                if pending:
                    self._index.drop(pending)
                if rows is not None:
                    self._index.put([s.id for s in with_vector], rows)
            self._publish(ids, block)

    def drop(self, ids: Iterable[int]) -> None:
        """Remove the statements of these ids; absent ids are ignored."""
        gone = np.unique(np.fromiter(ids, dtype=np.int64))
        if not gone.size:
            return
        with self._lock:
            if self._index is not None:
                self._index.drop(gone)
            self.unkept += gone.size
            self._publish(gone, None)

    def _publish(self, gone: np.ndarray, new: _Block | None) -> None:
        old = self._board
        alive = old.alive
        if old.base.ids.size:
            places = np.minimum(np.searchsorted(old.base.ids, gone), old.base.ids.size - 1)
            dead = places[old.base.ids[places] == gone]
            if dead.size:
                alive = alive.copy()
                alive[dead] = False
        keep = np.flatnonzero(~np.isin(old.delta.ids, gone))
        parts = [(old.delta, keep)]
        if new is not None:
            parts.append((new, np.arange(new.ids.size)))
        changed = sum(rows.size for _, rows in parts) + int(alive.size - np.count_nonzero(alive))
        base, delta = old.base, old.delta
        if new is not None and not old.size:
            base, alive, delta = new, np.ones(new.ids.size, dtype=bool), self._block([])
        elif changed > max(2_000, old.base.ids.size // 20):
            base = _joined([(old.base, np.flatnonzero(alive)), *parts])
            alive = np.ones(base.ids.size, dtype=bool)
            delta = self._block([])
        else:
            delta = _joined(parts)
        self._board = _Board(base, alive, delta, self._index.view() if self._index is not None else None)

    def _block(self, statements: Sequence[Statement]) -> _Block:
        sizes = [len(s.owners) for s in statements]
        return _Block(
            ids=np.array([s.id for s in statements], dtype=np.int64),
            items=np.array([s.item for s in statements], dtype=np.int64),
            texts=tuple(s.text for s in statements),
            languages=tuple(s.language for s in statements),
            owner_starts=np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64),
            owners=np.array([o for s in statements for o in s.owners], dtype=np.int64),
            words=self._words(statements),
        )

    def _words(self, statements: Sequence[Statement]) -> WordBlock:
        """The statements' terms: from the board where only something else has changed, as they were kept, or read."""
        left = np.arange(len(statements))
        parts: list[tuple[WordBlock, np.ndarray]] = []
        taken: list[np.ndarray] = []
        if statements and self.glossary is self._first_glossary:
            ids, board = np.array([s.id for s in statements], dtype=np.int64), self._board
            for block in (board.delta, board.base):
                rows = places_of(block.ids, ids[left])
                same = np.array(
                    [
                        row >= 0
                        and (block.texts[row], block.languages[row]) == (statements[n].text, statements[n].language)
                        for n, row in zip(left.tolist(), rows.tolist(), strict=True)
                    ],
                    dtype=bool,
                )
                parts.append((block.words, rows[same]))
                taken.append(left[same])
                left = left[~same]
            if self._store is not None and len(self._store):
                rows, kept = self._store.find(
                    [fingerprint(statements[n].text, statements[n].language) for n in left.tolist()]
                )
                parts.append((kept, rows[rows >= 0]))
                taken.append(left[rows >= 0])
                left = left[rows < 0]
        self.unkept += left.size
        parts.append((self._read([statements[n] for n in left.tolist()]), np.arange(left.size)))
        order = np.argsort(np.concatenate([*taken, left]), kind="stable")
        return WordBlock(*_joined_words(parts, order))

    def _read(self, statements: Sequence[Statement]) -> WordBlock:
        if self._reader.glossary is not self.glossary:
            self._reader = Reader(self.glossary, self._lexicon)
        return self._reader.block([(s.text, s.language) for s in statements])

    @property
    def has_words_to_keep(self) -> bool:
        """Whether `keep_words` would have something to do, sooner or later."""
        return self._store is not None and (self.unkept > 0 or len(self._store) > 0)

    def keep_words(self, *, older_than: float = 0.0) -> None:
        """Keep the terms of what is on the board for the next start, if there is news and the last time is long ago.

        Terms read by an earlier glossary are never kept.
        """
        store, board = self._store, self._board
        if store is None:
            return
        # What was kept is on the board by now.
        store.forget()
        if not self.unkept or self.glossary is not self._first_glossary or store.age() < older_than:
            return
        self.unkept = 0
        parts = [(board.base, np.flatnonzero(board.alive)), (board.delta, np.arange(board.delta.ids.size))]
        whole = _joined_words([(block.words, rows) for block, rows in parts], slice(None))
        keys = [fingerprint(b.texts[r], b.languages[r]) for b, rows in parts for r in rows.tolist()]
        try:
            store.keep(keys, WordBlock(*whole), self._lexicon)
        except OSError as error:
            log.warning("words are not kept: %s", error)

    # --- Asking -------------------------------------------------------------------------------------

    def prepare(self, text: str, *, language: str | None = None, vector: np.ndarray | None = None) -> Query:
        """The query of a text: its language (detected unless given), its terms and its vector.

        A vector already at hand (a stored statement's) saves encoding.
        """
        if language is None:
            language = detect_language(text) or self.glossary.language_of(text)
        topic, asked = topic_of(text, language), without_asking(text, language)
        text = normalise(text)
        if vector is not None and self.encoder is not None:
            vector = checked_vectors(vector, self.encoder.dimension)[0]
        elif self.encoder is not None and text:
            vector = self.encoder.encode_queries([topic], languages=[language])[0]
        else:
            vector = None
        return Query(text, language, vector, self._asked_terms(asked, language), lone=len(word_list(asked)) < 2)

    def _asked_terms(self, text: str, language: str) -> tuple[tuple[str, float], ...]:
        """The terms that are asked for, with weights; an acronym's long form weighs as one word, however long."""
        read = text_terms(text, language)
        if language in self.glossary.stems:
            read += text_terms(self.glossary.gloss(text, language), "en")
        weights = {term: 1.0 + math.log(n) for term, n in Counter(read).items()}
        for _, extra in self.glossary.expansions(text, language):
            added = text_terms(extra, "en")
            for term in added:
                weights[term] = max(weights.get(term, 0.0), 1.0 / len(added))
        return tuple(weights.items())

    def rank_items(
        self,
        query: Query,
        *,
        allowed: np.ndarray | None,
        limit: int,
        legs: Collection[str] = LEGS,
        evidence: int = 3,
        explain: bool = True,
        background: np.ndarray | None = None,
    ) -> list[Match]:
        """The items that answer the query, best first, each by its best statement.

        `background` are the statements that "unrelated" is learned from; the allowed ones unless given. Where a
        search is narrowed, the wider set keeps each match's band as it was.
        """
        board = self._board
        mask = board.mask(checked_allowed(allowed))
        around = mask if background is None else board.mask(checked_allowed(background))
        found: dict[int, list[_Candidate]] = {}
        candidates, scale = self._candidates(board, query, mask, around, legs)
        for candidate in candidates:
            if candidate.score >= scale.shown or candidate.by_words or candidate.item in found:
                found.setdefault(candidate.item, []).append(candidate)
        best = sorted(found.items(), key=lambda pair: (-pair[1][0].score, pair[0]))[: max(limit, 0)]
        return [
            Match(
                key=item,
                score=candidates[0].score,
                band=band_of(candidates[0].strength, lone=query.lone),
                parts=candidates[0].parts,
                evidence=tuple(self._evidence(board, query, c, explain) for c in candidates[:evidence]),
            )
            for item, candidates in best
        ]

    def rank_owners(
        self,
        query: Query,
        *,
        allowed: np.ndarray | None,
        owners: Collection[int] | None = None,
        limit: int,
        legs: Collection[str] = LEGS,
        evidence: int = 3,
        explain: bool = True,
        background: np.ndarray | None = None,
    ) -> list[Match]:
        """The owners behind the nearest statements, best first: each nearby item is a soft vote.

        `owners` names those who may be ranked; None allows all. `background` as in rank_items.
        """
        board = self._board
        voices, scale, late = self._owner_votes(board, query, allowed, owners, legs, background)
        alike = Counter(score for score, _ in voices.values())
        equal = frozenset(owner for owner, (score, _) in voices.items() if alike[score] > 1)
        further: dict[int, float] = {}
        for candidate in late if equal else ():
            for owner in equal.intersection(board.owners_of(candidate.row).tolist()):
                further.setdefault(owner, candidate.score)
        sizes = board.statements_of(equal, board.mask(checked_allowed(allowed)))

        def place(voice: tuple[int, tuple[float, list[_Candidate]]]) -> tuple[float, float, int, int]:
            """Among those with the same evidence, who has more of its own, then who has said less, comes first."""
            owner, (score, _) = voice
            return -score, -further.get(owner, -math.inf), sizes.get(owner, 0), owner

        best = sorted(voices.items(), key=place)[: max(limit, 0)]
        return [
            Match(
                key=owner,
                score=score,
                band=band_of(scale.owner_chance(score), lone=query.lone),
                parts=(*votes[0].parts, ScorePart(BREADTH, score - votes[0].score, 1.0)),
                evidence=tuple(self._evidence(board, query, c, explain) for c in votes[:evidence]),
            )
            for owner, (score, votes) in best
        ]

    def rank_partners(
        self,
        needs: Sequence[Query],
        offers: Sequence[Query],
        *,
        allowed_offers: np.ndarray | None,
        allowed_needs: np.ndarray | None,
        owners: Collection[int] | None = None,
        limit: int,
        evidence: int = 3,
        explain: bool = True,
    ) -> list[Match]:
        """Owners with whom both sides gain: they offer what we need, and need what we offer.

        `needs` are searched among the statements of `allowed_offers`, `offers` among `allowed_needs`. The
        score is the harmonic mean of both directions. A side that has stated nothing counts as undecided;
        one that has stated something else counts as what it is.
        """
        board = self._board
        forward = self._direction(board, needs, allowed_offers, owners, 0, explain)
        backward = self._direction(board, offers, allowed_needs, owners, len(needs), explain)
        stated = self._owners_within(board, allowed_needs) if offers else set()
        offering = self._owners_within(board, allowed_offers) if needs else set()
        matches = []
        for owner in forward.keys() | backward.keys():
            they, they_evidence = forward.get(owner, (FLOOR if owner in offering else UNSTATED, []))
            we, we_evidence = backward.get(owner, (FLOOR if owner in stated else UNSTATED, []))
            score = harmonic_mean(they, we)
            if score < FLOOR:
                continue
            share = score / (they + we)
            matches.append(
                Match(
                    key=owner,
                    score=score,
                    band=band_of(score),
                    parts=(ScorePart(THEY_OFFER, they, share), ScorePart(WE_OFFER, we, share)),
                    evidence=(*they_evidence[:evidence], *we_evidence[:evidence]),
                )
            )
        return ordered(matches)[: max(limit, 0)]

    def missing_terms(
        self,
        query: Query,
        statement: int,
        *,
        allowed: np.ndarray | None,
        background: np.ndarray | None = None,
        limit: int = 5,
    ) -> list[MissingTerm]:
        """What the query asks for and this statement does not say: words as the query has them, best first.

        A word's gain is what the statement's score would grow by if its text had the word once, and everything
        else stayed as it is; `what_would_raise` tells what that is worth in places.
        """
        board = self._board
        rows = board.rows(np.array([statement], dtype=np.int64))
        if not rows.size or not query.terms:
            return []
        mask = board.mask(checked_allowed(allowed))
        around = mask if background is None else mask | board.mask(checked_allowed(background))
        total = int(np.count_nonzero(around))
        scored = score_words((board.base.words, board.delta.words), query.terms, self._lexicon, around, total)
        said = standard_words(scored, mask.size, total)
        block, place = board.place(int(rows[0]))
        has = block.words.numbers[block.words.starts[place] : block.words.starts[place + 1]]
        once = gain_of_one(float(block.words.lengths[place]) + 1.0)
        worth, absent = {}, set()
        for (term, _), weight in zip(query.terms, scored.weights.tolist(), strict=True):
            worth[term] = said.gain(weight * once)
            numbers, likeness = self._lexicon.relatives(term)
            if float(likeness[np.isin(numbers, has)].max(initial=0.0)) < SAID:
                absent.add(term)
        missing: dict[str, MissingTerm] = {}
        for match in words(query.text):
            word = match.group()
            forms = [worth.keys() & form for form in self.glossary.forms(word, query.language)]
            # A word is said in its own form, in English, or as the long form of an acronym.
            if all(form & absent for form in forms if form) and any(forms):
                gain = math.fsum(worth[term] for term in sorted(set().union(*forms) & absent))
                if gain > 0.0:
                    missing.setdefault(min(set().union(*forms)), MissingTerm(word, gain))
        return sorted(missing.values(), key=lambda m: (-m.gain, m.term))[:limit]

    def _direction(
        self,
        board: _Board,
        queries: Sequence[Query],
        allowed: np.ndarray | None,
        owners: Collection[int] | None,
        first: int,
        explain: bool,
    ) -> dict[int, tuple[float, list[Evidence]]]:
        """Per owner: the chance that one of the queries is answered, and by what."""
        found: dict[int, tuple[float, list[Evidence]]] = {}
        for number, query in enumerate(queries, start=first):
            voices, _, _ = self._owner_votes(board, query, allowed, owners, LEGS)
            for owner, (_, votes) in voices.items():
                best = max(votes, key=lambda c: (c.strength, -c.statement))
                evidence = dataclasses.replace(self._evidence(board, query, best, explain), query=number)
                strength, shown = found.get(owner, (0.0, []))
                shown = sorted([*shown, evidence], key=lambda e: (-e.strength, e.query, e.statement))
                found[owner] = (max(strength, best.strength), shown)
        return found

    def _owners_within(self, board: _Board, allowed: np.ndarray | None) -> set[int]:
        mask = board.mask(checked_allowed(allowed))
        within: set[int] = set()
        for block, part in (
            (board.base, mask[: board.base.ids.size]),
            (board.delta, mask[board.base.ids.size :]),
        ):
            within.update(np.unique(block.owners[np.repeat(part, np.diff(block.owner_starts))]).tolist())
        return within

    def _owner_votes(
        self,
        board: _Board,
        query: Query,
        allowed: np.ndarray | None,
        owners: Collection[int] | None,
        legs: Collection[str],
        background: np.ndarray | None = None,
    ) -> tuple[dict[int, tuple[float, list[_Candidate]]], Scale, list[_Candidate]]:
        """Per owner: its score, and the candidates that voted for it, best first, one per item.

        Beside them their scale, and the candidates that have no vote and are nearer than the average text all the same.
        """
        mask = board.mask(checked_allowed(allowed))
        around = mask if background is None else board.mask(checked_allowed(background))
        admitted: frozenset[int] | None = None
        if owners is not None:
            admitted = frozenset(owners)
            mask = mask & board.owned_by(np.array(sorted(admitted), dtype=np.int64))
        votes: dict[int, list[_Candidate]] = {}
        heard: set[int] = set()
        candidates, scale = self._candidates(board, query, mask, around, legs)
        for candidate in candidates:
            if candidate.score < scale.votes and not candidate.by_words:
                break  # What is no nearer than the average text says nothing for its owners.
            if candidate.item in heard:
                continue  # A long text in many parts has one vote.
            heard.add(candidate.item)
            for owner in board.owners_of(candidate.row).tolist():
                if admitted is None or owner in admitted:
                    votes.setdefault(owner, []).append(candidate)
            if len(heard) >= VOTERS:
                break
        voices = {
            owner: (soft_votes([c.score for c in v], TEMPERATURE), v)
            for owner, v in votes.items()
            if v[0].score >= scale.shown or v[0].by_words
        }
        return voices, scale, [c for c in candidates if c.score > 0.0 and c.item not in heard]

    def _candidates(
        self, board: _Board, query: Query, mask: np.ndarray, around: np.ndarray, legs: Collection[str]
    ) -> tuple[list[_Candidate], Scale]:
        """The statements of the mask that have evidence for the query, best first, ties by id, on which scale.

        What is unusual is told by the statements around them, which are more where a search is narrowed.
        """
        around = around | mask
        total = int(np.count_nonzero(around))
        if not mask.any():
            return [], Scale()
        ids = board.ids()
        chosen = np.zeros(0, np.int64)
        # The word leg is complete: every row that shares a term has its score.
        worded, trust = np.zeros(mask.size), 0.0
        said: WordsSay | None = None
        if WORDS in legs and query.terms:
            scored = score_words((board.base.words, board.delta.words), query.terms, self._lexicon, around, total)
            said = standard_words(scored, mask.size, total)
            worded, trust = said.standard, said.trust
            within = mask[scored.rows]
            rows, overlap = scored.rows[within], scored.overlap[within]
            if rows.size > DEPTH:
                # Most rows share some word: only those that may be among the best are put in order, with all ties.
                best = overlap >= np.partition(overlap, rows.size - DEPTH)[rows.size - DEPTH]
                rows, overlap = rows[best], overlap[best]
            chosen = rows[np.lexsort((ids[rows], -overlap))[:DEPTH]]
        meaning: np.ndarray | None = None
        pending = np.zeros(0, dtype=bool)
        worded_rows = chosen
        if MEANING in legs and query.vector is not None and board.vectors is not None:
            inside = np.flatnonzero(mask)
            allowed = None if inside.size == board.size else np.sort(ids[inside])
            hits = board.vectors.search(query.vector[None, :], DEPTH, allowed)[0]
            chosen = np.union1d(chosen, board.rows(hits.ids))
            meaning, pending = self._standardised(board, query.vector, ids, np.flatnonzero(around), chosen)
            pending &= np.isin(chosen, worded_rows)
        if not chosen.size:
            return [], Scale()
        # Words weigh as much as they have to say about this query; without a model they are all there is.
        weight = 1.0 if meaning is None else trust
        shared = worded[chosen]
        scores = weight * shared if meaning is None else meaning + weight * shared
        # A leg asked alone, to be judged, is judged whole; without a model, every shared word counts.
        choosy = meaning is not None and frozenset(legs) >= LEGS
        scale = Scale.of(said, total, with_meaning=meaning is not None, choosy=choosy)
        strengths = scale.chance(scores)
        order = np.lexsort((ids[chosen], -scores))
        rows = chosen[order]
        # Plain numbers, all at once: one by one they would take longer than all the arithmetic before.
        nearness = [None] * order.size if meaning is None else meaning[order].tolist()
        by_words = pending[order].tolist() if pending.size else [False] * order.size
        candidates = []
        for row, statement, item, score, strength, near, word, alone in zip(
            rows.tolist(),
            ids[rows].tolist(),
            board.items()[rows].tolist(),
            scores[order].tolist(),
            strengths[order].tolist(),
            nearness,
            shared[order].tolist(),
            by_words,
            strict=True,
        ):
            parts = () if near is None else (ScorePart(MEANING, near, 1.0),)
            if WORDS in legs:
                parts = (*parts, ScorePart(WORDS, word, weight))
            candidates.append(_Candidate(row, statement, item, score, strength, parts, alone))
        return candidates, scale

    @staticmethod
    def _standardised(
        board: _Board, vector: np.ndarray, ids: np.ndarray, allowed_rows: np.ndarray, chosen: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Cosines of the chosen rows, in spreads above what unrelated allowed texts have; and which are pending."""
        assert board.vectors is not None  # noqa: S101 - for the type checker; the caller has looked.
        step = max(1, allowed_rows.size // BACKGROUND)
        sample = board.vectors.scores(vector, ids[allowed_rows[::step]])
        cosines = board.vectors.scores(vector, ids[chosen])
        return standard_meaning(cosines, sample), np.isnan(cosines)

    def _evidence(self, board: _Board, query: Query, candidate: _Candidate, explain: bool) -> Evidence:
        """What a candidate says for its match; without `explain` the shared terms are left to those who show it."""
        block, place = board.place(candidate.row)
        passage = block.texts[place]
        return Evidence(
            statement=candidate.statement,
            passage=passage,
            score=candidate.score,
            parts=candidate.parts,
            shared_terms=shared_terms(
                query.text,
                passage,
                query_language=query.language,
                passage_language=block.languages[place],
            )
            if explain
            else (),
            item=candidate.item,
            strength=candidate.strength,
        )


def _joined(parts: Sequence[tuple[_Block, np.ndarray]]) -> _Block:
    """One block of the chosen rows of several, sorted by id."""
    offsets = np.cumsum([0] + [block.ids.size for block, _ in parts[:-1]])
    chosen = np.concatenate([rows + offset for (_, rows), offset in zip(parts, offsets, strict=True)])
    ids = np.concatenate([block.ids for block, _ in parts])[chosen]
    order = np.argsort(ids, kind="stable")
    numbers = chosen[order].tolist()
    texts = tuple(chain.from_iterable(block.texts for block, _ in parts))
    languages = tuple(chain.from_iterable(block.languages for block, _ in parts))
    owner_starts, (owners,) = _ragged([(block.owner_starts, (block.owners,), rows) for block, rows in parts], order)
    return _Block(
        ids=ids[order],
        items=np.concatenate([block.items for block, _ in parts])[chosen[order]],
        texts=tuple(map(texts.__getitem__, numbers)),
        languages=tuple(map(languages.__getitem__, numbers)),
        owner_starts=owner_starts,
        owners=owners,
        words=WordBlock(*_joined_words([(block.words, rows) for block, rows in parts], order)),
    )


def _joined_words(
    parts: Sequence[tuple[WordBlock, np.ndarray]], order: np.ndarray | slice
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The terms of the chosen rows of several blocks, in the given order: starts, numbers, counts."""
    starts, (numbers, counts) = _ragged([(w.starts, (w.numbers, w.counts), rows) for w, rows in parts], order)
    return starts, numbers, counts


def _ragged(
    parts: Sequence[tuple[np.ndarray, tuple[np.ndarray, ...], np.ndarray]], order: np.ndarray | slice
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Rows of different lengths from several tables, in the given order: their starts and values."""
    first = np.concatenate([starts[rows] for starts, _, rows in parts])
    size = np.concatenate([starts[rows + 1] - starts[rows] for starts, _, rows in parts])
    offset = np.cumsum([0] + [values[0].size for _, values, _ in parts[:-1]])
    first = first + np.repeat(offset, [rows.size for _, _, rows in parts])
    first, size = first[order], size[order]
    new_starts = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    where = np.arange(int(new_starts[-1])) + np.repeat(first - new_starts[:-1], size)
    columns = zip(*(values for _, values, _ in parts), strict=True)
    return new_starts, tuple(np.concatenate(column)[where] for column in columns)
