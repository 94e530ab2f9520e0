"""The word leg: a query's terms, and words like them, against the terms of many texts.

A term also meets terms of similar letters ("osteogenes", "osteogenesis"), found by the 3- to 5-letter grams
they share; that carries Latin and Greek words across languages and compounds across spellings.

What a text weighs depends on that text alone, likeness on the two words alone, and rarity (idf) is counted
per query over the texts it may see. So no score tells anything about a text outside the mask, and a change
touches only its own rows.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np

#: Likeness (cosine of letter grams) from which two terms meet, and the power that weighs it.
RELATED, SHARPNESS = 0.3, 3.0
#: BM25: how soon a repeated term is enough, how much length matters, and the length that is normal.
SATURATION, LENGTH_WEIGHT, NORMAL_LENGTH = 1.2, 0.75, 100.0
#: Texts without any of the terms that are counted in, because a board of three texts cannot tell what is rare.
UNSEEN = 50
#: Terms whose letter grams are found together.
AT_ONCE = 1_000
#: The power of a term's rarity in the score.
RARITY = 1.75


def _grams_of(term: str) -> frozenset[int]:
    """Numbers of a term's letter grams; none for numbers and codes, which are only ever equal."""
    if not term.isalpha() or len(term) < 3:
        return frozenset()
    padded = f"<{term}>"
    return frozenset(
        zlib.crc32(padded[n : n + size].encode()) for size in (3, 4, 5) for n in range(len(padded) - size + 1)
    )


#: For the words of queries, which come again; those of the board are looked at once.
_grams = lru_cache(maxsize=5_000)(_grams_of)


def similarity(one: str, other: str) -> float:
    """Likeness of two terms by letters: 0 to 1."""
    a, b = _grams(one), _grams(other)
    return float(one == other) if not a or not b else len(a & b) / float(np.sqrt(len(a) * len(b)))


