"""Drafts out of a text: which sentences count, which stand for others, what is known already, what they are about."""

from __future__ import annotations

import pytest

from embeddings import HashingEncoder
from embeddings.drafting import group, seeks, statements, topics
from embeddings.encoder import Encoder
from embeddings.glossary import bundled_glossary

GLOSSARY = bundled_glossary()
TEXT = """
Since 2015: head of group
asa@nordmark.example
• We culture patient cells on ceramic scaffolds under controlled flow.
- Culture of patient cells on ceramic scaffolds
We culture patient cells on ceramic scaffolds under controlled flow.
Our isolators fill vials with sterile product for clinical trials.
"""


def test_only_whole_sentences_that_say_something_count_each_once() -> None:
    assert statements(TEXT) == [
        "We culture patient cells on ceramic scaffolds under controlled flow.",
        "Culture of patient cells on ceramic scaffolds",
        "Our isolators fill vials with sterile product for clinical trials.",
    ]


@pytest.mark.parametrize("encoder", [None, HashingEncoder()], ids=["by words", "by vectors"])
def test_one_sentence_stands_for_those_that_say_the_same(encoder: Encoder | None) -> None:
    said = statements(TEXT)
    found = group(said, ["en"] * 3, encoder=encoder, glossary=GLOSSARY, most=8)
    assert [set(one.members) for one in found.groups] == [{0, 1}, {2}]
    assert found.groups[0].leader in (0, 1)
    assert len(group(said, ["en"] * 3, encoder=encoder, glossary=GLOSSARY, most=1).groups) == 1

    known = ["We fill vials with sterile product for clinical trials in our isolators."]
    found = group(said, ["en"] * 3, known=known, known_languages=["en"], encoder=encoder, glossary=GLOSSARY, most=8)
    assert found.known == (2,)
    assert [set(one.members) for one in found.groups] == [{0, 1}]


def test_topics_are_the_words_that_the_others_have_not_and_those_of_the_field_first() -> None:
    said = [
        "Unsere Abteilung macht lauter Firlefanz um Zelltherapien im Labor.",
        "Unsere Abteilung bietet Kurse im Labor.",
    ]
    assert topics(said[:1], said, "de", glossary=GLOSSARY, most=1) == ["Zelltherapien"]


@pytest.mark.parametrize(
    ("sentence", "asks"),
    [
        ("We are looking for a supplier of powder.", True),
        ("Wir suchen einen Partner für klinische Prüfungen.", True),
        ("Vi söker en testbädd för sårvård.", True),
        ("We culture cells that others need.", False),
    ],
)
def test_a_sentence_that_asks_is_told_from_one_that_offers(sentence: str, asks: bool) -> None:
    assert seeks(sentence) is asks
