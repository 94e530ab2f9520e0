"""Suggestions as programs read them: the same for the JSON API and for ``matchmaker suggest --json``."""

from __future__ import annotations

from typing import Any

from matchmaker.items.models import Teaser
from matchmaker.suggestions.asking import Suggestion, SuggestionList
from matchmaker.suggestions.explaining import Quote
from matchmaker.suggestions.models import ItemKind
from matchmaker.suggestions.words import reason_text, wish_texts


def as_json(found: SuggestionList) -> dict[str, Any]:
    """A list of suggestions. Bands, never scores: a score of hidden comparisons tells more than it seems."""
    return {
        "total": found.total,
        "words_only": found.words_only,
        "suggestions": [_suggestion(one) for one in found.items],
    }


def _suggestion(one: Suggestion) -> dict[str, Any]:
    organisation = one.organisation
    return {
        "kind": str(one.kind),
        "id": one.thing.public_id,
        "name": one.name,
        "organisation": None
        if organisation is None
        else {
            "id": organisation.public_id,
            "name": organisation.name,
            "type": str(organisation.type),
            "sector": str(organisation.sector),
            "sme": organisation.is_sme,
            "country": organisation.country,
            "region": organisation.region,
            "city": organisation.city,
        },
        "teaser": None if organisation is not None else teaser_facts(one.thing),
        "band": str(one.band) if one.band else None,
        "recommended": one.verdict.reason if one.verdict else None,
        "evidence": [_evidence(pair.offer if pair.we_seek else pair.seek, pair.terms) for pair in one.pairs],
        "asked_for": [{**wish_texts(wish), "standing": str(wish.standing)} for wish in one.wishes],
        "why": [reason_text(reason) for reason in one.why],
        "why_yes": [reason_text(reason) for reason in one.why_yes],
        "sources": [{"source": source, "licence": licence, "url": url} for source, licence, url in one.sources],
    }


def teaser_facts(teaser: Teaser) -> dict[str, Any]:
    """What the owner of a confidential text shows beside its teaser; empty where nothing is shown."""
    return {
        "of": teaser.of,
        "sector": str(teaser.sector or ""),
        "size": str(teaser.size or ""),
        "country": teaser.country,
        "fields": list(teaser.fields),
        "cooperation": list(teaser.cooperation),
    }


def _evidence(quote: Quote, terms: tuple[str, ...]) -> dict[str, Any]:
    item = quote.item
    return {
        "kind": str(quote.kind),
        "id": item.public_id,
        "title": item.name if quote.kind is ItemKind.ORGANISATION else item.title,
        "passage": quote.text,
        "language": quote.language,
        "shared_terms": list(terms),
    }
