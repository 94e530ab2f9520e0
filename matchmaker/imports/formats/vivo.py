"""VIVO: people, organisations, works, projects, services and laboratories as RDF (Turtle, N-Triples or RDF/XML).

What ``opendata`` writes comes back, with what VIVO has no word for and schema.org has. Reading RDF needs rdflib, which
comes with the extra ``rdf``.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import nh3

from matchmaker.clusters.models import OrganisationType
from matchmaker.imports.formats.columns import evidence, language, organisation, person, statement, year
from matchmaker.imports.formats.xml import records
from matchmaker.imports.readers import BadRow, FileKind, Row, UnreadableFile
from matchmaker.items.models import Rung
from matchmaker.profiles import identifiers
from matchmaker.sentences import sentence as _
from matchmaker.testfields.models import TestFieldKind

SOURCE, LICENCE = "VIVO", ""
#: RDF is read as a whole, at about a second a megabyte.
LARGEST_FILE = 5_000_000
_VIVO = "http://vivoweb.org/ontology/core#"
_BIBO = "http://purl.org/ontology/bibo/"
_FOAF = "http://xmlns.com/foaf/0.1/"
_OBO = "http://purl.obolibrary.org/obo/"
_VCARD = "http://www.w3.org/2006/vcard/ns#"
_SCHEMA = "https://schema.org/"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_PART_OF, _HAS_CARD, _PROVIDES = _OBO + "BFO_0000050", _OBO + "ARG_2000028", _OBO + "ERO_0000037"
#: Its classes → ours, what says most first.
_ORGANISATIONS = {
    _VIVO + "University": "university",
    _VIVO + "Hospital": "clinic",
    _VIVO + "ServiceProvidingLaboratory": "test_field_host",
    _VIVO + "ResearchOrganization": "research_institute",
    _VIVO + "Institute": "research_institute",
    _VIVO + "Laboratory": "research_institute",
    _VIVO + "Company": "large_company",
    _VIVO + "PrivateCompany": "large_company",
    _VIVO + "Consortium": "cluster_body",
    _VIVO + "GovernmentAgency": "public_body",
    _VIVO + "FundingOrganization": "public_body",
    _VIVO + "Association": "public_body",
}
#: Parts of a university are no organisations of their own: who works there works at the university.
_PARTS = {
    _VIVO + name for name in ("College", "School", "Department", "AcademicDepartment", "Division", "Center", "Team")
}
_PEOPLE = {_FOAF + "Person"} | {
    _VIVO + name
    for name in ("FacultyMember", "NonFacultyAcademic", "Postdoc", "Librarian", "EmeritusFaculty", "Student")
}
#: What is offered or sought, before the kinds of organisations: a laboratory may be called both.
_OFFERS = {
    _OBO + "ERO_0000005": "competence",
    _VIVO + "CoreLaboratory": "test_field",
    _SCHEMA + "Demand": "need",
}
_WORKS = {
    _VIVO + "Grant": "project",
    _VIVO + "Project": "project",
    _BIBO + "Patent": "patent",
    _VIVO + "License": "licence",
    **{
        _BIBO + name: "publication"
        for name in ("AcademicArticle", "Article", "Book", "Chapter", "Report", "Thesis", "Proceedings", "Document")
    },
}
#: Where the number of a work or project may stand.
_NUMBERS = (
    *(_BIBO + name for name in ("pmid", "identifier")),
    *(_VIVO + name for name in ("sponsorAwardId", "localAwardId", "patentNumber")),
)


def rows(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """Everything of the file that we have a kind for, by the order of their addresses."""
    graph = _Graph(name, data)
    for number, subject in enumerate(graph.subjects(), start=1):
        kinds = graph.kinds(subject)
        if offer := _ours(kinds, _OFFERS):
            yield Row(number, _offer(graph, subject, offer), FileKind.STATEMENTS)
        elif type_ := _ours(kinds, _ORGANISATIONS):
            yield Row(number, _organisation(graph, subject, type_), FileKind.ORGANISATIONS)
        elif kinds & _PEOPLE:
            yield Row(number, _person(graph, subject), FileKind.PEOPLE)
        else:
            yield Row(number, _evidence(graph, subject, _ours(kinds, _WORKS)), FileKind.STATEMENTS)


def _ours(kinds: set[str], known: dict[str, str]) -> str:
    return next((ours for theirs, ours in known.items() if theirs in kinds), "")


class _Graph:
    """The statements of a file, asked by addresses."""

    def __init__(self, name: str, data: bytes) -> None:
        if len(data) > LARGEST_FILE:
            raise UnreadableFile(
                name,
                _(
                    "expected RDF of at most %(most)s MB, found %(found)s MB; please cut it into parts",
                    most=LARGEST_FILE // 1_000_000,
                    found=-(-len(data) // 1_000_000),
                ),
            )
        try:
            import rdflib
        except ImportError as error:
            raise UnreadableFile(
                name, _("RDF can't be read here, because rdflib is not installed (pip install 'matchmaker[rdf]')")
            ) from error
        self._graph = rdflib.Graph()
        self._ref, self._literal = rdflib.URIRef, rdflib.Literal
        is_xml = data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<rdf:", b"<RDF", b"<!--", b"<!DOCTYPE"))
        if is_xml:
            # rdflib's own parser resolves entities; a file that declares any is refused before it sees it.
            list(records(name, data, ()))
        try:
            self._graph.parse(data=data, format="xml" if is_xml else "turtle")
        except Exception as error:
            # Its parsers fail in many ways; which one makes no difference to the reader, the line does.
            line = getattr(error, "lines", None)
            raise UnreadableFile(
                name,
                _("expected RDF as Turtle, N-Triples or RDF/XML, found something else or half of it"),
                line + 1 if isinstance(line, int) else None,
            ) from error

    def subjects(self) -> list[str]:
        """What the file describes and we take, each once."""
        wanted = {*_OFFERS, *_ORGANISATIONS, *_PEOPLE, *_WORKS}
        type_ = self._ref("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
        found = {str(s) for s, _, kind in self._graph.triples((None, type_, None)) if str(kind) in wanted}
        return sorted(one for one in found if self.label(one))

    def kinds(self, subject: str) -> set[str]:
        return set(self.all(subject, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"))

    def all(self, subject: str, predicate: str) -> list[str]:
        """What is said of a subject, in a fixed order."""
        return sorted(str(o) for o in self._graph.objects(self._ref(subject), self._ref(predicate)))

    def said(self, subject: str, predicate: str) -> tuple[str, str]:
        """A text about a subject, the English one before others, with its language."""
        found = sorted(
            (getattr(o, "language", None) or "", str(o))
            for o in self._graph.objects(self._ref(subject), self._ref(predicate))
            if isinstance(o, self._literal)
        )
        english = [one for one in found if one[0].lower().startswith("en")]
        spoken, text = (english or found or [("", "")])[0]
        return text, spoken

    def label(self, subject: str) -> str:
        return self.said(subject, _RDFS + "label")[0]

    def labels(self, subject: str, *predicates: str) -> list[str]:
        """The names of what a subject points at."""
        return [self.label(one) for predicate in predicates for one in self.all(subject, predicate)]

    def on_card(self, subject: str, holder: str, value: str) -> str:
        """What the subject's card says: of its ``holder`` the ``value``."""
        cards = self.all(subject, _HAS_CARD)
        held = [one for card in cards for one in self.all(card, _VCARD + holder)]
        return next((found for one in held if (found := self.said(one, _VCARD + value)[0])), "")

    def beside(self, subject: str) -> Iterator[str]:
        """What is related to a subject: directly, through an authorship, a position or a role, or as its provider."""
        for relation in self.all(subject, _VIVO + "relatedBy"):
            yield relation
            yield from (one for one in self.all(relation, _VIVO + "relates") if one != subject)
        yield from self.all(subject, _PART_OF)
        for predicate in (_PROVIDES, _SCHEMA + "seeks"):
            yield from sorted(str(s) for s in self._graph.subjects(self._ref(predicate), self._ref(subject)))

    def organisations(self, subject: str) -> Iterator[str]:
        """Names and addresses of what a person or work belongs to, and of what that is part of."""
        for one in self.beside(subject):
            kinds = self.kinds(one)
            if kinds & _PEOPLE and not self.kinds(subject) & _PEOPLE:
                yield from self.organisations(one)
            seen: set[str] = set()
            wholes = [one] if kinds & ({*_ORGANISATIONS} | _PARTS) else []
            while wholes:
                whole = wholes.pop()
                if whole not in seen:
                    seen.add(whole)
                    yield from (whole, self.label(whole))
                    wholes += self.all(whole, _PART_OF)


