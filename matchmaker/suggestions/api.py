"""Suggestions as a JSON resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any, ClassVar, Literal

from flask import Response, g, jsonify
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.clusters.models import OrganisationType, Sector
from matchmaker.db import db
from matchmaker.items.models import Cooperation, Rung
from matchmaker.items.models import Field as FieldOfActivity
from matchmaker.items.resources import ItemPath
from matchmaker.permissions import Permission, permits, require
from matchmaker.suggestions import allowed, feedback, operations, queries, ranking
from matchmaker.suggestions.asking import Sort, SuggestionList, Target
from matchmaker.suggestions.filters import Basis, Filters, UnknownFilter
from matchmaker.suggestions.models import Answer, Feedback, ItemKind, NeverReason
from matchmaker.suggestions.presenting import as_json
from matchmaker.suggestions.views import find_suggested, subject_or_refuse
from matchmaker.testfields.models import Place, TestFieldKind

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
    limit: int = Field(10, ge=1, le=ranking.CUT, description="At most so many of each kind.")


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
        return api.invalid(filters=error)
    found = {
        kind: as_json(
            queries.suggest_for_text(
                db.session, g.viewer, body.text, target=Target(kind), filters=filters, limit=body.limit
            )
        )
        for kind in dict.fromkeys(body.kinds)
    }
    return jsonify(found)


# --- For what is registered -----------------------------------------------------------------------------------------


class FilterQuery(BaseModel):
    """The filters of the pages. Values of one are alternatives; all of them hold together."""

    model_config = ConfigDict(extra="forbid")

    #: Fields that are named like a filter and are none.
    no_filters: ClassVar[frozenset[str]] = frozenset()

    sector: list[Sector] = Field(default_factory=list)
    type: list[OrganisationType] = Field(default_factory=list, description="What kind of organisation.")
    sme: bool = Field(False, description="Only small and medium-sized enterprises.")
    country: list[str] = Field(default_factory=list, max_length=40, description="ISO 3166-1.")
    region: list[str] = Field(default_factory=list, max_length=40)
    field: list[FieldOfActivity] = Field(default_factory=list, description="Fields of activity.")

    @property
    def filters(self) -> Filters:
        """The same as the pages narrow by. Raises UnknownFilter."""
        names = type(self).model_fields.keys() & {one.name for one in fields(Filters)} - self.no_filters
        return Filters.of({name: getattr(self, name) for name in names})


class SuggestionsQuery(FilterQuery):
    """Which suggestions."""

    sort: Sort = Field(Sort.BEST, description="What a manager recommends stays first in each order.")
    limit: int = Field(10, ge=1, le=ranking.CUT)
    offset: int = Field(0, ge=0, le=1_000)
    language: list[str] = Field(default_factory=list, max_length=30, description="Languages that people work in.")
    cooperation: list[Cooperation] = Field(default_factory=list)
    basis: list[Basis] = Field(default_factory=list, description="What a partner's suggestion rests on.")
    trl_min: int | None = Field(None, ge=1, le=9)
    trl_max: int | None = Field(None, ge=1, le=9)
    rung: list[Rung] = Field(default_factory=list)
    regulated: bool = Field(False, description="Regulated environments only.")
    kind: list[TestFieldKind] = Field(default_factory=list)
    place: list[Place] = Field(default_factory=list)


class ForNeedQuery(SuggestionsQuery):
    """Which suggestions for a need."""

    target: Literal["partners", "test_fields", "peers"] = Field(
        "partners", description="Peers are those who seek the same."
    )


class ForCompetenceQuery(SuggestionsQuery):
    """Which suggestions for a competence."""

    target: Literal["needs", "peers"] = Field("needs", description="Peers are those who offer the same.")


class ForOrganisationQuery(SuggestionsQuery):
    """Which suggestions for an organisation."""

    target: Literal["partners", "peers"] = Field("partners", description="Peers are those who offer the same.")


@blueprint.get("/needs/<public_id>/suggestions", summary="Suggest for a need", tags=[_tag], responses={200: ListAnswer})
@permits(Permission.SUGGEST)
def for_need(path: ItemPath, query: ForNeedQuery) -> Response:
    """Partners or test fields for a need that you may ask with, or those who seek the same."""
    need = subject_or_refuse(ItemKind.NEED, path.public_id)
    if query.target == "peers":
        return _suggested(query, queries.suggest_peers, need)
    return _suggested(query, queries.suggest_for_need, need, target=Target(query.target))


@blueprint.get(
    "/competences/<public_id>/suggestions", summary="Suggest for a competence", tags=[_tag], responses={200: ListAnswer}
)
@permits(Permission.SUGGEST)
def for_competence(path: ItemPath, query: ForCompetenceQuery) -> Response:
    """Needs that a competence could answer, or those who offer the same."""
    competence = subject_or_refuse(ItemKind.COMPETENCE, path.public_id)
    peers = query.target == "peers"
    return _suggested(query, queries.suggest_peers if peers else queries.suggest_for_competence, competence)


@blueprint.get(
    "/organisations/<public_id>/suggestions",
    summary="Suggest for an organisation",
    tags=[_tag],
    responses={200: ListAnswer},
)
@permits(Permission.SUGGEST)
def for_organisation(path: ItemPath, query: ForOrganisationQuery) -> Response:
    """Partners with whom your organisation and they both gain, or those who offer the same."""
    organisation = subject_or_refuse(ItemKind.ORGANISATION, path.public_id)
    peers = query.target == "peers"
    return _suggested(query, queries.suggest_peers if peers else queries.suggest_for_organisation, organisation)


def _suggested(query: SuggestionsQuery, ask: Callable[..., SuggestionList], subject: Any, **more: Any) -> Response:
    try:
        filters = query.filters
    except UnknownFilter as error:
        return api.invalid(filters=error)
    more |= {"filters": filters, "sort": query.sort, "limit": query.limit, "offset": query.offset}
    return jsonify(as_json(ask(db.session, g.viewer, subject, **more)))


# --- Answers to them ------------------------------------------------------------------------------------------------

_KINDS = Literal["need", "competence", "organisation"]
_SUGGESTED = Literal["organisation", "test_field", "need", "teaser"]


class AnswersQuery(BaseModel):
    """To which suggestions."""

    model_config = ConfigDict(extra="forbid")

    subject_kind: _KINDS
    subject: str = Field(max_length=12, description="Public id of what was asked with.")


class AnswerBody(BaseModel):
    """What your organisation says to a suggestion."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "subject_kind": "need",
                "subject": "k7m2pq4t9xwz",
                "object_kind": "organisation",
                "object": "b3c8n5r2vyhd",
                "answer": "never",
                "reason": "known",
            }
        },
    )

    subject_kind: _KINDS
    subject: str = Field(max_length=12, description="Public id of what was asked with.")
    object_kind: _SUGGESTED
    object: str = Field(max_length=12, description="Public id of what was suggested.")
    answer: Answer | None = Field(description="Null takes back what was answered.")
    reason: NeverReason | None = Field(None, description="Why never.")
    comment: str = Field("", max_length=500, description="Why never, in words; for your organisation.")


