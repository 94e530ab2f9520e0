"""Amendments: what an installation adds to the bundled glossary, changes in it or takes out of it.

Pure functions over entries; where the amendments are kept is the product's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from embeddings.glossary import (
    ACRONYM_FILE,
    FILES,
    FOLDER,
    Acronym,
    Glossary,
    bundled_glossary,
    read_acronyms,
    read_table,
)
from embeddings.language import is_stop_word

#: The shortest stem of a word: shorter ones would begin too many unrelated words.
SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the glossary. A word: its stem (or phrase) and the English. An acronym: short form and long form."""

    #: The language of a word; '' for an acronym.
    language: str
    #: The stem or phrase, in small letters; or the short form as it is written.
    source: str
    #: The English; of an acronym, its long form in English.
    english: str
    #: An acronym's long forms in German and Swedish.
    german: str = ""
    swedish: str = ""
    #: Words of which one must stand beside an acronym that has several meanings.
    context: frozenset[str] = field(default=frozenset())

    @property
    def is_acronym(self) -> bool:
        return not self.language

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two entries the same one: a stem has one meaning, a short form may have several."""
        return (self.language, self.source, self.english if self.is_acronym else "")


@dataclass(frozen=True, slots=True)
class Amendment:
    """An entry that is added or takes the place of the one of its key; or, removed, takes that away."""

    entry: Entry
    removed: bool = False


class Concern(StrEnum):
    """What is worth knowing before an entry is saved."""

    #: The same stem means something else so far: the entry.
    REPLACES = "replaces"
    #: Longer stems that begin with it keep their own meaning: those entries.
    LONGER = "longer"
    #: A shorter stem has stood for its words so far: that entry.
    SHORTER = "shorter"
    #: The short form has other meanings; without context words every text is read as all of them: those entries.
    AMBIGUOUS = "ambiguous"
    #: Another short form has this long form: those entries.
    SAME_LONG_FORM = "same long form"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A concern, and the entries that it is about."""

    concern: Concern
    entries: tuple[Entry, ...]


class Unusable(ValueError):
    """An entry that would do harm or nothing; the message says what was expected."""


@cache
def bundled_entries() -> tuple[Entry, ...]:
    """Every entry that comes with the engine."""
    words = [
        Entry(language, source, english)
        for language, name in FILES.items()
        for source, english in read_table(FOLDER / name).items()
    ]
    return (*words, *map(_entry_of, read_acronyms(FOLDER / ACRONYM_FILE)))


def _entry_of(acronym: Acronym) -> Entry:
    long = acronym.long
    return Entry("", acronym.short, long.get("en", ""), long.get("de", ""), long.get("sv", ""), acronym.context)


def amended_entries(amendments: Iterable[Amendment]) -> tuple[Entry, ...]:
    """The entries that hold, the bundled ones first; of amendments with one key the last one counts."""
    held = {entry.key: entry for entry in bundled_entries()}
    for amendment in amendments:
        if amendment.removed:
            held.pop(amendment.entry.key, None)
        else:
            held[amendment.entry.key] = amendment.entry
    return tuple(held.values())


def amended_glossary(amendments: Sequence[Amendment]) -> Glossary:
    """The bundled glossary with these amendments; the same amendments make the same version."""
    if not amendments:
        return bundled_glossary()
    tables: dict[str, dict[str, str]] = {language: {} for language in FILES}
    acronyms = []
    for entry in amended_entries(amendments):
        if entry.is_acronym:
            long = {"en": entry.english, "de": entry.german, "sv": entry.swedish}
            acronyms.append(Acronym(entry.source, {k: v for k, v in long.items() if v}, entry.context))
        else:
            tables[entry.language][entry.source] = entry.english
    return Glossary.of(tables, acronyms)


def check(entry: Entry) -> None:
    """Refuse an entry that would do harm or nothing. Raises Unusable."""
    if not entry.source or not entry.english:
        raise Unusable("expected a word and its English, or a short and a long form")
    if entry.is_acronym:
        if " " in entry.source:
            raise Unusable("expected a short form without spaces")
        return
    if len(entry.source) < SHORTEST_STEM:
        raise Unusable(f"expected a stem of at least {SHORTEST_STEM} letters, found {len(entry.source)}")
    if is_stop_word(entry.source, entry.language):
        raise Unusable("expected a word of a topic, found one that is left out of every text")


def conflicts(entry: Entry, among: Sequence[Entry]) -> list[Conflict]:
    """What the entry means for those that hold already, so that whoever saves it knows."""
    if entry.is_acronym:
        others = tuple(one for one in among if one.is_acronym and one.source == entry.source and one.key != entry.key)
        same = tuple(
            one
            for one in among
            if one.is_acronym and one.source != entry.source and one.english.lower() == entry.english.lower()
        )
        found = [Conflict(Concern.AMBIGUOUS, others)] if others and not entry.context else []
        return found + ([Conflict(Concern.SAME_LONG_FORM, same)] if same else [])
    own = [one for one in among if one.language == entry.language]
    found = []
    replaced = tuple(one for one in own if one.key == entry.key and one.english != entry.english)
    if replaced:
        found.append(Conflict(Concern.REPLACES, replaced))
    longer = tuple(one for one in own if one.source.startswith(entry.source) and one.source != entry.source)
    if longer and not replaced:
        found.append(Conflict(Concern.LONGER, longer))
    shorter = [one for one in own if entry.source.startswith(one.source) and one.source != entry.source]
    if shorter and not replaced:
        found.append(Conflict(Concern.SHORTER, (max(shorter, key=lambda one: len(one.source)),)))
    return found
