"""VIVO: people, organisations, publications and grants as RDF (Turtle, N-Triples or RDF/XML).

Reading RDF needs rdflib, which comes with the extra ``rdf``.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import nh3

from matchmaker.imports.formats.columns import evidence, language, organisation, person, year
from matchmaker.imports.formats.xml import records
from matchmaker.imports.readers import BadRow, FileKind, Row, UnreadableFile
from matchmaker.profiles import identifiers

SOURCE, LICENCE = "VIVO", ""
#: RDF is read as a whole, at about a second a megabyte.
LARGEST_FILE = 5_000_000
_VIVO = "http://vivoweb.org/ontology/core#"
_BIBO = "http://purl.org/ontology/bibo/"
_FOAF = "http://xmlns.com/foaf/0.1/"
_PART_OF = "http://purl.obolibrary.org/obo/BFO_0000050"
#: Its classes → ours, what says most first.
_ORGANISATIONS = {
    _VIVO + "University": "university",
    _VIVO + "Hospital": "clinic",
    _VIVO + "ResearchOrganization": "research_institute",
    _VIVO + "Institute": "research_institute",
    _VIVO + "Laboratory": "research_institute",
    _VIVO + "Company": "large_company",
    _VIVO + "PrivateCompany": "large_company",
    _VIVO + "GovernmentAgency": "public_body",
    _VIVO + "FundingOrganization": "public_body",
    _VIVO + "Association": "public_body",
}
#: Parts of a university are no organisations of their own: who works there works at the university.
_PARTS = {_VIVO + name for name in ("College", "School", "Department", "AcademicDepartment", "Division", "Center")}
_PEOPLE = {_FOAF + "Person"} | {
    _VIVO + name
    for name in ("FacultyMember", "NonFacultyAcademic", "Postdoc", "Librarian", "EmeritusFaculty", "Student")
}
_WORKS = {
    _BIBO + name
    for name in ("AcademicArticle", "Article", "Book", "Chapter", "Report", "Thesis", "Proceedings", "Document")
}
_PATENT, _GRANT = _BIBO + "Patent", _VIVO + "Grant"


def rows(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """Every organisation, person, publication and grant of the file, by the order of their addresses."""
    graph = _Graph(name, data)
    for number, subject in enumerate(graph.subjects(), start=1):
        kinds = graph.kinds(subject)
        if ours := next((type_ for theirs, type_ in _ORGANISATIONS.items() if theirs in kinds), ""):
            yield Row(number, _organisation(graph, subject, ours), FileKind.ORGANISATIONS)
        elif kinds & _PEOPLE:
            yield Row(number, _person(graph, subject), FileKind.PEOPLE)
        else:
            yield Row(number, _evidence(graph, subject, kinds), FileKind.STATEMENTS)


class _Graph:
    """The statements of a file, asked by addresses."""

    def __init__(self, name: str, data: bytes) -> None:
        if len(data) > LARGEST_FILE:
            raise UnreadableFile(
                f"{name}: expected RDF of at most {LARGEST_FILE // 1_000_000} MB, found {len(data) / 1e6:.0f} MB; "
                "please cut it into parts."
            )
        try:
            import rdflib
        except ImportError as error:
            raise UnreadableFile(
                f"{name}: RDF can't be read here, because rdflib is not installed (pip install 'matchmaker[rdf]')."
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
            where = f", line {line + 1}" if isinstance(line, int) else ""
            raise UnreadableFile(
                f"{name}{where}: expected RDF as Turtle, N-Triples or RDF/XML, found something else or half of it."
            ) from error

    def subjects(self) -> list[str]:
        """What the file describes and we take, each once."""
        wanted = {*_ORGANISATIONS, *_PEOPLE, *_WORKS, _PATENT, _GRANT}
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
        return self.said(subject, "http://www.w3.org/2000/01/rdf-schema#label")[0]

    def beside(self, subject: str) -> Iterator[str]:
        """What is related to a subject through an authorship, a position or a role."""
        for relation in self.all(subject, _VIVO + "relatedBy"):
            yield from (one for one in self.all(relation, _VIVO + "relates") if one != subject)

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
        type=type_,
        about=_plain(about),
        language=language(spoken),
    )


def _person(graph: _Graph, subject: str) -> dict[str, Any]:
    about, spoken = graph.said(subject, _VIVO + "overview")
    family, comma, given = graph.label(subject).partition(", ")
    areas = [graph.label(area) for area in graph.all(subject, _VIVO + "hasResearchArea")]
    return person(
        key=subject,
        source=SOURCE,
        licence=LICENCE,
        name=f"{given} {family}" if comma else family,
        orcid=next((n for o in graph.all(subject, _VIVO + "orcidId") if (n := identifiers.orcid(o))), ""),
        headline=", ".join(filter(None, areas)),
        about=_plain(about),
        language=language(spoken),
        affiliations=graph.organisations(subject),
    )


def _evidence(graph: _Graph, subject: str, kinds: set[str]) -> dict[str, Any]:
    doi = identifiers.doi(graph.said(subject, _BIBO + "doi")[0]) or ""
    title, spoken = graph.said(subject, "http://www.w3.org/2000/01/rdf-schema#label")
    dates = [
        graph.said(moment, _VIVO + "dateTime")[0]
        for place in (_VIVO + "dateTimeValue", _VIVO + "dateTimeInterval")
        for one in graph.all(subject, place)
        for moment in (one, *graph.all(one, _VIVO + "start"))
    ]
    return evidence(
        kind="project" if _GRANT in kinds else "patent" if _PATENT in kinds else "publication",
        key=subject,
        source=SOURCE,
        licence=LICENCE,
        title=title,
        description=_plain(graph.said(subject, _BIBO + "abstract")[0]),
        language=language(spoken),
        identifier=doi or graph.said(subject, _BIBO + "pmid")[0] or graph.said(subject, _VIVO + "sponsorAwardId")[0],
        url=f"https://doi.org/{doi}" if doi else "",
        year=next((found for date in dates if (found := year(date))), ""),
        affiliations=graph.organisations(subject),
    )


def _plain(markup: str) -> str:
    """The text of an overview, which VIVO's editor writes as HTML."""
    return html.unescape(nh3.clean(markup, tags=set())) if "<" in markup else markup
