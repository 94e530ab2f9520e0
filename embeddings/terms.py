"""Terms: what the word leg compares, and what an explanation marks.

A term is a stem in the text's own language. A joined word gives its joined form and its parts, so that
"CAR-T", "CART" and "CAR T" meet.
"""

from __future__ import annotations

from collections.abc import Collection

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


def _keys(word: str, language: str) -> set[str]:
    """Everything a word may be recognised by when two texts are compared, whatever their languages."""
    keys = set(word_terms(word, language))
    for other in ("en", "de", "sv"):
        keys.update(word_terms(word, other))
    return {key for key in keys if len(key) > 1 or key.isdigit()}


def shared_terms(query: str, passage: str, *, query_language: str = "", passage_language: str = "") -> tuple[str, ...]:
    """The passage's own words that the query has too, as written, in their order, each once."""
    wanted: set[str] = set()
    for match in words(normalise(query)):
        if word_terms(match.group(), query_language):
            wanted |= _keys(match.group(), query_language)
    shared: dict[str, str] = {}
    for match in words(normalise(passage)):
        word = match.group()
        terms = word_terms(word, passage_language)
        if terms and _matches(word, _keys(word, passage_language), wanted):
            shared.setdefault(terms[0], word)
    return tuple(shared.values())


def _matches(word: str, keys: set[str], wanted: set[str]) -> bool:
    if keys & wanted:
        return True
    # A compound holds the other's word at its start or end: "Knochenheilung", "Heilung".
    lower = word.lower()
    if len(lower) < 9 or not lower.isalpha():
        return False
    return any(
        len(term) >= 5 and term.isalpha() and (lower.startswith(term) or lower.endswith(term)) for term in wanted
    )


def mark_terms(text: str, terms: Collection[str]) -> list[tuple[str, bool]]:
    """The text in segments, each with whether it is one of the terms; joined, they are the text."""
    wanted: set[str] = set()
    for term in terms:
        for match in words(term):
            wanted |= _keys(match.group(), "")
    segments: list[tuple[str, bool]] = []
    place = 0
    for match in words(text):
        if word_terms(match.group(), "") and _matches(match.group(), _keys(match.group(), ""), wanted):
            if match.start() > place:
                segments.append((text[place : match.start()], False))
            segments.append((match.group(), True))
            place = match.end()
    if place < len(text):
        segments.append((text[place:], False))
    return segments
