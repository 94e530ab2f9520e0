"""The search and the lists of everything that can be found, as JSON resources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal

from flask import Response, g, jsonify
from flask_openapi3 import Tag
from pydantic import BaseModel, Field
from sqlalchemy import Select, func

from matchmaker import api
from matchmaker.clusters.models import Organisation
from matchmaker.db import db
from matchmaker.directory import queries
from matchmaker.directory.labels import PAGES
from matchmaker.items.api import TeaserAnswer, teaser_as_json
from matchmaker.items.models import Cooperation, Rung, Teaser
from matchmaker.mail import absolute_url
from matchmaker.needs.api import NeedAnswer
from matchmaker.needs.api import as_json as need_as_json
from matchmaker.paging import Order, walk
from matchmaker.permissions import Permission, permits
from matchmaker.profiles.api import (
    CompetenceAnswer,
    EvidenceAnswer,
    OrganisationAnswer,
    competence_as_json,
    evidence_as_json,
    organisation_as_json,
)
from matchmaker.suggestions.api import FilterQuery
from matchmaker.suggestions.filters import Basis, Filters, UnknownFilter
from matchmaker.suggestions.models import ItemKind
from matchmaker.suggestions.searching import search
from matchmaker.testfields.api import TestFieldAnswer
from matchmaker.testfields.api import as_json as test_field_as_json
from matchmaker.testfields.models import Place, TestFieldKind

blueprint = api.blueprint("directory")
_tag = Tag(name="search", description="One search over everything you may find.")


class SearchQuery(FilterQuery):
    """What to search for."""

    no_filters: ClassVar[frozenset[str]] = frozenset({"kind"})

    q: str = Field(min_length=1, max_length=1_000, description="Words, or a sentence that says what is sought.")
    kind: Literal["competence", "need", "test_field", "organisation", "evidence", "teaser"] | None = Field(
        None, description="Only this kind."
    )
    rung: list[Rung] = Field(default_factory=list)
    cooperation: list[Cooperation] = Field(default_factory=list)
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=1_000)


class Found(BaseModel):
    """One thing that was found."""

    kind: str
    id: str = Field(description="Its public id.")
    title: str
    organisation: str | None = Field(description="Who stands behind it; null behind the teaser of a confidential text.")
    band: str | None = Field(description="strong, good or possible; null where only its title holds the words.")
    passage: str
    language: str
    url: str


class SearchResult(BaseModel):
    """One page of what was found."""

    total: int
    items: list[Found]


@blueprint.get("/search", summary="Search by words and by meaning", tags=[_tag], responses={200: SearchResult})
@permits(Permission.ACCOUNT)
def find(query: SearchQuery) -> Response:
    """Organisations, competences, needs, test fields and evidence that you may find."""
    kinds = [ItemKind(query.kind)] if query.kind else None
    try:
        filters = query.filters
    except UnknownFilter as error:
        return api.invalid(filters=error)
    answer = search(db.session, g.viewer, query.q, kinds, filters, limit=query.limit, offset=query.offset)
    items: list[dict[str, Any]] = [
        Found(
            kind=hit.kind,
            id=hit.item.public_id,
            title=hit.item.name if hit.kind is ItemKind.ORGANISATION else hit.item.title,
            organisation=hit.organisation.name if hit.organisation else None,
            band=str(hit.band) if hit.band else None,
            passage=hit.quote.text,
            language=hit.quote.language,
            url=absolute_url(PAGES[hit.kind], public_id=hit.item.public_id),
        ).model_dump()
        for hit in answer.hits
    ]
    return jsonify(total=answer.total, items=items)


# --- Lists ----------------------------------------------------------------------------------------------------------


class Sort(StrEnum):
    """In which order a list stands."""

    NEWEST = "newest"
    TITLE = "title"
    ENDING = "ending"


class ListQuery(FilterQuery, api.PieceQuery):
    """Which piece of a list."""


class OrganisationsQuery(ListQuery):
    """Which organisations."""

    q: str = Field("", max_length=200, description="Words of the name, place or headline.")


class TeasersQuery(ListQuery):
    """Which teasers."""

    cooperation: list[Cooperation] = Field(default_factory=list)


class ItemsQuery(ListQuery):
    """Which of the things that you may find, or of your own."""

    mine: bool = Field(False, description="Only your organisation's, drafts included.")
    state: Literal["published", "expiring", "expired", "draft", "met", "withdrawn"] | None = Field(
        None, description="Only with `mine`: where it stands."
    )
    organisation: str | None = Field(None, max_length=12, description="Public id of the organisation behind it.")
    sort: Sort = Field(Sort.NEWEST, description="The latest first, by title, or what ends next.")
    language: list[str] = Field(default_factory=list, max_length=30, description="Languages its people work in.")


class NeedsQuery(ItemsQuery):
    """Which needs."""

    trl_min: int | None = Field(None, ge=1, le=9)
    trl_max: int | None = Field(None, ge=1, le=9)
    rung: list[Rung] = Field(default_factory=list)
    regulated: bool = Field(False, description="Regulated environments only.")
    cooperation: list[Cooperation] = Field(default_factory=list)


class CompetencesQuery(ItemsQuery):
    """Which competences."""

    trl_min: int | None = Field(None, ge=1, le=9)
    trl_max: int | None = Field(None, ge=1, le=9)
    cooperation: list[Cooperation] = Field(default_factory=list)


class TestFieldsQuery(ItemsQuery):
    """Which test fields."""

    __test__ = False

    kind: list[TestFieldKind] = Field(default_factory=list)
    rung: list[Rung] = Field(default_factory=list)
    regulated: bool = Field(False, description="Regulated environments only.")
    place: list[Place] = Field(default_factory=list)


class EvidenceQuery(ItemsQuery):
    """Which records."""

    basis: list[Basis] = Field(default_factory=list, description="Kinds of records.")


class Organisations(api.PieceAnswer):
    """A piece of the list of organisations, by name."""

    items: list[OrganisationAnswer]


class Needs(api.PieceAnswer):
    """A piece of the list of needs."""

    items: list[NeedAnswer]


class Competences(api.PieceAnswer):
    """A piece of the list of competences."""

    items: list[CompetenceAnswer]


class TestFields(api.PieceAnswer):
    """A piece of the list of test fields."""

    __test__ = False

    items: list[TestFieldAnswer]


class Records(api.PieceAnswer):
    """A piece of the list of records."""

    items: list[EvidenceAnswer]


class Teasers(api.PieceAnswer):
    """A piece of the list of teasers, in an order that says nothing."""

    items: list[TeaserAnswer]


@blueprint.get(
    "/organisations", summary="List organisations", tags=[Tag(name="organisations")], responses={200: Organisations}
)
@permits(Permission.ACCOUNT)
def list_organisations(query: OrganisationsQuery) -> Response:
    """Everybody who is here, by name."""
    return _listed(
        lambda filters: queries.organisations(g.viewer, filters, query.q),
        Organisation,
        Order(Organisation.name_key),
        query,
        organisation_as_json,
    )


@blueprint.get("/needs", summary="List needs", tags=[Tag(name="needs")], responses={200: Needs})
@permits(Permission.ACCOUNT)
def list_needs(query: NeedsQuery) -> Response:
    """Needs that you may find, or your own."""
    return _items(ItemKind.NEED, query, need_as_json)


@blueprint.get("/competences", summary="List competences", tags=[Tag(name="competences")], responses={200: Competences})
@permits(Permission.ACCOUNT)
def list_competences(query: CompetencesQuery) -> Response:
    """Competences that you may find, or your own."""
    return _items(ItemKind.COMPETENCE, query, competence_as_json)


@blueprint.get("/test-fields", summary="List test fields", tags=[Tag(name="test fields")], responses={200: TestFields})
@permits(Permission.ACCOUNT)
def list_test_fields(query: TestFieldsQuery) -> Response:
    """Test fields that you may find, or your own."""
    return _items(ItemKind.TEST_FIELD, query, test_field_as_json)


@blueprint.get("/evidence", summary="List records", tags=[Tag(name="evidence")], responses={200: Records})
@permits(Permission.ACCOUNT)
def list_evidence(query: EvidenceQuery) -> Response:
    """Records that you may find, or your own."""
    return _items(ItemKind.EVIDENCE, query, evidence_as_json)


@blueprint.get("/teasers", summary="List teasers", tags=[Tag(name="teasers")], responses={200: Teasers})
@permits(Permission.READ_TEASER)
def list_teasers(query: TeasersQuery) -> Response:
    """What others show of their confidential texts; neither when they came nor whose they are."""
    return _listed(
        lambda filters: queries.newest(ItemKind.TEASER, g.viewer, filters),
        Teaser,
        Order(Teaser.public_id),
        query,
        teaser_as_json,
    )


def _items(kind: ItemKind, query: ItemsQuery, as_json: Callable[[Any], dict[str, Any]]) -> Response:
    model = queries.MODELS[kind]
    orders = {
        Sort.NEWEST: Order(func.coalesce(model.published_at, model.created_at), datetime, descending=True),
        Sort.TITLE: Order(func.lower(model.title)),
        Sort.ENDING: Order(func.coalesce(model.expires_on, date.max), date),
    }

    def wanted(filters: Filters) -> Select[Any]:
        found = queries.newest(kind, g.viewer, filters)
        if query.mine:
            found = queries.own(kind, g.viewer, filters, query.state or "")
        if query.organisation is not None:
            found = found.where(Organisation.public_id == query.organisation)
        return found

    return _listed(wanted, model, orders[query.sort], query, as_json)


def _listed(
    wanted: Callable[[Filters], Select[Any]],
    model: Any,
    order: Order,
    query: ListQuery,
    as_json: Callable[[Any], dict[str, Any]],
) -> Response:
    try:
        piece = walk(db.session, wanted(query.filters), model, order, after=query.cursor, limit=query.limit)
    except UnknownFilter as error:
        return api.invalid(filters=error)
    return jsonify(piece.in_json([as_json(one) for one in piece.items]))
