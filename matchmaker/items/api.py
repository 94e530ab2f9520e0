"""Teasers as a JSON resource: all that others may know of a confidential text."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, g, jsonify
from flask_openapi3 import Tag
from pydantic import BaseModel, Field

from matchmaker import api
from matchmaker.db import db
from matchmaker.items.models import Teaser
from matchmaker.items.queries import teaser_or_refuse
from matchmaker.items.resources import ItemPath
from matchmaker.mail import absolute_url
from matchmaker.permissions import Permission, permits

blueprint = api.blueprint("items")
_tag = Tag(name="teasers", description="What owners of confidential texts show of them; whose they are stays hidden.")


class TeaserAnswer(BaseModel):
    """A teaser, and the facts that its owner chose to show; empty where nothing is shown."""

    id: str = Field(description="Its public id.")
    page: str = Field(description="Its page.")
    of: Literal["need", "competence", "test_field"]
    text: str
    language: str
    sector: str
    country: str
    size: str
    fields: list[str]
    cooperation: list[str]


def teaser_as_json(teaser: Teaser) -> dict[str, Any]:
    """A teaser as all its readers see it."""
    return TeaserAnswer(
        id=teaser.public_id,
        page=absolute_url("items.teaser", public_id=teaser.public_id),
        of=teaser.of,  # type: ignore[arg-type]
        text=teaser.text,
        language=teaser.language,
        sector=str(teaser.sector or ""),
        country=teaser.country,
        size=str(teaser.size or ""),
        fields=teaser.fields,
        cooperation=teaser.cooperation,
    ).model_dump()


@blueprint.get("/teasers/<public_id>", summary="Read a teaser", tags=[_tag], responses={200: TeaserAnswer})
@permits(Permission.READ_TEASER)
def read(path: ItemPath) -> Response:
    """One teaser; ask for an introduction to learn more."""
    return jsonify(teaser_as_json(teaser_or_refuse(db.session, path.public_id, g.viewer)))
