"""Terms: what the word leg compares.

A term is a stem in the text's own language. A joined word gives its joined form and its parts, so that
"CAR-T", "CART" and "CAR T" meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain

from embeddings.language import is_stop_word, normalise, pieces, stem, word_list


@lru_cache(maxsize=20_000)
def word_terms(word: str, language: str) -> tuple[str, ...]:
    """The terms of one surface word; none for a stop word."""
    parts = pieces(word)
    if len(parts) == 1:
        part = parts[0]
        # "IT" and "WHO" are names, "it" and "who" are not.
        if is_stop_word(part, language) and not (word.isupper() and len(word) > 1):
            return ()
        return (stem(part, language),)
    kept = (stem(p, language) for p in parts if not is_stop_word(p, language))
    return ("".join(parts), *kept)


def terms_of(tokens: Iterable[str], language: str) -> list[str]:
    """All terms of these words, in order, with repetitions."""
    return list(chain.from_iterable(map(_known(language).__getitem__, tokens)))


class _Known(dict[str, tuple[str, ...]]):
    """Words of one language with their terms, each looked up as fast as Python can: most words come again."""

    LIMIT = 200_000

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= self.LIMIT:
            self.clear()
        found = self[word] = word_terms(word, self._language)
        return found


@lru_cache(maxsize=8)
def _known(language: str) -> _Known:
    return _Known(language)


def text_terms(text: str, language: str) -> list[str]:
    """All terms of a text, in order, with repetitions."""
    return terms_of(word_list(normalise(text)), language)
