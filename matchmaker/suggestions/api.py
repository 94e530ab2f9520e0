"""Suggestions as a JSON resource."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, g, jsonify, make_response
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.db import db
from matchmaker.errors import answer
from matchmaker.permissions import Permission, permits
from matchmaker.suggestions import queries
from matchmaker.suggestions.filters import Filters, UnknownFilter
from matchmaker.suggestions.presenting import as_json
from matchmaker.suggestions.queries import Target

blueprint = api.blueprint("suggestions")
_tag = Tag(name="suggestions", description="Who fits, and why.")

_QUESTION = {
    "text": "We seek a partner with lytic bacteriophages against biofilm on titanium implants.",
    "kinds": ["partners"],
    "filters": {"country": ["DE", "SE"], "sme": True},
    "limit": 5,
}
_ANSWER = {
    "partners": {
        "total": 1,
        "words_only": False,
        "suggestions": [
            {
                "kind": "organisation",
                "id": "k7m2pq4t9xwz",
                "name": "Universität Elbstrand",
                "organisation": {
                    "id": "k7m2pq4t9xwz",
                    "name": "Universität Elbstrand",
                    "type": "university",
                    "sector": "academia",
                    "sme": False,
                    "country": "DE",
                    "region": "Hamburg",
                    "city": "Hamburg",
                },
                "teaser": None,
                "band": "strong",
                "recommended": None,
                "evidence": [
                    {
                        "kind": "competence",
                        "id": "b3c8n5r2vyhd",
                        "title": "Bacteriophage cocktails against biofilm on implants",
                        "passage": "We isolate lytic bacteriophages and test them on biofilm grown on titanium.",
                        "language": "en",
                        "shared_terms": ["lytic", "bacteriophages", "biofilm", "titanium"],
                    }
                ],
                "asked_for": [],
                "why": ["Similar in meaning to your text"],
                "why_yes": [],
                "sources": [],
            }
        ],
    }
}


class Question(BaseModel):
    """What is sought."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _QUESTION})

    text: str = Field(min_length=1, max_length=20_000, description="What is sought, in plain words. It is not stored.")
    kinds: list[Literal["partners", "test_fields", "needs"]] = Field(
        default=["partners"], min_length=1, max_length=3, description="What is suggested; each has its own list."
    )
    filters: dict[str, str | int | bool | list[str]] = Field(
        default_factory=dict,
        description="Conditions that hold together; values of one are alternatives: sector, type, sme, country, "
        "region, kind, basis, trl_min, trl_max, rung, regulated, place, field, cooperation, language.",
    )
    limit: int = Field(10, ge=1, le=queries.CUT, description="At most so many of each kind.")


class SuggestedOrganisation(BaseModel):
    """Who stands behind a suggestion."""

    id: str
    name: str
    type: str
    sector: str
    sme: bool
    country: str
    region: str
    city: str


class EvidenceAnswer(BaseModel):
    """A text that speaks for a suggestion."""

    kind: str
    id: str
    title: str
    passage: str
    language: str
    shared_terms: list[str]


class AskedFor(BaseModel):
    """A wish, and whether it is met."""

    label: str
    note: str
    standing: Literal["met", "unmet", "unknown"]


class SourceAnswer(BaseModel):
    """Where an imported text came from."""

    source: str
    licence: str
    url: str


class TeaserFacts(BaseModel):
    """What the owner of a confidential text shows beside its teaser; empty where nothing is shown."""

    of: Literal["need", "competence", "test_field"]
    sector: str
    size: str
    country: str
    fields: list[str]
    cooperation: list[str]


class SuggestionAnswer(BaseModel):
    """An organisation, test field or need that fits; or the teaser of a confidential one, whose owner stays unnamed."""

    kind: Literal["organisation", "test_field", "need", "teaser"]
    id: str
    name: str
    organisation: SuggestedOrganisation | None
    teaser: TeaserFacts | None
    band: Literal["strong", "good", "possible"] | None
    recommended: str | None
    evidence: list[EvidenceAnswer]
    asked_for: list[AskedFor]
    why: list[str]
    why_yes: list[str]
    sources: list[SourceAnswer]


class ListAnswer(BaseModel):
    """The suggestions of one kind."""

    total: int
    words_only: bool
    suggestions: list[SuggestionAnswer]


class SuggestAnswer(BaseModel):
    """One list for each kind that was asked for."""

    model_config = ConfigDict(json_schema_extra={"example": _ANSWER})

    partners: ListAnswer | None = None
    test_fields: ListAnswer | None = None
    needs: ListAnswer | None = None


@blueprint.post("/suggest", summary="Suggest for a text", tags=[_tag], responses={200: SuggestAnswer})
@permits(Permission.SUGGEST)
def suggest(body: Question) -> Response:
    """Partners, test fields or needs that fit a text, with the texts that speak for them."""
    try:
        filters = Filters.of(body.filters)
    except UnknownFilter as error:
        details: list[dict[str, Any]] = [{"where": "filters", "what": str(error)}]
        return make_response(*answer(422, "The input does not fit the schema.", details))
    found = {
        kind: as_json(
            queries.suggest_for_text(
                db.session, g.viewer, body.text, target=Target(kind), filters=filters, limit=body.limit
            )
        )
        for kind in dict.fromkeys(body.kinds)
    }
    return jsonify(found)
