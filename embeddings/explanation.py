"""Explanations: which words two texts share, and where they stand."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import TypeVar

from embeddings.glossary import Glossary, bundled_glossary
from embeddings.language import LANGUAGES, normalise, words
from embeddings.lexical import RELATED, similarity
from embeddings.terms import word_terms

K = TypeVar("K")
V = TypeVar("V")
#: Pairs of texts, and texts with their terms, whose words are remembered.
EXPLAINED = 2_000


def shared_terms(
    query: str,
    passage: str,
    *,
    query_language: str = "",
    passage_language: str = "",
    glossary: Glossary | None = None,
) -> tuple[str, ...]:
    """The passage's own words that the query has too, as written, in their order, each once.

    "Too" means: the same stem, the same meaning by the glossary, an acronym and its long form, or a word of
    the same letters in another form ("Osteogenese", "osteogenesis").
    """
    glossary = bundled_glossary() if glossary is None else glossary
    place = (query, query_language, passage, passage_language, glossary.version)
    found = _SHARED.get(place)
    if found is None:
        found = _remember(_SHARED, place, _shared(query, passage, query_language, passage_language, glossary))
    return found


def _shared(
    query: str, passage: str, query_language: str, passage_language: str, glossary: Glossary
) -> tuple[str, ...]:
    wanted = _wanted(query, query_language, glossary)
    shared: dict[str, str] = {}
    for match in words(normalise(passage)):
        word = match.group()
        terms = word_terms(word, passage_language)
        if terms and _meets(word, _keys_of(word, (passage_language,), glossary), wanted):
            shared.setdefault(terms[0], word)
    return tuple(shared.values())


def mark_terms(text: str, terms: Collection[str], *, glossary: Glossary | None = None) -> list[tuple[str, bool]]:
    """The text in segments, each with whether it is one of the terms; joined, they are the text.

    The terms may come from the other text of a pair: what shared_terms finds is marked on both sides.
    """
    glossary = bundled_glossary() if glossary is None else glossary
    place = (text, tuple(terms), glossary.version)
    found = _MARKED.get(place)
    if found is None:
        found = _remember(_MARKED, place, tuple(_segments(text, terms, glossary)))
    return list(found)


def _segments(text: str, terms: Collection[str], glossary: Glossary) -> list[tuple[str, bool]]:
    wanted: set[str] = set()
    for term in terms:
        for match in words(term):
            wanted |= _keys_of(match.group(), LANGUAGES, glossary)
        wanted.update(t for _, extra in glossary.expansions(term, "") for t in glossary.terms(extra, "en"))
    known = frozenset(wanted)
    segments: list[tuple[str, bool]] = []
    place = 0
    for match in words(text):
        word = match.group()
        if word_terms(word, "") and _meets(word, _keys_of(word, LANGUAGES, glossary), known):
            if match.start() > place:
                segments.append((text[place : match.start()], False))
            segments.append((word, True))
            place = match.end()
    if place < len(text):
        segments.append((text[place:], False))
    return segments


def _wanted(query: str, language: str, glossary: Glossary) -> frozenset[str]:
    key = (query, language, glossary.version)
    found = _WANTED.get(key)
    if found is None:
        keys = set(glossary.terms(query, language))
        for match in words(normalise(query)):
            if word_terms(match.group(), language):
                keys |= _keys_of(match.group(), LANGUAGES, glossary)
        found = frozenset(k for k in keys if len(k) > 1 or k.isdigit())
        if len(_WANTED) > 64:
            _WANTED.clear()
        _WANTED[key] = found
    return found


def _keys_of(word: str, languages: tuple[str, ...], glossary: Glossary) -> frozenset[str]:
    """The keys of a word, remembered: the same few thousand words make up most texts."""
    place = (word, languages, glossary.version)
    found = _KEYS.get(place)
    if found is None:
        found = frozenset(_keys(word, languages, glossary))
        if len(_KEYS) >= 30_000:
            _KEYS.clear()
        _KEYS[place] = found
    return found


def _keys(word: str, languages: Collection[str], glossary: Glossary) -> set[str]:
    """Everything a word may be recognised by: its stem in each language, and its meaning by the glossary."""
    keys: set[str] = set()
    for language in {*languages, *LANGUAGES}:
        keys.update(word_terms(word, language))
        if language in languages and language in glossary.stems:
            meaning = glossary.gloss(word, language)
            if meaning != word:
                keys.update(t for m in words(meaning) for t in word_terms(m.group(), "en"))
    return {key for key in keys if len(key) > 1 or key.isdigit()}


def _meets(word: str, keys: frozenset[str], wanted: frozenset[str]) -> bool:
    if keys & wanted:
        return True
    lower = word.lower()
    if len(lower) < 5 or not lower.isalpha():
        return False
    beginning, ending = _by_letters(wanted)
    # A compound holds the other's word at its start or end: "Knochenheilung", "Heilung".
    for term in ending.get(lower[-3:], ()):
        if len(lower) >= len(term) + 4 and lower.endswith(term):
            return True
    for term in beginning.get(lower[:3], ()):
        if len(lower) >= len(term) + 4 and lower.startswith(term):
            return True
        if similarity(lower, term) >= max(RELATED, 0.5):
            return True
    return False


@lru_cache(maxsize=64)
def _by_letters(wanted: frozenset[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The longer words among these by their first three letters and by their last: no others can meet a word."""
    beginning: dict[str, list[str]] = {}
    ending: dict[str, list[str]] = {}
    for term in wanted:
        if len(term) >= 5 and term.isalpha():
            beginning.setdefault(term[:3], []).append(term)
            ending.setdefault(term[-3:], []).append(term)
    return beginning, ending


def _remember(memory: dict[K, V], place: K, found: V) -> V:
    """Whoever looks at a list looks at it again, or turns its page back: the same pairs are explained many times."""
    if len(memory) >= EXPLAINED:
        memory.clear()
    memory[place] = found
    return found


_SHARED: dict[tuple[str, str, str, str, str], tuple[str, ...]] = {}
_MARKED: dict[tuple[str, tuple[str, ...], str], tuple[tuple[str, bool], ...]] = {}
_KEYS: dict[tuple[str, tuple[str, ...], str], frozenset[str]] = {}
_WANTED: dict[tuple[str, str, str], frozenset[str]] = {}
