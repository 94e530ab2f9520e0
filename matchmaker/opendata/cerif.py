"""Public things in CERIF, which research information systems exchange: OpenAIRE's profile of it, version 1.2.

The records stand in the envelope in which those systems send them to one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from matchmaker.clusters.models import Organisation, OrganisationType
from matchmaker.db import db, utcnow
from matchmaker.opendata import things
from matchmaker.opendata.things import kind_of, page_of
from matchmaker.profiles.models import Evidence, EvidenceKind, Profile, ProfileKind
from matchmaker.testfields.models import TestField
from matchmaker.texts import web_address

PROFILE = "https://www.openaire.eu/cerif-profile/1.2/"
ENVELOPE = "http://www.openarchives.org/OAI/2.0/"
_TYPES_SCHEME = "https://w3id.org/cerif/vocab/OrganisationTypes"
_TYPES = {
    OrganisationType.UNIVERSITY: "HigherEducation",
    OrganisationType.RESEARCH_INSTITUTE: "ResearchInstitute",
    OrganisationType.SME: "SME",
    OrganisationType.LARGE_COMPANY: "Company",
    OrganisationType.CLINIC: "NationalHealthService",
    OrganisationType.PUBLIC_BODY: "Government",
    OrganisationType.PATIENT_ORGANISATION: "Charity",
}
_COAR = "https://www.openaire.eu/cerif-profile/vocab/COAR_{}_Types"
_ARTICLE, _PATENT = "http://purl.org/coar/resource_type/c_6501", "http://purl.org/coar/resource_type/c_15cd"


def described(thing: Any) -> bytes:
    """A public thing, and what is public of it, as CERIF-XML."""
    root = Element("OAI-PMH", xmlns=ENVELOPE)
    SubElement(root, "responseDate").text = f"{utcnow():%Y-%m-%dT%H:%M:%SZ}"
    SubElement(root, "request", verb="ListRecords", metadataPrefix="oai_cerif_openaire").text = page_of(thing)
    listed = SubElement(root, "ListRecords")
    for one, entity in _DESCRIBE[kind_of(thing)](thing):
        entity.set("xmlns", PROFILE)
        record = SubElement(listed, "record")
        header = SubElement(record, "header")
        SubElement(header, "identifier").text = page_of(one)
        SubElement(header, "datestamp").text = f"{one.updated_at:%Y-%m-%dT%H:%M:%SZ}"
        SubElement(record, "metadata").append(entity)
    indent(root)
    made: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _id(thing: Any) -> str:
    folder = {"organisation": "OrgUnits", "test_field": "Equipments", "evidence": "Results"}.get(kind_of(thing))
    if isinstance(thing, Profile):
        folder = "Persons" if thing.kind == ProfileKind.PERSON else "OrgUnits"
    return f"{folder}/{thing.public_id}"


def _say(parent: Element, name: str, words: str, language: str = "", **attributes: str) -> None:
    if words:
        child = SubElement(parent, name, **attributes)
        child.text = words
        if language:
            child.set("xml:lang", language)


def _unit_in_short(parent: Element, one: Organisation) -> Element:
    unit = SubElement(parent, "OrgUnit", id=_id(one))
    _say(unit, "Name", one.name, one.language or "en")
    return unit


Record = tuple[Any, Element]


def _unit(one: Organisation) -> Record:
    unit = Element("OrgUnit", id=_id(one))
    if kind := _TYPES.get(one.type):
        _say(unit, "Type", f"{_TYPES_SCHEME}#{kind}", scheme=_TYPES_SCHEME)
    _say(unit, "Name", one.name, one.language or "en")
    _say(unit, "RORID", one.ror)
    _say(unit, "ElectronicAddress", web_address(one.website))
    return one, unit


def _organisation(one: Organisation) -> Iterator[Record]:
    yield _unit(one)
    for profile in things.people(db.session, one):
        yield _face(profile)
    for field in things.of(db.session, TestField, one):
        yield _equipment(field)
    for record in things.records(db.session, one):
        yield _result(record)


def _face(one: Profile) -> Record:
    if one.kind == ProfileKind.GROUP:
        unit = Element("OrgUnit", id=_id(one))
        _say(unit, "Name", one.name, one.language or "en")
        _say(unit, "ElectronicAddress", web_address(one.website))
        _unit_in_short(SubElement(unit, "PartOf"), one.organisation)
        return one, unit
    person = Element("Person", id=_id(one))
    first, _space, family = one.name.rpartition(" ")
    name = SubElement(person, "PersonName")
    _say(name, "FamilyNames", family)
    _say(name, "FirstNames", first)
    _say(person, "ORCID", one.orcid and f"https://orcid.org/{one.orcid}")
    _say(person, "ElectronicAddress", web_address(one.website))
    _unit_in_short(SubElement(person, "Affiliation"), one.organisation)
    return one, person


def _profile(one: Profile) -> Iterator[Record]:
    yield _face(one)
    yield _unit(one.organisation)
    shown = {record.id: record for offer in things.competences(db.session, one) for record in offer.evidence}
    for record in shown.values():
        if things.is_public(record):
            yield _result(record)


def _equipment(one: TestField) -> Record:
    equipment = Element("Equipment", id=_id(one))
    _say(equipment, "Name", one.title, one.language)
    _say(equipment, "Description", one.description, one.language)
    _unit_in_short(SubElement(equipment, "Owner"), one.organisation)
    return one, equipment


def _test_field(one: TestField) -> Iterator[Record]:
    yield _equipment(one)
    yield _unit(one.organisation)


def _result(one: Evidence) -> Record:
    if one.kind == EvidenceKind.PROJECT:
        return one, _project(one)
    tag = {EvidenceKind.PATENT: "Patent", EvidenceKind.PUBLICATION: "Publication"}.get(one.kind, "Product")
    result = Element(tag, id=_id(one))
    if tag == "Patent":
        _say(result, "Type", _PATENT, xmlns=_COAR.format("Patent"))
        _say(result, "Title", one.title, one.language)
        _say(result, "PublicationDate", f"{one.year}-01-01" if one.year else "")
        _say(result, "PatentNumber", one.identifier)
        _say(result, "URL", one.link)
        holders, holder = SubElement(result, "Holders"), "Holder"
    elif tag == "Publication":
        _say(result, "Type", _ARTICLE, xmlns=_COAR.format("Publication"))
        _say(result, "Language", one.language)
        _say(result, "Title", one.title, one.language)
        _say(result, "PublicationDate", str(one.year or ""))
        _say(result, "DOI", one.identifier if one.identifier.startswith("10.") else "")
        _say(result, "URL", one.link)
        holders, holder = SubElement(result, "Authors"), "Author"
    else:
        _say(result, "Name", one.title, one.language)
        _say(result, "URL", one.link)
        holders, holder = SubElement(result, "Creators"), "Creator"
    for organisation in one.organisations:
        credit = SubElement(holders, holder)
        _say(credit, "DisplayName", organisation.name)
        _unit_in_short(credit, organisation)
    for word in one.keywords:
        _say(result, "Keyword", word, one.language)
    _say(result, "Abstract" if tag != "Product" else "Description", one.description, one.language)
    return one, result


def _project(one: Evidence) -> Element:
    project = Element("Project", id=_id(one))
    _say(project, "Title", one.title, one.language)
    reference = "https://w3id.org/cerif/vocab/IdentifierTypes#ProjectReference"
    _say(project, "Identifier", one.identifier, type=reference)
    _say(project, "Identifier", web_address(one.url), type="https://schema.org/url")
    _say(project, "StartDate", f"{one.year}-01-01" if one.year else "")
    consortium = SubElement(project, "Consortium")
    for organisation in one.organisations:
        _unit_in_short(SubElement(consortium, "Partner"), organisation)
    for word in one.keywords:
        _say(project, "Keyword", word, one.language)
    _say(project, "Abstract", one.description, one.language)
    return project


_DESCRIBE: dict[str, Callable[[Any], Iterator[Record]]] = {
    "organisation": _organisation,
    "profile": _profile,
    "test_field": _test_field,
    "evidence": lambda one: iter([_result(one), *map(_unit, one.organisations)]),
}
