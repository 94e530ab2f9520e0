"""Reading: the terms of many texts at once, as numbers and counts.

`Glossary.terms` says which terms a text has; a `Reader` finds the very same ones for a thousand texts in one go. What
stands between two spaces, a piece, is read once and looked up from then on. Only a text in which an acronym, a long
form or a phrase may stand is looked at by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import chain, repeat
from unicodedata import is_normalized

import numpy as np

from embeddings.glossary import Called, Glossary
from embeddings.language import normalise, word_list
from embeddings.lexical import Lexicon, WordBlock
from embeddings.terms import terms_of, text_terms

#: Texts that are read together, and pieces of a language that are remembered.
TOGETHER, PIECES = 1_000, 100_000
#: Marks around a piece that are no part of any word in it.
_AROUND = '.,;:!?()"'
#: What a piece may have in it: an acronym; one if the text is all in small letters; one that the words beside it tell
#: the meaning of; such a word; the first word of a phrase; a letter that is not small.
_ACRONYM, _SMALL, _ASKING, _TELLING, _PHRASE, _RAISED = 1, 2, 4, 8, 16, 32


class Reader:
    """Texts of any language into blocks of their terms, by one glossary, numbered by one lexicon; thread-safe."""

    def __init__(self, glossary: Glossary, lexicon: Lexicon) -> None:
        self.glossary = glossary
        self._lexicon = lexicon
        self._forms = _LongForms(glossary)
        self._telling = frozenset(
            word for readings in glossary.acronyms.values() for reading in readings for word in reading.context
        )
        self._known: dict[str, _Pieces] = {}
        self._lock = threading.Lock()

    def block(self, texts: Sequence[tuple[str, str]]) -> WordBlock:
        """The terms of texts, each given with its language, in their order."""
        with self._lock:
            read = [self._counted(texts[n : n + TOGETHER]) for n in range(0, len(texts), TOGETHER)]
        sizes = np.concatenate([np.zeros(1, np.int64), *(sizes for sizes, _, _ in read)])
        return WordBlock(
            np.cumsum(sizes),
            np.concatenate([np.zeros(0, np.int32), *(numbers for _, numbers, _ in read)]),
            np.concatenate([np.zeros(0, np.float32), *(counts for _, _, counts in read)]),
        )

    def _counted(self, texts: Sequence[tuple[str, str]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How many different terms each text has, which, and how often."""
        spoken: dict[str, list[int]] = {}
        for n, (_, language) in enumerate(texts):
            spoken.setdefault(language, []).append(n)
        rows, numbers = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for language, places in spoken.items():
            for row, number in self._terms([texts[n][0] for n in places], language):
                rows.append(np.array(places, dtype=np.int64)[row])
                numbers.append(number.astype(np.int64))
        row, number = np.concatenate(rows), np.concatenate(numbers)
        span = int(number.max(initial=0)) + 1
        cells, counts = np.unique(row * span + number, return_counts=True)
        sizes = np.bincount(cells // span, minlength=len(texts))
        return sizes, (cells % span).astype(np.int32), counts.astype(np.float32)

    def _terms(self, texts: list[str], language: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """The terms of texts of one language, in parts: of which text, and which."""
        glossary, known = self.glossary, self._pieces(language)
        pieces = [_pieces_of(text) for text in texts]
        sizes = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
        places = known.find(list(chain.from_iterable(pieces)))
        text_of, first = np.repeat(np.arange(sizes.size), sizes), np.cumsum(sizes) - sizes
        flags = known.flags[places]
        which, own = _spread(known.own_starts, places)
        rows, numbers = text_of[which], known.own[own]
        found = [(rows, numbers)]
        more: dict[int, list[str]] = {}
        if language in glossary.stems:
            phrased = np.zeros(sizes.size, dtype=bool)
            for n in np.flatnonzero(flags & _PHRASE).tolist():
                text = int(text_of[n])
                phrased[text] = phrased[text] or glossary.begins_phrase(pieces[text], n - int(first[text]), language)
            which, english = _spread(known.english_starts, places)
            kept = ~phrased[text_of[which]]
            found.append((text_of[which][kept], known.english[english][kept]))
            for text in np.flatnonzero(phrased).tolist():
                more[text] = text_terms(glossary.gloss(" ".join(pieces[text]), language), "en")
        begins, beside = np.searchsorted(rows, np.arange(sizes.size + 1)).tolist(), known.beside(places, flags, text_of)
        for text, (called, begun) in self._looked_at(known, places, flags, text_of, rows, known.codes[own]).items():
            start, end = begins[text], begins[text + 1]
            terms = self._lexicon.terms(numbers[start:end])
            for _, extra in glossary.added(
                terms, called, [place - start for place in begun], beside.get(text, ()), language
            ):
                more.setdefault(text, []).extend(glossary.form_terms(extra))
        if more:
            further = self._lexicon.numbers(list(chain.from_iterable(more.values())))
            found.append((np.repeat(list(more), list(map(len, more.values()))), further))
        return found

    def _looked_at(
        self,
        known: _Pieces,
        places: np.ndarray,
        flags: np.ndarray,
        text_of: np.ndarray,
        rows: np.ndarray,
        codes: np.ndarray,
    ) -> dict[int, tuple[list[Called], list[int]]]:
        """The texts with acronyms or beginnings of long forms: these, and where among all terms those stand."""
        looked: dict[int, tuple[list[Called], list[int]]] = {}
        large = _beside(_RAISED, flags, text_of)
        for n in np.flatnonzero(flags & np.where(large, _ACRONYM, _SMALL)).tolist():
            called = (known.acronyms if large[n] else known.small)[int(places[n])]
            looked.setdefault(int(text_of[n]), ([], []))[0].extend(called)
        for n in self._forms.begun(rows, codes).tolist():
            looked.setdefault(int(rows[n]), ([], []))[1].append(n)
        return looked

    def _pieces(self, language: str) -> _Pieces:
        known = self._known.get(language)
        if known is None or len(known.places) >= PIECES:
            known = _Pieces(self.glossary, language, self._lexicon, self._forms.codes, self._telling)
            self._known[language] = known
        return known


class _LongForms:
    """Where long forms may begin, told by codes of the terms they are made of; 0 is any other term."""

    def __init__(self, glossary: Glossary) -> None:
        parts = {term for beginning in glossary.long_forms for term in beginning}
        self.codes = {term: code for code, term in enumerate(sorted(parts), start=1)}
        self._span = len(parts) + 1
        self._single = np.zeros(self._span, dtype=bool)
        pairs = []
        for beginning in glossary.long_forms:
            codes = [self.codes[term] for term in beginning]
            if len(codes) == 1:
                self._single[codes[0]] = True
            else:
                pairs.append(codes[0] * self._span + codes[1])
        self._pairs = np.array(sorted(pairs), dtype=np.int64)

    def begun(self, rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Places of the terms with which a long form begins; the next one belongs to it only in the same text."""
        begins = self._single[codes]
        pair = np.flatnonzero((codes[:-1] > 0) & (codes[1:] > 0) & (rows[:-1] == rows[1:]))
        begins[pair] |= np.isin(codes[pair].astype(np.int64) * self._span + codes[pair + 1], self._pairs)
        return np.flatnonzero(begins)


class _Pieces:
    """The pieces of one language that were read, by number: their terms, those of their English, what is in them."""

    def __init__(
        self, glossary: Glossary, language: str, lexicon: Lexicon, codes: dict[str, int], telling: frozenset[str]
    ) -> None:
        self._glossary, self._language, self._lexicon = glossary, language, lexicon
        self._codes, self._telling = codes, telling
        self.places: dict[str, int] = {}
        self.flags = np.zeros(0, np.uint8)
        self.own_starts, self.english_starts = np.zeros(1, np.int64), np.zeros(1, np.int64)
        self.own, self.english = np.zeros(0, np.int32), np.zeros(0, np.int32)
        self.codes = np.zeros(0, np.int32)
        self.acronyms: dict[int, list[Called]] = {}
        self.small: dict[int, list[Called]] = {}
        self.telling: dict[int, list[str]] = {}

    def find(self, pieces: list[str]) -> np.ndarray:
        """The numbers of these pieces, read now if they were not before."""
        places = np.fromiter(map(self.places.get, pieces, repeat(-1)), dtype=np.int64, count=len(pieces))
        new = np.flatnonzero(places < 0).tolist()
        if new:
            self._learn(dict.fromkeys(pieces[n] for n in new))
            places[new] = [self.places[pieces[n]] for n in new]
        return places

    def beside(self, places: np.ndarray, flags: np.ndarray, text_of: np.ndarray) -> dict[int, set[str]]:
        """The words that tell a meaning, of each text in which one is to be told."""
        found: dict[int, set[str]] = {}
        for n in np.flatnonzero((flags & _TELLING > 0) & _beside(_ASKING, flags, text_of)).tolist():
            found.setdefault(int(text_of[n]), set()).update(self.telling[int(places[n])])
        return found

    def _learn(self, pieces: dict[str, None]) -> None:
        flags: list[int] = []
        own: list[list[str]] = []
        english: list[list[str]] = []
        glossary, language, first = self._glossary, self._language, self.flags.size
        for piece in pieces:
            core = piece.strip(_AROUND)
            place = self.places.get(core)
            if place is None:
                place = self.places[core] = first + len(flags)
                tokens = word_list(core)
                own.append(terms_of(tokens, language))
                flag = 0
                if core != core.lower():
                    flag = _RAISED
                elif called := glossary.called(tokens, typed_small=True):
                    flag, self.small[place] = _SMALL, called
                if called := glossary.called(tokens):
                    flag, self.acronyms[place] = flag | _ACRONYM, called
                either = chain(self.acronyms.get(place, ()), self.small.get(place, ()))
                if any(reading.context for _, readings in either for reading in readings):
                    flag |= _ASKING
                if telling := [word for token in tokens if (word := token.lower()) in self._telling]:
                    flag, self.telling[place] = flag | _TELLING, telling
                if language in glossary.stems:
                    english.append(text_terms(glossary.gloss(core, language), "en"))
                    if glossary.has_beginning(core, language):
                        flag |= _PHRASE
                else:
                    english.append([])
                flags.append(flag)
            self.places[piece] = place
        self.flags = np.concatenate([self.flags, np.array(flags, dtype=np.uint8)])
        self.own_starts, self.own = self._grown(self.own_starts, self.own, own)
        self.english_starts, self.english = self._grown(self.english_starts, self.english, english)
        codes = [self._codes.get(term, 0) for term in chain.from_iterable(own)]
        self.codes = np.concatenate([self.codes, np.array(codes, dtype=np.int32)])

    def _grown(self, starts: np.ndarray, numbers: np.ndarray, more: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
        new = self._lexicon.numbers(list(chain.from_iterable(more)))
        ends = np.cumsum(np.fromiter(map(len, more), dtype=np.int64, count=len(more))) + starts[-1]
        return np.concatenate([starts, ends]), np.concatenate([numbers, new.astype(np.int32)])


def _pieces_of(text: str) -> list[str]:
    """What stands between the spaces of a text as `normalise` leaves it."""
    # What can be printed has no signs in it that are left out; only its letters may have to be composed.
    return text.split() if text.isprintable() and is_normalized("NFC", text) else normalise(text).split()


def _beside(mark: int, flags: np.ndarray, text_of: np.ndarray) -> np.ndarray:
    """Whether each piece stands in a text that has a piece with this mark."""
    marked = np.zeros(int(text_of[-1]) + 1 if text_of.size else 0, dtype=bool)
    marked[text_of[flags & mark > 0]] = True
    return np.asarray(marked[text_of])


def _spread(starts: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of rows of different lengths, the chosen ones: in which of the chosen each value is, and where it lies."""
    first = starts[places]
    sizes = starts[places + 1] - first
    which = np.repeat(np.arange(places.size), sizes)
    return which, np.arange(which.size) + (first - (np.cumsum(sizes) - sizes))[which]