def _organisation(graph: _Graph, subject: str, type_: str) -> dict[str, Any]:
    about, spoken = graph.said(subject, _VIVO + "overview")
    return organisation(
        key=subject,
        source=SOURCE,
        licence=LICENCE,
        name=graph.label(subject),
        type=_nearer(graph, subject, OrganisationType) or type_,
        **_place(graph, subject),
        region=graph.on_card(subject, "hasAddress", "region"),
        website=graph.on_card(subject, "hasURL", "url"),
        ror=next((one for one in graph.all(subject, _RDFS + "seeAlso") if one.startswith("https://ror.org/")), ""),
        headline=graph.said(subject, _VIVO + "description")[0],
        about=_plain(about),
        language=language(spoken),
    )


def _place(graph: _Graph, subject: str) -> dict[str, str]:
    country = graph.on_card(subject, "hasAddress", "country")
    # Real cards hold names of countries in many spellings, which a row about an organisation would be refused for.
    return {
        "city": graph.on_card(subject, "hasAddress", "locality"),
        "country": country if len(country) == 2 else "",
    }


def _nearer(graph: _Graph, subject: str, words: type[StrEnum]) -> str:
    """One of our words for a subject, where somebody who knows them says it beside VIVO's."""
    return next((one for one in graph.all(subject, _SCHEMA + "additionalType") if one in set(words)), "")


