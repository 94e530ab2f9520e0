"""CERIF-XML in the OpenAIRE profile, as research information systems give it away: bare, or as an answer by OAI-PMH."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from matchmaker.imports.formats.columns import evidence, language, organisation, person, statement, year
from matchmaker.imports.formats.xml import first, in_english, records, texts
from matchmaker.imports.readers import BadRow, FileKind, Row
from matchmaker.profiles import identifiers

LICENCE = ""
_OAI = re.compile(rb"<identifier>\s*oai:([\w.-]{3,80}):")
#: The end of its types of organisations → ours.
_TYPES = {
    "highereducation": "university",
    "academicinstitute": "university",
    "university": "university",
    "researchinstitute": "research_institute",
    "strategicresearchinstitute": "research_institute",
    "company": "large_company",
    "commercial": "large_company",
    "sme": "sme",
    "charity": "patient_organisation",
    "nationalhealthservice": "clinic",
    "hospital": "clinic",
    "clinic": "clinic",
}


def rows(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """Every organisation, person, project, publication, patent, product and piece of equipment of the file."""
    source = _source(data)
    for number, record in enumerate(records(name, data, READ), start=1):
        kind, read = READ[record.tag]
        yield Row(number, {**read(record), "source": source}, kind)


def _source(data: bytes) -> str:
    """The system that a file is from, because two systems count their records alike."""
    found = _OAI.search(data)
    return f"CERIF, {found[1].decode()}" if found else "CERIF"


def _key(record: Element) -> str:
    return record.get("id") or first(record, "Identifier", "Name", "Title")


def _names(units: Iterator[Element]) -> Iterator[str]:
    """What the organisations of a record may be known by here."""
    for unit in units:
        yield from texts(unit, "RORID")
        yield from texts(unit, "Name")
        yield unit.get("id") or ""


def _organisation(record: Element) -> dict[str, Any]:
    name, spoken = in_english(record, "Name")
    type_ = first(record, "Type").rpartition("#")[2].lower().replace(" ", "")
    return organisation(
        key=_key(record),
        licence=LICENCE,
        name=name or first(record, "Acronym"),
        type=_TYPES.get(type_, "public_body"),
        country=first(record, ".//CountryCode", ".//Country"),
        website=next((a for a in texts(record, "ElectronicAddress") if a.startswith("http")), ""),
        ror=next((i for i in texts(record, "RORID") if i.startswith("https://ror.org/")), ""),
        language=language(spoken),
    )


def _person(record: Element) -> dict[str, Any]:
    given, family = first(record, "PersonName/FirstNames"), first(record, "PersonName/FamilyNames")
    return person(
        key=_key(record),
        licence=LICENCE,
        name=f"{given} {family}",
        orcid=identifiers.orcid(first(record, "ORCID")) or "",
        website=next((a for a in texts(record, "ElectronicAddress") if a.startswith("http")), ""),
        affiliations=_names(record.iterfind("Affiliation//OrgUnit")),
    )


def _project(record: Element) -> dict[str, Any]:
    title, spoken = in_english(record, "Title")
    acronym = first(record, "Acronym")
    return evidence(
        kind="project",
        key=_key(record),
        licence=LICENCE,
        title=f"{acronym}: {title}" if acronym and title and acronym != title else title or acronym,
        description=in_english(record, "Abstract")[0],
        language=language(spoken),
        keywords=texts(record, "Keyword"),
        identifier=next((i for i in texts(record, "Identifier") if not i.startswith("http")), ""),
        url=next((i for i in texts(record, "Identifier") if i.startswith("http")), ""),
        year=year(first(record, "StartDate")),
        affiliations=_names(record.iterfind("Consortium//OrgUnit")),
    )


def _publication(record: Element) -> dict[str, Any]:
    title, spoken = in_english(record, "Title") if record.find("Title") is not None else in_english(record, "Name")
    doi = identifiers.doi(first(record, "DOI")) or ""
    return evidence(
        kind="publication",
        key=_key(record),
        licence=LICENCE,
        title=title,
        description=in_english(record, "Abstract")[0] or in_english(record, "Description")[0],
        language=language(first(record, "Language") or spoken),
        keywords=texts(record, "Keyword"),
        identifier=doi or first(record, "Handle", "ISBN"),
        url=f"https://doi.org/{doi}" if doi else first(record, "URL"),
        year=year(first(record, "PublicationDate")),
        # Of a product's makers some are organisations themselves.
        affiliations=_names(unit for role in ("Authors", "Creators") for unit in record.iterfind(f"{role}//OrgUnit")),
    )


def _patent(record: Element) -> dict[str, Any]:
    title, spoken = in_english(record, "Title")
    return evidence(
        kind="patent",
        key=_key(record),
        licence=LICENCE,
        title=title,
        description=in_english(record, "Abstract")[0],
        language=language(spoken),
        keywords=texts(record, "Keyword"),
        identifier=first(record, "PatentNumber"),
        url=first(record, "URL"),
        year=year(first(record, "ApprovalDate", "PublicationDate", "RegistrationDate")),
        affiliations=_names(unit for role in ("Holders", "Inventors") for unit in record.iterfind(f"{role}//OrgUnit")),
    )


def _equipment(record: Element) -> dict[str, Any]:
    title, spoken = in_english(record, "Name")
    return statement(
        kind="test_field",
        key=_key(record),
        licence=LICENCE,
        title=title,
        description=in_english(record, "Description")[0],
        language=language(spoken),
        affiliations=_names(record.iterfind("Owner//OrgUnit")),
        # CERIF says neither; what a device is used for is for its host to say.
        test_field_kind="core_facility",
        rung="lab",
    )


READ: dict[str, tuple[FileKind, Callable[[Element], dict[str, Any]]]] = {
    "OrgUnit": (FileKind.ORGANISATIONS, _organisation),
    "Person": (FileKind.PEOPLE, _person),
    "Project": (FileKind.STATEMENTS, _project),
    "Publication": (FileKind.STATEMENTS, _publication),
    "Product": (FileKind.STATEMENTS, _publication),
    "Patent": (FileKind.STATEMENTS, _patent),
    "Equipment": (FileKind.STATEMENTS, _equipment),
}
