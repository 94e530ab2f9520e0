"""The word leg: weighted terms in compact arrays.

Weights of a text depend on that text alone; rarity (idf) is counted per query over the texts it may see.
So no score tells anything about a text outside `allowed`, and a change touches only its own rows.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


class Lexicon:
    """Numbers for terms; it only grows, so numbers stay valid in every published block."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, term: str) -> int:
        """The term's number, given now if it has none."""
        number = self._numbers.get(term)
        if number is None:
            with self._lock:
                number = self._numbers.setdefault(term, len(self._numbers))
        return number

    def known(self, term: str) -> int:
        """The term's number, -1 if no text has it."""
        return self._numbers.get(term, -1)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one text: sorted numbers and how often each occurs."""

    numbers: np.ndarray
    counts: np.ndarray


def counted(terms: Iterable[str], lexicon: Lexicon) -> Terms:
    """The terms with their numbers and counts."""
    counts = Counter(lexicon.number(term) for term in terms)
    numbers = sorted(counts)
    return Terms(np.array(numbers, dtype=np.int32), np.array([counts[n] for n in numbers], dtype=np.float32))


class WordBlock:
    """The terms of many texts (rows), readable by row and by term; never changed after it is built."""

    def __init__(self, starts: np.ndarray, numbers: np.ndarray, counts: np.ndarray) -> None:
        self.starts, self.numbers, self.counts = starts, numbers, counts
        rows = np.repeat(np.arange(starts.size - 1, dtype=np.int32), np.diff(starts))
        order = np.argsort(numbers, kind="stable")
        self._rows = rows[order]
        damped = 1.0 + np.log(np.maximum(counts, 1.0))
        lengths = np.sqrt(np.bincount(rows, weights=damped**2, minlength=starts.size - 1))
        self._weights = (damped / np.maximum(lengths[rows], 1e-9)).astype(np.float32)[order]
        self._terms, first = np.unique(numbers[order], return_index=True)
        self._first = np.append(first, numbers.size).astype(np.int64)

    @classmethod
    def of(cls, texts: Sequence[Terms]) -> WordBlock:
        """A block of these texts, in their order."""
        sizes = np.array([t.numbers.size for t in texts], dtype=np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        empty_numbers, empty_counts = np.zeros(0, np.int32), np.zeros(0, np.float32)
        return cls(
            starts,
            np.concatenate([empty_numbers, *(t.numbers for t in texts)]),
            np.concatenate([empty_counts, *(t.counts for t in texts)]),
        )

    def __len__(self) -> int:
        return int(self.starts.size - 1)

    def row(self, row: int) -> Terms:
        """The terms of one text."""
        part = slice(int(self.starts[row]), int(self.starts[row + 1]))
        return Terms(self.numbers[part], self.counts[part])

    def postings(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For sorted term numbers: (position in `numbers`, row, weight) of each occurrence."""
        if not self._terms.size or not numbers.size:
            nothing = np.zeros(0, np.int64)
            return nothing, nothing, np.zeros(0, np.float32)
        places = np.minimum(np.searchsorted(self._terms, numbers), self._terms.size - 1)
        known = np.flatnonzero(self._terms[places] == numbers)
        starts, ends = self._first[places[known]], self._first[places[known] + 1]
        sizes = ends - starts
        offsets = np.repeat(starts - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
        where = np.arange(int(sizes.sum()), dtype=np.int64) + offsets
        return np.repeat(known, sizes), self._rows[where].astype(np.int64), self._weights[where]


@dataclass(frozen=True, slots=True)
class WordScores:
    """Word scores of the rows that share a term with the query."""

    rows: np.ndarray
    cosine: np.ndarray  #: weighted overlap, 0 to 1
    coverage: np.ndarray  #: share of the query's rarity (idf) that the row has, 0 to 1
    matched: np.ndarray  #: number of the query's terms that the row has


def score_words(
    blocks: Sequence[WordBlock], query: Mapping[int, float], mask: np.ndarray | None, total: int
) -> WordScores:
    """Score a query's terms (number → weight) over the blocks' rows, counted through, within the mask.

    A negative number stands for a term that no text has: it weighs in the query all the same.
    """
    numbers = np.array(sorted(n for n in query if n >= 0), dtype=np.int64)
    unknown = sum(weight for n, weight in query.items() if n < 0)
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    offset = 0
    for block in blocks:
        position, row, weight = block.postings(numbers)
        row = row + offset
        offset += len(block)
        if mask is not None:
            keep = mask[row]
            position, row, weight = position[keep], row[keep], weight[keep]
        found.append((position, row, weight))
    positions = np.concatenate([f[0] for f in found])
    rows = np.concatenate([f[1] for f in found])
    weights = np.concatenate([f[2] for f in found])
    frequency = np.bincount(positions, minlength=numbers.size)
    idf = np.log(1.0 + (total - frequency + 0.5) / (frequency + 0.5))
    own = np.array([query[int(n)] for n in numbers], dtype=np.float64)
    rarest = float(np.log(1.0 + (total + 0.5) / 0.5))
    mass = float((own * idf).sum()) + unknown * rarest
    length = float(np.sqrt(((own * idf) ** 2).sum() + (unknown * rarest) ** 2))
    touched, inverse = np.unique(rows, return_inverse=True)
    if not touched.size or mass <= 0.0:
        nothing = np.zeros(0, np.float64)
        return WordScores(np.zeros(0, np.int64), nothing, nothing, nothing)
    size = touched.size
    cosine = np.bincount(inverse, weights=weights * (own * idf)[positions], minlength=size)
    coverage = np.bincount(inverse, weights=(own * idf)[positions], minlength=size)
    matched = np.bincount(inverse, minlength=size)
    return WordScores(touched, cosine / length, coverage / mass, matched.astype(np.float64))
