"""What somebody gives: records out of a file, picked by their numbers where numbers are given, and a text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from matchmaker.imports import online
from matchmaker.imports.formats import read
from matchmaker.imports.readers import FileKind, Row
from matchmaker.imports.records import PersonRecord, RowRefused, StatementRecord, parse
from matchmaker.profiles.identifiers import doi, orcid, pmid
from matchmaker.texts import excerpt

#: Records that are looked at; a long life's works are more than eight competences tell.
MOST_RECORDS = 50
#: Letters of an abstract that travel with the page.
LONGEST_ABSTRACT = 1_000


@dataclass
class Material:
    """What somebody gave, read."""

    records: list[StatementRecord] = field(default_factory=list)
    person: PersonRecord | None = None
    text: str = ""
    #: Numbers that no record bears.
    missing: list[str] = field(default_factory=list)
    #: Records beyond those that are looked at.
    further: int = 0


def read_file(name: str, data: bytes) -> Material:
    """The works, projects and patents of a file, and the first person it describes. Raises UnreadableFile."""
    found = Material()
    for row in read(name, data):
        if not isinstance(row, Row):
            continue
        if row.kind is FileKind.PEOPLE and found.person is None:
            found.person = as_person(row.values)
        elif row.kind is FileKind.STATEMENTS and (record := as_record(row.values)) is not None:
            found.records.append(record)
    return found


def as_record(values: dict[str, Any]) -> StatementRecord | None:
    """A row as a record of evidence; None for anything that can't be one."""
    values = {**values, "affiliations": ["the own organisation"], "organisation": ""}
    values["description"] = excerpt(str(values.get("description") or ""), LONGEST_ABSTRACT)
    try:
        record: StatementRecord = parse(StatementRecord, values)
    except RowRefused:
        return None
    return record if record.kind == "evidence" else None


def as_person(values: dict[str, Any]) -> PersonRecord | None:
    """A row as a person; None for anything that can't be one."""
    try:
        record: PersonRecord = parse(
            PersonRecord, {**values, "organisation": "the own organisation", "affiliations": []}
        )
    except RowRefused:
        return None
    return record


def numbers(text: str) -> list[str]:
    """The DOIs, PubMed numbers and ORCID iDs in a typed list, each once, in the form in which they are compared."""
    return list(dict.fromkeys(found for part in _parts(text) if (found := _number(part))))


def not_numbers(text: str) -> list[str]:
    """What stands in a typed list and is none of these."""
    return [part for part in _parts(text) if not _number(part)]


def _parts(text: str) -> list[str]:
    spaced = re.sub(r"\b(?:PMID|DOI|ORCID)\b:?\s", " ", text, flags=re.IGNORECASE)
    return [part for part in re.split(r"[\s;,]+", spaced) if part]


def _number(text: str) -> str | None:
    return doi(text) or orcid(text) or pmid(text)


def pick(records: Iterable[StatementRecord], wanted: list[str]) -> tuple[list[StatementRecord], list[str]]:
    """The records with these numbers in their order, and the numbers that none bears."""
    by_number: dict[str, StatementRecord] = {}
    for record in records:
        for number in numbers_of(record):
            by_number.setdefault(number, record)
    found = list(dict.fromkeys(id(by_number[n]) for n in wanted if n in by_number))
    records_by_id = {id(record): record for record in by_number.values()}
    return [records_by_id[one] for one in found], [n for n in wanted if n not in by_number]


def numbers_of(record: StatementRecord) -> list[str]:
    """What a record may be asked for by."""
    return [found for text in (record.identifier, record.key) if (found := doi(text) or pmid(text))]


def look_up(given: Material) -> None:
    """Ask the registries for the numbers that no record bears, and add what they answer. Raises NoAnswer."""
    wanted, people = given.missing, [number for number in given.missing if orcid(number)]
    answers: list[Material] = []
    # An answer is a file like one that somebody saved there.
    answers += [read_file("orcid.json", online.person(number)) for number in people[:1]]
    if dois := [number for number in wanted if doi(number)]:
        answers.append(read_file("openalex.json", online.works(dois)))
    if pmids := [number for number in wanted if number not in people and pmid(number)]:
        answers.append(read_file("pubmed.xml", online.articles(pmids)))
    found, given.missing = pick([r for one in answers for r in one.records], [n for n in wanted if n not in people])
    for one, number in zip(answers, people[:1], strict=False):
        given.person = given.person or one.person
        found += one.records if one.person and one.person.orcid == number else []
    given.records += found