class Lexicon:
    """Numbers for terms, and the terms of similar letters; it only grows, so numbers stay valid."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._terms: list[str] = []
        self._lock = threading.Lock()
        self._indexed = 0
        self._segments: tuple[tuple[np.ndarray, np.ndarray], ...] = ()
        self._sizes = np.zeros(0, np.float32)
        self._relatives: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def numbers(self, terms: Sequence[str]) -> np.ndarray:
        """The terms' numbers, given now to those that have none."""
        known = self._numbers
        try:
            return np.fromiter(map(known.__getitem__, terms), dtype=np.int64, count=len(terms))
        except KeyError:
            pass
        with self._lock:
            for term in terms:
                if term not in known:
                    # The term comes first: whoever sees its number may look it up.
                    self._terms.append(term)
                    known[term] = len(self._terms) - 1
        return np.fromiter(map(known.__getitem__, terms), dtype=np.int64, count=len(terms))

    def terms(self, numbers: np.ndarray) -> list[str]:
        """The terms of these numbers."""
        return list(map(self._terms.__getitem__, numbers.tolist()))

    def fill(self, terms: Sequence[str], codes: np.ndarray, of: np.ndarray, sizes: np.ndarray) -> None:
        """Take over terms and letter grams as `part` gave them; only before any other term."""
        with self._lock:
            if self._terms:
                raise ValueError(f"expected an empty lexicon, found {len(self._terms)} terms")
            self._numbers = {term: number for number, term in enumerate(terms)}
            self._terms, self._sizes, self._segments = list(terms), sizes, ((codes, of),)
            self._indexed = len(terms)

    def part(self, numbers: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
        """These terms (by ascending number), numbered anew, with their letter grams: terms, codes, whose, sizes."""
        if self._indexed < len(self._terms):
            self._index()
        with self._lock:
            segments, sizes, terms = self._segments, self._sizes, [self._terms[n] for n in numbers.tolist()]
        codes = np.concatenate([np.zeros(0, np.uint32), *(codes for codes, _ in segments)])
        of = np.concatenate([np.zeros(0, np.int32), *(of for _, of in segments)])
        places = np.minimum(np.searchsorted(numbers, of), max(numbers.size - 1, 0))
        kept = numbers[places] == of if numbers.size else np.zeros(0, dtype=bool)
        codes, of = codes[kept], places[kept].astype(np.int32)
        order = np.argsort(codes, kind="stable")
        return terms, codes[order], of[order], sizes[numbers]

    def relatives(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the terms that meet this one, itself included if known, and how much each counts (0 to 1)."""
        if self._indexed < len(self._terms):
            self._index()
        found = self._relatives.get(term)
        if found is None:
            found = self._relatives[term] = self._meet(term)
        return found

    def _meet(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        own = self._numbers.get(term, -1)
        grams = np.array(sorted(_grams(term)), dtype=np.uint32)
        numbers, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
        if grams.size:
            hits: list[np.ndarray] = []
            for codes, terms in self._segments:
                first, last = np.searchsorted(codes, grams, "left"), np.searchsorted(codes, grams, "right")
                hits.extend(terms[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True) if b > a)
            if hits:
                numbers, counts = np.unique(np.concatenate(hits).astype(np.int64), return_counts=True)
        alike = counts / np.sqrt(grams.size * np.maximum(self._sizes[numbers], 1.0)) if numbers.size else counts
        keep = (alike >= RELATED) & (numbers != own)
        numbers, weights = numbers[keep], np.asarray(alike[keep], dtype=np.float64) ** SHARPNESS
        if own >= 0:
            numbers, weights = np.append(numbers, own), np.append(weights, 1.0)
        return numbers.astype(np.int64), weights

    def _index(self) -> None:
        with self._lock:
            end = len(self._terms)
            new = self._terms[self._indexed : end]
            if not new:
                return
            size_parts, code_parts = [], []
            # A few at a time: as sets they take twenty times the room.
            for start in range(0, len(new), AT_ONCE):
                grams = [_grams_of(term) for term in new[start : start + AT_ONCE]]
                size_parts.append(np.fromiter(map(len, grams), dtype=np.float32, count=len(grams)))
                code_parts.append(np.fromiter(chain.from_iterable(grams), dtype=np.uint32))
            sizes, codes = np.concatenate(size_parts), np.concatenate(code_parts)
            terms = np.repeat(np.arange(self._indexed, end, dtype=np.int32), sizes.astype(np.int64))
            segments = list(self._segments)
            # Small segments are folded into one, so that a search looks into few.
            while segments and segments[-1][0].size <= 2 * codes.size:
                more_codes, more_terms = segments.pop()
                codes, terms = np.concatenate([more_codes, codes]), np.concatenate([more_terms, terms])
            order = np.argsort(codes, kind="stable")
            segments.append((codes[order], terms[order]))
            self._sizes = np.concatenate([self._sizes, sizes])
            self._segments = tuple(segments)
            self._relatives = {}
            self._indexed = end


class WordBlock:
    """The terms of many texts (rows), readable by row and by term; never changed after it is built."""

    def __init__(self, starts: np.ndarray, numbers: np.ndarray, counts: np.ndarray) -> None:
        self.starts, self.numbers, self.counts = starts, numbers, counts
        sizes = np.diff(starts)
        self.lengths = np.add.reduceat(np.append(counts, 0.0), starts[:-1]) if sizes.size else np.zeros(0)
        self.lengths = np.where(sizes > 0, self.lengths, 0.0)
        self._by_term: Any = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return int(self.starts.size - 1)

    def frequencies(self, relatives: Sequence[tuple[np.ndarray, np.ndarray]]) -> Any:
        """A sparse matrix [query term, row]: how often a row has the term or, weighted, one that meets it."""
        from scipy import sparse

        with self._lock:
            if self._by_term is None:
                by_row = sparse.csr_matrix(
                    (self.counts, self.numbers, self.starts),
                    shape=(len(self), int(self.numbers.max(initial=-1)) + 1),
                )
                self._by_term = by_row.tocsc().T
        known = self._by_term.shape[0]
        kept = [numbers < known for numbers, _ in relatives]
        starts = np.cumsum([0] + [int(np.count_nonzero(one)) for one in kept])
        numbers = np.concatenate([np.zeros(0, np.int64), *(n[k] for (n, _), k in zip(relatives, kept, strict=True))])
        weights = np.concatenate([np.zeros(0), *(w[k] for (_, w), k in zip(relatives, kept, strict=True))])
        asked = sparse.csr_matrix((weights, numbers, starts), shape=(len(relatives), known))
        return (asked @ self._by_term).tocsr()


@dataclass(frozen=True, slots=True)
class WordScores:
    """Word scores of the rows that share a term with the query."""

    rows: np.ndarray
    overlap: np.ndarray  #: BM25 by rarity, as a share of what one occurrence of every term would give
    mass: np.ndarray  #: rarity (idf, in nats) of the query's terms that the row has
    coverage: np.ndarray  #: that mass as a share of the whole query's, 0 to 1
    weights: np.ndarray  #: of each of the query's terms: what one occurrence adds to the overlap, before saturation


def gain_of_one(length: float) -> float:
    """What one occurrence of a term counts in a text that has `length` terms with it, beside its weight."""
    return (SATURATION + 1.0) / (1.0 + SATURATION * (1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / NORMAL_LENGTH))


def score_words(
    blocks: Sequence[WordBlock],
    query: Sequence[tuple[str, float]],
    lexicon: Lexicon,
    mask: np.ndarray,
    total: int,
) -> WordScores:
    """Score a query's terms (with weights) over the blocks' rows, counted through, within the mask."""
    own = np.array([weight for _, weight in query], dtype=np.float64)
    relatives = [lexicon.relatives(term) for term, _ in query]
    rows_of, terms_of, found_of, norms = [], [], [], []
    offset = 0
    for block in blocks:
        matrix = block.frequencies(relatives)
        rows = matrix.indices.astype(np.int64)
        terms = np.repeat(np.arange(len(query)), np.diff(matrix.indptr))
        keep = mask[rows + offset]
        rows, terms, found = rows[keep], terms[keep], matrix.data[keep]
        rows_of.append(rows + offset)
        terms_of.append(terms)
        found_of.append(found)
        norms.append(SATURATION * (1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * block.lengths[rows] / NORMAL_LENGTH))
        offset += len(block)
    rows, terms = np.concatenate(rows_of), np.concatenate(terms_of)
    found, norm = np.concatenate(found_of), np.concatenate(norms)
    has = np.minimum(found, 1.0)
    frequency = np.bincount(terms, weights=has, minlength=len(query))
    absent = np.maximum(total + UNSEEN - frequency + 0.5, 0.5)
    idf = np.log(1.0 + absent / (frequency + 0.5))
    has_any = np.zeros(mask.size, dtype=bool)
    has_any[rows] = True
    touched = np.flatnonzero(has_any)
    if not touched.size:
        nothing = np.zeros(0)
        return WordScores(np.zeros(0, np.int64), nothing, nothing, nothing, np.zeros(len(query)))
    # Where each row stands among those; sorting the rows for it would take most of the time.
    inverse = (np.cumsum(has_any) - 1)[rows]
    rare, size = own * idf**RARITY, touched.size
    gained = found * (SATURATION + 1.0) / (found + norm)
    overlap = np.bincount(inverse, weights=gained * rare[terms], minlength=size) / rare.sum()
    mass = np.bincount(inverse, weights=(own * idf)[terms] * has, minlength=size)
    return WordScores(touched, overlap, mass, mass / float((own * idf).sum()), rare / rare.sum())
