"""ORCID: a person's record with works and fundings, or one work, as XML or JSON of version 3.

Both say the same under the same names, so the JSON is read as if it were the XML.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from matchmaker.imports.formats.columns import evidence, language, person, year
from matchmaker.imports.formats.objects import objects
from matchmaker.imports.formats.xml import first, records, texts
from matchmaker.imports.readers import BadRow, FileKind, Row
from matchmaker.profiles import identifiers
from matchmaker.sentences import sentence as _

SOURCE, LICENCE = "ORCID", "CC0 1.0"
#: Objects inside one another in JSON: real records have about ten.
_DEEPEST = 40
_RECORD, _WORK = "record", "work"
#: What a record and a work of ORCID have, and other elements of that name have not.
_SIGNS = {_RECORD: ("orcid-identifier", "activities-summary"), _WORK: ("title", "external-ids")}


def is_one(value: Any) -> bool:
    """Whether an object is a record or a work of ORCID."""
    return isinstance(value, dict) and (
        "orcid-identifier" in value or "activities-summary" in value or {"title", "external-ids"} <= value.keys()
    )


def rows(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """The person of every record, then the works and fundings."""
    number = 0
    for record in _elements(name, data):
        if record is None or not any(record.find(sign) is not None for sign in _SIGNS[record.tag]):
            number += 1
            yield BadRow(number, _("expected a record or a work of ORCID, found something else"))
            continue
        for kind, values in _read(record):
            number += 1
            yield Row(number, values, kind)


def _elements(name: str, data: bytes) -> Iterator[Element | None]:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield from records(name, data, {_RECORD, _WORK})
        return
    for value in objects(name, data):
        if not is_one(value):
            yield None
            continue
        whole = "orcid-identifier" in value or "activities-summary" in value
        made = Element(_RECORD if whole else _WORK)
        _grow(made, value, 0)
        yield made


def _grow(under: Element, value: Any, depth: int) -> None:
    """What JSON says, as the XML has it: "value" is an element's own text, a list the same element several times."""
    if depth > _DEEPEST or not isinstance(value, dict):
        return
    for name, inner in value.items():
        for one in inner if isinstance(inner, list) else [inner]:
            if name == "value" and not isinstance(one, dict):
                under.text = str(one)
            elif isinstance(one, dict):
                _grow(SubElement(under, name), one, depth + 1)
            elif one is not None and not isinstance(one, list):
                SubElement(under, name).text = str(one)


def _read(record: Element) -> Iterator[tuple[FileKind, dict[str, Any]]]:
    if record.tag == _WORK:
        yield FileKind.STATEMENTS, _work(record, [])
        return
    employers = list(_employers(record))
    yield FileKind.PEOPLE, _person(record, employers)
    for group in record.iterfind(".//works/group"):
        # Several sources describe the same work; the first is the one that its author prefers.
        if (work := group.find("work-summary")) is not None:
            yield FileKind.STATEMENTS, _work(work, employers)
    for group in record.iterfind(".//fundings/group"):
        if (funding := group.find("funding-summary")) is not None:
            yield FileKind.STATEMENTS, _funding(funding, employers)


def _employers(record: Element) -> Iterator[str]:
    """Where the person works, by ROR id and name; where an employment has ended it says nothing of today."""
    for employment in record.iterfind(".//employment-summary"):
        if employment.find("end-date/year") is not None:
            continue
        place = employment.find("organization")
        if place is not None:
            yield from (
                i for i in texts(place, ".//disambiguated-organization-identifier") if i.startswith("https://ror.org/")
            )
            yield from texts(place, "name")


def _person(record: Element, employers: list[str]) -> dict[str, Any]:
    name = " ".join(
        part for part in (first(record, "person/name/given-names"), first(record, "person/name/family-name")) if part
    )
    number = identifiers.orcid(first(record, "orcid-identifier/path")) or ""
    return person(
        key=number,
        source=SOURCE,
        licence=LICENCE,
        name=first(record, "person/name/credit-name") or name,
        orcid=number,
        headline=", ".join(texts(record, "person/keywords/keyword/content")),
        about=first(record, "person/biography/content"),
        website=first(record, "person/researcher-urls/researcher-url/url"),
        affiliations=employers,
    )


def _work(work: Element, employers: list[str]) -> dict[str, Any]:
    doi = _doi(work)
    title = ": ".join(part for part in (first(work, "title/title"), first(work, "title/subtitle")) if part)
    return evidence(
        kind="patent" if first(work, "type") == "patent" else "publication",
        key=doi or first(work, "put-code") or title,
        source=SOURCE,
        licence=LICENCE,
        title=title,
        description=first(work, "short-description"),
        language=language(first(work, "language-code")),
        identifier=doi or next(iter(texts(work, "external-ids/external-id/external-id-value")), ""),
        url=f"https://doi.org/{doi}" if doi else first(work, "url"),
        year=year(first(work, "publication-date/year")),
        affiliations=employers,
    )


def _doi(work: Element) -> str:
    """The work's own DOI; one of a book that it is part of only where there is no other."""
    found = [
        (first(one, "external-id-relationship") != "self", doi)
        for one in work.iterfind("external-ids/external-id")
        if first(one, "external-id-type") == "doi" and (doi := identifiers.doi(first(one, "external-id-value")))
    ]
    return min(found)[1] if found else ""


def _funding(funding: Element, employers: list[str]) -> dict[str, Any]:
    number = first(funding, "external-ids/external-id/external-id-value")
    return evidence(
        kind="project",
        key=number or first(funding, "put-code", "title/title"),
        source=SOURCE,
        licence=LICENCE,
        title=first(funding, "title/title"),
        description=first(funding, "short-description"),
        identifier=number,
        url=first(funding, "url"),
        year=year(first(funding, "start-date/year")),
        affiliations=employers,
    )