def _person(graph: _Graph, subject: str) -> dict[str, Any]:
    about, spoken = graph.said(subject, _VIVO + "overview")
    family, comma, given = graph.label(subject).partition(", ")
    return person(
        key=subject,
        source=SOURCE,
        licence=LICENCE,
        name=f"{given} {family}" if comma else family,
        orcid=next((n for o in graph.all(subject, _VIVO + "orcidId") if (n := identifiers.orcid(o))), ""),
        headline=graph.said(subject, _VIVO + "description")[0]
        or ", ".join(filter(None, graph.labels(subject, _VIVO + "hasResearchArea"))),
        about=_plain(about),
        website=graph.on_card(subject, "hasURL", "url"),
        language=language(spoken),
        affiliations=graph.organisations(subject),
    )


def _said(graph: _Graph, subject: str, texts: tuple[str, ...]) -> dict[str, Any]:
    """What every statement says; its text is the first of these that there is."""
    title, spoken = graph.said(subject, _RDFS + "label")
    return {
        "key": subject,
        "source": SOURCE,
        "licence": LICENCE,
        "title": title,
        "description": _plain(next((found for one in texts if (found := graph.said(subject, one)[0])), "")),
        "language": language(spoken),
        "keywords": [
            *graph.labels(subject, _VIVO + "hasSubjectArea"),
            *graph.all(subject, _VIVO + "freetextKeyword"),
        ],
        "affiliations": graph.organisations(subject),
    }


def _offer(graph: _Graph, subject: str, kind: str) -> dict[str, Any]:
    more = _plain(graph.said(subject, _VIVO + "description")[0])
    own: dict[str, dict[str, Any]] = {
        "competence": {"advantages": more},
        "need": {"expected_result": more},
        # VIVO says neither; what a laboratory is used for is for its host to say.
        "test_field": {
            "test_field_kind": _nearer(graph, subject, TestFieldKind) or "core_facility",
            "rung": _nearer(graph, subject, Rung) or "lab",
            "access_steps": [line for line in more.split("\n") if line],
            **_place(graph, subject),
        },
    }
    return statement(kind=kind, **_said(graph, subject, (_VIVO + "overview",)), **own[kind])


def _evidence(graph: _Graph, subject: str, kind: str) -> dict[str, Any]:
    doi = identifiers.doi(graph.said(subject, _BIBO + "doi")[0]) or ""
    dates = [
        graph.said(moment, _VIVO + "dateTime")[0]
        for place in (_VIVO + "dateTimeValue", _VIVO + "dateTimeInterval")
        for one in graph.all(subject, place)
        for moment in (one, *graph.all(one, _VIVO + "start"))
    ]
    return evidence(
        kind=kind,
        **_said(graph, subject, (_BIBO + "abstract", _VIVO + "overview", _VIVO + "description")),
        identifier=doi or next((n for one in _NUMBERS if (n := graph.said(subject, one)[0])), ""),
        url=graph.on_card(subject, "hasURL", "url") or (f"https://doi.org/{doi}" if doi else ""),
        year=next((found for date in dates if (found := year(date))), ""),
    )


def _plain(markup: str) -> str:
    """The text of an overview, which VIVO's editor writes as HTML."""
    return html.unescape(nh3.clean(markup, tags=set())) if "<" in markup else markup
