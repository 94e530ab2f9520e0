"""Public things in the words of VIVO, which universities describe their researchers in, written as Turtle.

What is sought has no word there; it is schema.org's ``Demand`` with VIVO's subject areas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from matchmaker.clusters.models import Organisation, OrganisationType
from matchmaker.db import db
from matchmaker.needs.models import Need
from matchmaker.opendata import things
from matchmaker.opendata.things import kind_of, page_of
from matchmaker.profiles.models import Competence, Evidence, EvidenceKind, Profile, ProfileKind
from matchmaker.testfields.models import TestField
from matchmaker.texts import web_address

PREFIXES = {
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "bibo": "http://purl.org/ontology/bibo/",
    "vivo": "http://vivoweb.org/ontology/core#",
    "obo": "http://purl.obolibrary.org/obo/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "schema": "https://schema.org/",
}
#: Words whose names in the ontologies are numbers.
PART_OF, HAS_CONTACT_INFO = "obo:BFO_0000050", "obo:ARG_2000028"
SERVICE, PROVIDES_SERVICE = "obo:ERO_0000005", "obo:ERO_0000037"

_TYPES = {
    OrganisationType.SME: "vivo:Company",
    OrganisationType.LARGE_COMPANY: "vivo:Company",
    OrganisationType.UNIVERSITY: "vivo:University",
    OrganisationType.RESEARCH_INSTITUTE: "vivo:Institute",
    OrganisationType.CLINIC: "vivo:Hospital",
    OrganisationType.TEST_FIELD_HOST: "vivo:ServiceProvidingLaboratory",
    OrganisationType.PATIENT_ORGANISATION: "vivo:Association",
    OrganisationType.INVESTOR: "vivo:PrivateCompany",
    OrganisationType.PUBLIC_BODY: "vivo:GovernmentAgency",
    OrganisationType.CLUSTER_BODY: "vivo:Consortium",
}
_RECORDS = {
    EvidenceKind.PUBLICATION: "bibo:AcademicArticle",
    EvidenceKind.PROJECT: "vivo:Project",
    EvidenceKind.PATENT: "bibo:Patent",
    EvidenceKind.LICENCE: "vivo:License",
}
_NUMBERS = {EvidenceKind.PROJECT: "vivo:localAwardId", EvidenceKind.PATENT: "vivo:patentNumber"}

#: Subject, predicate and object, each as Turtle writes it.
Triple = tuple[str, str, str]


def iri(address: str) -> str:
    """An address between angle brackets; what may not stand there is escaped."""
    return f"<{quote(address, safe=_IN_IRI)}>"


_IN_IRI = ":/?#[]@!$&'()*+,;=%-._~"


def text(words: str, language: str = "") -> str:
    """A text in quotation marks, with its language."""
    return json.dumps(words, ensure_ascii=False) + (f"@{language}" if language else "")


def turtle(triples: Iterable[Triple]) -> str:
    """The triples as a file, those of one subject together, each said once."""
    by_subject: dict[str, dict[tuple[str, str], None]] = {}
    for subject, predicate, object in triples:
        by_subject.setdefault(subject, {})[predicate, object] = None
    lines = [f"@prefix {name}: <{address}> ." for name, address in PREFIXES.items()]
    for subject, said in by_subject.items():
        lines += ["", subject, " ;\n".join(f"    {predicate} {object}" for predicate, object in said) + " ."]
    return "\n".join(lines) + "\n"


def described(thing: Any) -> str:
    """A public thing, and what is public of it, as Turtle."""
    return turtle(_DESCRIBE[kind_of(thing)](thing))


def _named(thing: Any, types: Iterable[str], name: str, language: str = "") -> Iterator[Triple]:
    me = iri(page_of(thing))
    for type in types:
        yield me, "a", type
    yield me, "rdfs:label", text(name, language)


def _texts(thing: Any, overview: str, description: str = "") -> Iterator[Triple]:
    """Its main text and the one beside it, which VIVO calls a description."""
    for predicate, words in (("vivo:overview", overview), ("vivo:description", description)):
        if words:
            yield iri(page_of(thing)), predicate, text(words, thing.language)


def _nearer(thing: Any, *words: StrEnum) -> Iterator[Triple]:
    """Our own words for what VIVO says more coarsely or not at all."""
    for word in words:
        yield iri(page_of(thing)), "schema:additionalType", text(word)


def _card(thing: Any, site: str, **address: str) -> Iterator[Triple]:
    """Its website and address, as VIVO keeps them: on a card."""
    me, card = iri(page_of(thing)), iri(f"{page_of(thing)}#card")
    held = [
        ("website", "URL", {"url": f"{text(site)}^^xsd:anyURI"} if (site := web_address(site)) else {}),
        ("address", "Address", {name: text(words) for name, words in address.items() if words}),
    ]
    for name, type_, said in held:
        if said:
            one = iri(f"{page_of(thing)}#{name}")
            yield me, HAS_CONTACT_INFO, card
            yield card, "a", "vcard:Kind"
            yield card, f"vcard:has{type_}", one
            yield one, "a", f"vcard:{type_}"
            yield from ((one, f"vcard:{predicate}", value) for predicate, value in said.items())


def _subjects(thing: Any, predicate: str = "vivo:hasSubjectArea") -> Iterator[Triple]:
    for word in dict.fromkeys(thing.keywords):
        concept = iri(f"{page_of(thing)}#{word}")
        yield iri(page_of(thing)), predicate, concept
        yield concept, "a", "skos:Concept"
        yield concept, "rdfs:label", text(word, thing.language)


def _alone(one: Organisation) -> Iterator[Triple]:
    """The organisation without what belongs to it, the same wherever it is named: no file says less than another."""
    yield from _named(one, ("foaf:Organization", _TYPES[one.type]), one.name)
    yield from _nearer(one, one.type)
    yield from _texts(one, one.about, one.headline)
    yield from _card(one, one.website, locality=one.city, region=one.region, country=one.country)
    if one.ror:
        yield iri(page_of(one)), "rdfs:seeAlso", iri(one.ror)


def _organisation(one: Organisation) -> Iterator[Triple]:
    yield from _alone(one)
    for profile in things.people(db.session, one):
        yield from _profile_alone(profile)
    for competence in things.competences(db.session, one):
        yield from _offered(competence)
    for field in things.of(db.session, TestField, one):
        yield from _hosted(field)
    for need in things.of(db.session, Need, one):
        yield from _sought(need)
    for record in things.records(db.session, one):
        yield from _record(record)


def _profile_alone(one: Profile) -> Iterator[Triple]:
    me, home = iri(page_of(one)), iri(page_of(one.organisation))
    group = one.kind == ProfileKind.GROUP
    types = ("foaf:Organization", "vivo:Team") if group else ("foaf:Person",)
    yield from _named(one, types, one.name)
    yield from _texts(one, one.about, one.headline)
    yield from _card(one, one.website)
    if group:
        yield me, PART_OF, home
        return
    position = iri(f"{page_of(one)}#position")
    yield position, "a", "vivo:Position"
    yield position, "vivo:relates", me
    yield position, "vivo:relates", home
    yield me, "vivo:relatedBy", position
    if one.orcid:
        orcid = iri(f"https://orcid.org/{one.orcid}")
        yield me, "vivo:orcidId", orcid
        yield orcid, "a", "<http://www.w3.org/2002/07/owl#Thing>"


def _profile(one: Profile) -> Iterator[Triple]:
    yield from _profile_alone(one)
    yield from _alone(one.organisation)
    for competence in things.competences(db.session, one):
        yield from _offered(competence)
        yield from _subjects_of_person(one, competence)


def _subjects_of_person(person: Profile, competence: Competence) -> Iterator[Triple]:
    for word in dict.fromkeys(competence.keywords):
        yield iri(page_of(person)), "vivo:hasResearchArea", iri(f"{page_of(competence)}#{word}")


def _offered(one: Competence) -> Iterator[Triple]:
    me = iri(page_of(one))
    yield from _named(one, (SERVICE,), one.title, one.language)
    yield from _texts(one, one.description, one.advantages)
    yield from _subjects(one)
    for provider in (one.organisation, one.profile):
        if provider is not None and things.is_public(provider):
            yield iri(page_of(provider)), PROVIDES_SERVICE, me


def _competence(one: Competence) -> Iterator[Triple]:
    yield from _alone(one.organisation)
    yield from _offered(one)


def _hosted(one: TestField) -> Iterator[Triple]:
    yield from _named(one, ("foaf:Organization", "vivo:CoreLaboratory"), one.title, one.language)
    yield from _texts(one, one.description, "\n".join(one.access_steps))
    yield from _nearer(one, one.kind, one.rung)
    yield from _card(one, "", locality=one.city, country=one.country)
    yield from _subjects(one)
    yield iri(page_of(one)), PART_OF, iri(page_of(one.organisation))


def _test_field(one: TestField) -> Iterator[Triple]:
    yield from _alone(one.organisation)
    yield from _hosted(one)


def _sought(one: Need) -> Iterator[Triple]:
    yield from _named(one, ("schema:Demand",), one.title, one.language)
    yield from _texts(one, one.description, one.expected_result)
    yield from _subjects(one)
    yield iri(page_of(one.organisation)), "schema:seeks", iri(page_of(one))


def _need(one: Need) -> Iterator[Triple]:
    yield from _alone(one.organisation)
    yield from _sought(one)


def _record(one: Evidence) -> Iterator[Triple]:
    me = iri(page_of(one))
    project = one.kind == EvidenceKind.PROJECT
    yield from _named(one, (_RECORDS[one.kind],), one.title, one.language)
    yield from _card(one, one.url)
    if one.description:
        yield me, "vivo:description" if project else "bibo:abstract", text(one.description, one.language)
    if one.identifier:
        doi = "bibo:doi" if one.identifier.startswith("10.") else ""
        yield me, doi or _NUMBERS.get(one.kind, "bibo:identifier"), text(one.identifier)
    if one.year:
        date = iri(f"{page_of(one)}#date")
        yield me, "vivo:dateTimeValue", date
        yield date, "a", "vivo:DateTimeValue"
        yield date, "vivo:dateTime", f'"{one.year:04}-01-01T00:00:00"^^xsd:dateTime'
        yield date, "vivo:dateTimePrecision", "vivo:yearPrecision"
    yield from _subjects(one)
    for organisation in one.organisations:
        yield from _alone(organisation)
        # Authorship is of people; an organisation is related, as VIVO says it of whoever stands behind a work.
        yield me, "vivo:relatedBy", iri(page_of(organisation))


_DESCRIBE: dict[str, Callable[[Any], Iterator[Triple]]] = {
    "organisation": _organisation,
    "profile": _profile,
    "competence": _competence,
    "need": _need,
    "test_field": _test_field,
    "evidence": _record,
}
