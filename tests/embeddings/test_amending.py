"""An installation's own entries stand beside the bundled ones, and in their place; what that means is told first."""

from __future__ import annotations

import pytest

from embeddings.amending import (
    Amendment,
    Concern,
    Entry,
    Unusable,
    amended_entries,
    amended_glossary,
    bundled_entries,
    check,
    conflicts,
)
from embeddings.glossary import bundled_glossary

WHALE = Entry("de", "blauwal", "blue whale")
ABC = Entry("", "QQX", "quantum quokka exchange", german="Quokkatausch")


def test_without_amendments_it_is_the_bundled_glossary() -> None:
    assert amended_glossary([]) is bundled_glossary()
    assert len(bundled_entries()) == len({entry.key for entry in bundled_entries()})


def test_an_own_word_is_read_in_english_and_an_own_acronym_in_full() -> None:
    made = amended_glossary([Amendment(WHALE), Amendment(ABC)])
    assert "blue whale" in made.english("Der Blauwal wird vermessen.", "de")
    assert "blue whale" not in bundled_glossary().english("Der Blauwal wird vermessen.", "de")
    assert made.expansions("A QQX station", "en") == (("QQX", "quantum quokka exchange"),)
    assert ("quantum quokka exchang", "QQX") in made.expansions("a quantum quokka exchange", "en")


def test_an_own_entry_takes_the_place_of_a_bundled_one_and_a_removed_one_is_gone() -> None:
    cell = next(entry for entry in bundled_entries() if entry.language == "de" and entry.source == "abfall")
    changed = Entry("de", "abfall", "refuse")
    assert amended_glossary([Amendment(changed)]).gloss("Abfall", "de") == "refuse"
    assert amended_glossary([Amendment(cell, removed=True)]).gloss("Abfall", "de") != cell.english


def test_taking_amendments_back_gives_the_very_version_before() -> None:
    only = amended_glossary([Amendment(WHALE)])
    back = amended_glossary([Amendment(WHALE), Amendment(ABC), Amendment(ABC, removed=True)])
    assert back.version == only.version
    assert amended_glossary([Amendment(WHALE), Amendment(WHALE, removed=True)]).version == bundled_glossary().version


def test_of_two_amendments_to_one_entry_the_later_counts() -> None:
    later = Entry("de", "blauwal", "balaenoptera musculus")
    held = amended_entries([Amendment(WHALE), Amendment(later)])
    assert [entry.english for entry in held if entry.source == "blauwal"] == ["balaenoptera musculus"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (Entry("de", "", "cell"), "expected a word and its English"),
        (Entry("", "GMP", ""), "expected a word and its English"),
        (Entry("de", "ab", "off"), "at least 3 letters, found 2"),
        (Entry("de", "und", "and"), "left out of every text"),
        (Entry("", "G M P", "good manufacturing practice"), "without spaces"),
    ],
)
def test_an_entry_that_would_do_harm_or_nothing_is_refused(entry: Entry, says: str) -> None:
    with pytest.raises(Unusable, match=says):
        check(entry)


def test_what_an_entry_means_for_others_is_told() -> None:
    among = [
        Entry("de", "zelle", "cell"),
        Entry("de", "zelltherap", "cell therapy"),
        Entry("sv", "zelle", "nothing of ours"),
        Entry("", "ABS", "antibiotic stewardship"),
        Entry("", "AMS", "antimicrobial stewardship"),
    ]

    def told(entry: Entry) -> dict[Concern, list[str]]:
        return {one.concern: [e.english for e in one.entries] for one in conflicts(entry, among)}

    assert told(Entry("de", "zelle", "cells")) == {Concern.REPLACES: ["cell"]}
    assert told(Entry("de", "zelle", "cell")) == {}
    assert told(Entry("de", "zell", "cell")) == {Concern.LONGER: ["cell", "cell therapy"]}
    assert told(Entry("de", "zellebene", "cell layer")) == {Concern.SHORTER: ["cell"]}
    assert told(Entry("", "ABS", "acrylonitrile butadiene styrene")) == {Concern.AMBIGUOUS: ["antibiotic stewardship"]}
    assert told(Entry("", "ABS", "a plastic", context=frozenset({"plastic"}))) == {}
    assert told(Entry("", "AST", "Antibiotic Stewardship")) == {Concern.SAME_LONG_FORM: ["antibiotic stewardship"]}
