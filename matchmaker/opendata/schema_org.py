"""Public things in the words of schema.org, as search engines read them inside a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matchmaker.clusters.models import Organisation, OrganisationType
from matchmaker.db import db
from matchmaker.items.labels import label
from matchmaker.needs.models import Need
from matchmaker.opendata import things
from matchmaker.opendata.things import is_public, kind_of, page_of
from matchmaker.profiles.models import Competence, Evidence, EvidenceKind, Profile, ProfileKind
from matchmaker.testfields.models import TestField
from matchmaker.texts import web_address

Described = dict[str, Any]

_TYPES = {
    OrganisationType.SME: "Corporation",
    OrganisationType.LARGE_COMPANY: "Corporation",
    OrganisationType.UNIVERSITY: "CollegeOrUniversity",
    OrganisationType.RESEARCH_INSTITUTE: "ResearchOrganization",
    OrganisationType.CLINIC: "MedicalOrganization",
    OrganisationType.PATIENT_ORGANISATION: "NGO",
    OrganisationType.PUBLIC_BODY: "GovernmentOrganization",
}
_RECORDS = {
    EvidenceKind.PUBLICATION: "ScholarlyArticle",
    EvidenceKind.PROJECT: "ResearchProject",
    EvidenceKind.PATENT: "CreativeWork",
    EvidenceKind.LICENCE: "CreativeWork",
}


def description(thing: Any) -> Described | None:
    """What a page says of itself to search engines; nothing where it is not for everybody."""
    if not is_public(thing):
        return None
    return _said({"@context": "https://schema.org", **_DESCRIBE[kind_of(thing)](thing)})


def _said(described: Described) -> Described:
    """Without what nobody said."""
    return {
        name: _said(value) if isinstance(value, dict) else value
        for name, value in described.items()
        if value not in (None, "", [], {})
    }


def _named(thing: Any, type: str, name: str) -> Described:
    return {"@type": type, "@id": page_of(thing), "url": page_of(thing), "name": name}


def _in_short(organisation: Organisation) -> Described:
    return _named(organisation, _TYPES.get(organisation.type, "Organization"), organisation.name)


def _address(city: str, country: str, region: str = "") -> Described | None:
    parts = _said({"addressLocality": city, "addressRegion": region, "addressCountry": country})
    return {"@type": "PostalAddress", **parts} if parts else None


def _organisation(one: Organisation) -> Described:
    return {
        **_in_short(one),
        "description": one.headline or one.about,
        "sameAs": [address for address in (web_address(one.website), one.ror) if address],
        "identifier": one.ror,
        "address": _address(one.city, one.country, one.region),
        "numberOfEmployees": {"@type": "QuantitativeValue", "value": one.employees} if one.employees else None,
        "knowsAbout": [str(label(name, "Field")) for name in one.fields],
        "makesOffer": [_named(offer, "Offer", offer.title) for offer in things.competences(db.session, one)],
        "seeks": [_named(need, "Demand", need.title) for need in things.of(db.session, Need, one)],
    }


def _profile(one: Profile) -> Described:
    about = {"description": one.headline or one.about, "sameAs": [web_address(one.website)] if one.website else []}
    offers = [_named(offer, "Offer", offer.title) for offer in things.competences(db.session, one)]
    if one.kind == ProfileKind.GROUP:
        parent = {"parentOrganization": _in_short(one.organisation)}
        return {**_named(one, "ResearchOrganization", one.name), **about, **parent, "makesOffer": offers}
    orcid = f"https://orcid.org/{one.orcid}" if one.orcid else ""
    return {
        **_named(one, "Person", one.name),
        "description": about["description"],
        "sameAs": [address for address in (orcid, web_address(one.website)) if address],
        "worksFor": _in_short(one.organisation),
        "knowsLanguage": one.working_languages,
        "makesOffer": offers,
    }


def _service(one: Competence | Need) -> Described:
    return {
        "@type": "Service",
        "name": one.title,
        "description": one.description,
        "serviceType": [str(label(name, "Cooperation")) for name in one.cooperation],
        "category": [*(str(label(name, "Field")) for name in one.fields), *one.keywords],
    }


def _competence(one: Competence) -> Described:
    return {
        **_named(one, "Offer", one.title),
        "description": one.description,
        "itemOffered": _service(one),
        "offeredBy": _in_short(one.organisation),
        "validThrough": one.expires_on and one.expires_on.isoformat(),
    }


def _need(one: Need) -> Described:
    ends = one.deadline or one.expires_on
    return {
        **_named(one, "Demand", one.title),
        "description": "\n\n".join(text for text in (one.description, one.expected_result) if text),
        "itemOffered": _service(one),
        "eligibleRegion": one.countries,
        "availabilityEnds": ends and ends.isoformat(),
        "@reverse": {"seeks": _in_short(one.organisation)},
    }


def _test_field(one: TestField) -> Described:
    place = {"@type": "Place", "name": one.title, "address": _address(one.city, one.country)}
    return {
        **_named(one, "Service", one.title),
        "description": one.description,
        "serviceType": str(label(one.kind)),
        "category": [str(label(one.rung)), *one.keywords],
        "provider": _in_short(one.organisation),
        "availableChannel": {"@type": "ServiceChannel", "serviceLocation": _said(place)},
        "hasOfferCatalog": {
            "@type": "OfferCatalog",
            "itemListElement": [{"@type": "Offer", "name": service} for service in one.services],
        }
        if one.services
        else None,
        "termsOfService": "\n".join(one.access_steps),
    }


def _evidence(one: Evidence) -> Described:
    type = _RECORDS[one.kind]
    project = type == "ResearchProject"
    owners = [_in_short(organisation) for organisation in one.organisations]
    return {
        **_named(one, type, one.title),
        "description": one.description,
        "sameAs": [one.link] if one.link else [],
        "identifier": one.identifier,
        **({"member": owners} if project else {"sourceOrganization": owners, "inLanguage": one.language}),
        **({} if project else {"datePublished": one.year and str(one.year), "keywords": one.keywords}),
        **({} if project else {"creditText": one.source, "license": one.licence}),
    }


_DESCRIBE: dict[str, Callable[[Any], Described]] = {
    "organisation": _organisation,
    "profile": _profile,
    "competence": _competence,
    "need": _need,
    "test_field": _test_field,
    "evidence": _evidence,
}
