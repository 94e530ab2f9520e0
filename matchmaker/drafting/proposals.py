"""Proposals out of material: what could become a competence or a need, and which records back it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from matchmaker.drafting.material import Material
from matchmaker.imports.records import StatementRecord
from matchmaker.items.forms import TITLE_LENGTH
from matchmaker.suggestions import drafting
from matchmaker.texts import clean_line, excerpt

#: Proposals on one page: what somebody reads through with care.
MOST = 8
#: Competences of an organisation that a proposal is compared with.
KNOWN = 200
_KEYWORDS = 6


@dataclass
class Proposal:
    """What could become a draft."""

    kind: str
    title: str
    description: str
    language: str = ""
    keywords: list[str] = field(default_factory=list)
    #: The places of the records that back it.
    records: list[int] = field(default_factory=list)


@dataclass
class Proposed:
    """What a material comes to."""

    proposals: list[Proposal] = field(default_factory=list)
    #: How much of the material says what the organisation says already.
    said_already: int = 0


def propose(material: Material, known: list[str]) -> Proposed:
    """Proposals from the records and the text, records first; what is known already is left out."""
    found = Proposed()
    if material.records:
        _from_records(material.records, known, found)
    if material.text:
        _from_text(material.text, known, found)
    return found


def _from_records(records: list[StatementRecord], known: list[str], found: Proposed) -> None:
    passages = [f"{record.title}. {record.description}" for record in records]
    themes, said = drafting.themes(passages, known, most=MOST)
    found.said_already += said
    for theme in themes:
        leader = records[theme.places[0]]
        subjects = Counter(keyword for place in theme.places for keyword in records[place].keywords)
        # What several works are filed under says best what they have in common; else the words that they share.
        words = [word for word, times in subjects.most_common(_KEYWORDS) if times > 1 or len(theme.places) == 1]
        keywords = list(dict.fromkeys([*words, *theme.topics]))[:_KEYWORDS]
        found.proposals.append(
            Proposal(
                kind="competence",
                title=_title(leader.title),
                description=_described(leader),
                language=theme.language,
                keywords=keywords,
                records=list(theme.places),
            )
        )


def _described(record: StatementRecord) -> str:
    """The record's title and what its abstract ends in: there it says what came out."""
    said = drafting.statements(record.description)
    return clean_line(f"{record.title.rstrip('.')}. {' '.join(said[-2:])}")


def _from_text(text: str, known: list[str], found: Proposed) -> None:
    sentences = drafting.statements(text)
    for kind, passages in (
        ("competence", [one for one in sentences if not drafting.seeks(one)]),
        ("need", [one for one in sentences if drafting.seeks(one)]),
    ):
        if not passages:
            continue
        themes, said = drafting.themes(passages, known, most=MOST)
        found.said_already += said
        found.proposals += [
            Proposal(
                kind=kind,
                title=_title(passages[theme.places[0]]),
                description=" ".join(_ended(passages[place]) for place in theme.places[:4]),
                language=theme.language,
                keywords=list(theme.topics),
            )
            for theme in themes
        ]


def _title(sentence: str) -> str:
    return excerpt(sentence.rstrip(" .;:"), TITLE_LENGTH - 2)


def _ended(sentence: str) -> str:
    return sentence if sentence[-1:] in ".!?" else f"{sentence}."
