"""Needs as a JSON resource; they are listed with everything else that can be found, in the directory."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response
from flask_openapi3 import Tag
from pydantic import ConfigDict, Field

from matchmaker import api
from matchmaker.clusters.models import OrganisationType
from matchmaker.items import pages
from matchmaker.items.models import Cooperation, Rung, Stage
from matchmaker.items.resources import SHORT, TRUSTED, IfMatch, ItemChange, ItemPath, Resource, TeasedAnswer, shown
from matchmaker.needs import operations
from matchmaker.needs.forms import NeedForm
from matchmaker.needs.models import Need
from matchmaker.permissions import Permission, permits

blueprint = api.blueprint("needs")
_tag = Tag(name="needs", description="What is sought, until a day.")

_EXAMPLE = {
    "title": "Phage cocktail against biofilm on implants",
    "description": "Biofilm of S. aureus survives antibiotics on our titanium stems; we seek a partner with phages.",
    "expected_result": "A cocktail that clears 99 % of a 48 h biofilm in our flow cell.",
    "cooperation": ["research_cooperation"],
    "partners_sought": ["university"],
    "trl_min": 3,
    "deadline": None,
    "visibility": "members",
}


class NeedChange(ItemChange):
    """What to change about a need."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"expected_result": _EXAMPLE["expected_result"]}}
    )

    expected_result: str = Field("", max_length=SHORT, description="What should be different in six months.")
    stage: Stage | None = Field(None, description="How far your own work is.")
    cooperation: list[Cooperation] = Field(default_factory=list)
    partners_sought: list[OrganisationType] = Field(default_factory=list)
    countries: list[str] = Field(default_factory=list, max_length=30, description="ISO 3166-1; empty: anywhere.")
    trl_min: int | None = Field(None, ge=1, le=9)
    trl_max: int | None = Field(None, ge=1, le=9)
    rung: Rung | None = Field(None, description="The rung of the test field that is sought, if one is.")
    regulated: bool | None = Field(None, description="Whether it must be a regulated environment; null: no matter.")
    deadline: date | None = Field(None, description="The day by which answers are wanted.")
    expires_on: date | None = Field(None, description="Until when it stays open; half a year if empty.")


class NeedBody(NeedChange):
    """A new need."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    title: str = Field(min_length=1, max_length=120)


class NeedAnswer(TeasedAnswer):
    """A need as its readers see it."""

    expected_result: str
    stage: Stage | None
    cooperation: list[str]
    partners_sought: list[str]
    countries: list[str]
    trl_min: int | None
    trl_max: int | None
    rung: Rung | None
    regulated: bool | None
    deadline: date | None


def as_json(need: Need) -> dict[str, Any]:
    """A need as its readers see it."""
    return shown(NeedAnswer, need, "needs.show")


needs = Resource(
    Need,
    "api_needs.read",
    form=lambda own, **given: pages.form_for(NeedForm, own, **given),
    shown=as_json,
    add=operations.add,
    edit=operations.edit,
    publish=operations.publish,
    renew=operations.renew,
    withdraw=operations.close,
    delete=operations.delete_draft,
    names=TRUSTED,
)


@blueprint.post("/needs", summary="Write a need", tags=[_tag], responses={201: NeedAnswer})
@permits(Permission.CONTRIBUTE)
def create(body: NeedBody) -> Response:
    """Write a need for your organisation, as a draft."""
    return needs.create(body)


@blueprint.get("/needs/<public_id>", summary="Read a need", tags=[_tag], responses={200: NeedAnswer})
@permits(Permission.READ)
def read(path: ItemPath) -> Response:
    """One need that you may read."""
    return needs.read(path)


@blueprint.patch("/needs/<public_id>", summary="Change a need", tags=[_tag], responses={200: NeedAnswer})
@permits(Permission.EDIT)
def change(path: ItemPath, header: IfMatch, body: NeedChange) -> Response:
    """Change what is given; the rest stays."""
    return needs.change(path, body)


@blueprint.delete("/needs/<public_id>", summary="Delete a draft", tags=[_tag], responses={204: None})
@permits(Permission.EDIT)
def delete(path: ItemPath) -> Response:
    """Remove a draft for good; what was published is closed instead."""
    return needs.deleted(path)


@blueprint.post("/needs/<public_id>/publish", summary="Open a need", tags=[_tag], responses={200: NeedAnswer})
@permits(Permission.EDIT)
def publish(path: ItemPath, header: IfMatch) -> Response:
    """Let others read it within its visibility, where it says enough."""
    return needs.published(path)


@blueprint.post("/needs/<public_id>/renew", summary="Start its term anew", tags=[_tag], responses={200: NeedAnswer})
@permits(Permission.EDIT)
def renew(path: ItemPath, header: IfMatch) -> Response:
    """Keep it open for another half year."""
    return needs.renewed(path)


@blueprint.post("/needs/<public_id>/met", summary="Mark it as met", tags=[_tag], responses={200: NeedAnswer})
@permits(Permission.EDIT)
def meet(path: ItemPath, header: IfMatch) -> Response:
    """Keep it, and have it suggested no more."""
    return needs.moved(path, operations.meet)


@blueprint.post("/needs/<public_id>/withdraw", summary="Close a need", tags=[_tag], responses={200: NeedAnswer})
@permits(Permission.EDIT)
def withdraw(path: ItemPath, header: IfMatch) -> Response:
    """Only your organisation sees it from then on."""
    return needs.withdrawn(path)
