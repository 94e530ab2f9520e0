"""The search as a JSON resource."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, g, jsonify
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.db import db
from matchmaker.directory.labels import PAGES
from matchmaker.mail import absolute_url
from matchmaker.permissions import Permission, permits
from matchmaker.suggestions.filters import Filters
from matchmaker.suggestions.models import ItemKind
from matchmaker.suggestions.queries import search

blueprint = api.blueprint("directory")
_tag = Tag(name="search", description="One search over everything you may find.")


class SearchQuery(BaseModel):
    """What to search for."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(min_length=1, max_length=1_000, description="Words, or a sentence that says what is sought.")
    kind: Literal["competence", "need", "test_field", "organisation", "evidence", "teaser"] | None = Field(
        None, description="Only this kind."
    )
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
    answer = search(db.session, g.viewer, query.q, kinds, Filters(), limit=query.limit, offset=query.offset)
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
