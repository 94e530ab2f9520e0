"""Terms: what the word leg compares.

A term is a stem in the text's own language. A joined word gives its joined form and its parts, so that
"CAR-T", "CART" and "CAR T" meet.
"""

from __future__ import annotations

from embeddings.language import is_stop_word, normalise, pieces, stem, words


def word_terms(word: str, language: str) -> list[str]:
    """The terms of one surface word; none for a stop word."""
    parts = pieces(word)
    if len(parts) == 1:
        part = parts[0]
        # "IT" and "WHO" are names, "it" and "who" are not.
        if is_stop_word(part, language) and not (word.isupper() and len(word) > 1):
            return []
        return [stem(part, language)]
    kept = [stem(p, language) for p in parts if not is_stop_word(p, language)]
    return ["".join(parts), *kept]


def text_terms(text: str, language: str) -> list[str]:
    """All terms of a text, in order, with repetitions."""
    return [term for match in words(normalise(text)) for term in word_terms(match.group(), language)]