class AnswerAnswer(BaseModel):
    """An answer of your organisation."""

    object_kind: _SUGGESTED
    object: str = Field(description="Public id of what was suggested.")
    answer: Answer | None
    reason: NeverReason | None
    comment: str
    until: date | None = Field(description="The day a “not now” ends.")


class AnswersAnswer(BaseModel):
    """The answers to the suggestions for one thing, the latest first."""

    items: list[AnswerAnswer]


@blueprint.get("/suggestions/answers", summary="What you answered", tags=[_tag], responses={200: AnswersAnswer})
@permits(Permission.SUGGEST)
def answers(query: AnswersQuery) -> Response:
    """What your organisation answered to the suggestions for one of its things; what is gone is left out."""
    subject = _own_subject(query.subject_kind, query.subject)
    given = feedback.answers_to(db.session, subject)
    things = allowed.load_things(db.session, g.viewer, given)
    return jsonify(items=[_answer_as_json(given[key], things[key]) for key in given if key in things])


@blueprint.post("/suggestions/answers", summary="Answer a suggestion", tags=[_tag], responses={200: AnswerAnswer})
@permits(Permission.SUGGEST)
def give_answer(body: AnswerBody) -> Response:
    """Save a suggestion, hide it for four weeks or for good, or take that back. The latest answer counts."""
    subject = _own_subject(body.subject_kind, body.subject)
    suggested = find_suggested(ItemKind(body.object_kind), body.object)
    if body.answer is None:
        operations.take_back(db.session, subject=subject, suggested=suggested)
        given = Feedback(object_kind=ItemKind(body.object_kind), answer=None, reason=None, comment="", until=None)
    else:
        try:
            given = operations.answer(
                db.session,
                subject=subject,
                suggested=suggested,
                answer=body.answer,
                user_id=g.viewer.user_id,
                reason=body.reason,
                comment=body.comment,
            )
        except operations.NotYourOwn:
            return api.invalid(object=_("expected another organisation's, found your own"))
    db.session.commit()
    return jsonify(_answer_as_json(given, suggested))


def _own_subject(kind: str, public_id: str) -> Any:
    subject = subject_or_refuse(ItemKind(kind), public_id)
    require(g.viewer, Permission.EDIT, subject)
    return subject


def _answer_as_json(given: Feedback, suggested: Any) -> dict[str, Any]:
    return AnswerAnswer(
        object_kind=str(given.object_kind),  # type: ignore[arg-type]
        object=suggested.public_id,
        answer=given.answer,
        reason=given.reason,
        comment=given.comment,
        until=given.until,
    ).model_dump(mode="json")
