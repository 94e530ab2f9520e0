"""The rows that the formats turn into: our own columns, all of a kind in every row of it, cut to what they may hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matchmaker.texts import clean_line, clean_text, excerpt

#: Keywords of one statement, organisations of one publication: what is beyond says nothing more.
MOST_KEYWORDS = 12
MOST_AFFILIATIONS = 60
#: The languages of our texts, as the formats write them.
_LANGUAGES = {"eng": "en", "en": "en", "ger": "de", "deu": "de", "de": "de", "swe": "sv", "sv": "sv"}


def language(code: str) -> str:
    """Our code for a language; '' for any that is none of ours."""
    return _LANGUAGES.get(code.strip().lower().split("-")[0], "")


def year(text: str) -> str:
    """The year at the beginning of a date, '' where there is none."""
    found = text.strip()[:4]
    return found if len(found) == 4 and found.isdecimal() else ""


def organisation(
    *,
    key: str,
    source: str = "",
    licence: str,
    name: str,
    type: str,
    country: str = "",
    region: str = "",
    city: str = "",
    website: str = "",
    ror: str = "",
    headline: str = "",
    about: str = "",
    language: str = "",
) -> dict[str, Any]:
    """A row about an organisation."""
    return {
        "key": key[:120],
        "source": source,
        "licence": licence,
        "name": excerpt(clean_line(name), 198),
        "type": type,
        "country": country.upper(),
        "region": region[:120],
        "city": city[:120],
        "website": _address(website),
        "ror": ror,
        "headline": excerpt(clean_line(headline), 198),
        "about": excerpt(clean_text(about), 3_990),
        "language": language,
    }


def statement(
    *,
    kind: str,
    key: str,
    source: str = "",
    licence: str,
    title: str,
    description: str = "",
    language: str = "",
    keywords: Iterable[str] = (),
    organisation: str = "",
    affiliations: Iterable[str] = (),
    **own: Any,
) -> dict[str, Any]:
    """A row about a competence, need, test field or piece of evidence: public, as the registries that it comes from
    are; ``own`` is what its kind alone has.
    """
    return {
        "key": key[:120],
        "source": source,
        "licence": licence,
        "kind": kind,
        "organisation": excerpt(clean_line(organisation), 198),
        "affiliations": _several(affiliations)[:MOST_AFFILIATIONS],
        "title": excerpt(clean_line(title), 198),
        "description": excerpt(clean_text(description), 7_990),
        "language": language,
        "keywords": _several(keywords)[:MOST_KEYWORDS],
        "visibility": "public",
        **own,
    }


def evidence(*, kind: str, identifier: str = "", url: str = "", year: str = "", **said: Any) -> dict[str, Any]:
    """A row about a publication, project, patent or licence."""
    return statement(
        kind="evidence",
        evidence_kind=kind,
        identifier=identifier if len(identifier) <= 120 else "",
        url=_address(url),
        year=year,
        **said,
    )


def person(
    *,
    key: str,
    source: str = "",
    licence: str,
    name: str,
    orcid: str = "",
    headline: str = "",
    about: str = "",
    website: str = "",
    language: str = "",
    organisation: str = "",
    affiliations: Iterable[str] = (),
) -> dict[str, Any]:
    """A row about a person: readable to the own organisation only, unless the row that comes of it says otherwise."""
    return {
        "key": key[:120],
        "source": source,
        "licence": licence,
        "name": excerpt(clean_line(name), 158),
        "organisation": excerpt(clean_line(organisation), 198),
        "affiliations": _several(affiliations)[:MOST_AFFILIATIONS],
        "orcid": orcid,
        "headline": excerpt(clean_line(headline), 198),
        "about": excerpt(clean_text(about), 3_990),
        "website": _address(website),
        "language": language,
    }


def _address(text: str) -> str:
    return text if text.startswith(("http://", "https://")) and len(text) <= 300 else ""


def _several(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(excerpt(line, 198) for value in values if (line := clean_line(value))))
