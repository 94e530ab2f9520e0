"""Test fields as a JSON resource; they are listed with everything else that can be found, in the directory."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_openapi3 import Tag
from pydantic import ConfigDict, Field

from matchmaker import api
from matchmaker.accounts.models import User
from matchmaker.items.models import Rung
from matchmaker.items.resources import (
    TRUSTED,
    IfMatch,
    ItemChange,
    ItemPath,
    Named,
    Resource,
    TeasedAnswer,
    named,
    shown,
)
from matchmaker.permissions import Permission, permits
from matchmaker.testfields import operations, views
from matchmaker.testfields.models import Place, TestField, TestFieldKind

blueprint = api.blueprint("testfields")
_tag = Tag(name="test fields", description="Places for trials under real conditions.")

_EXAMPLE = {
    "kind": "biobank",
    "rung": "lab",
    "title": "Biobank of explanted hip implants",
    "description": "Two thousand explanted stems with tissue, history and consent for research on infection.",
    "access_steps": ["Call us", "One page about your study", "Vote of the ethics committee"],
    "services": ["Sampling", "Imaging"],
    "country": "SE",
    "response_days": 10,
    "visibility": "public",
}


class TestFieldChange(ItemChange):
    """What to change about a test field."""

    __test__ = False
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"response_days": 5}})

    kind: TestFieldKind | None = None
    rung: Rung | None = Field(None, description="Its rung on the readiness ladder.")
    regulated: bool = Field(False, description="Whether results count for approval (GMP, GLP, GCP …).")
    place: Place = Field(Place.PHYSICAL, description="How guests work there.")
    city: str = Field("", max_length=120)
    country: str = Field("", max_length=2, description="ISO 3166-1, upper case.")
    access_steps: list[str] = Field(default_factory=list, max_length=10)
    services: list[str] = Field(default_factory=list, max_length=15)
    licences: list[str] = Field(default_factory=list, max_length=12, description="Licences and standards.")
    capacity: str = Field("", max_length=300)
    response_days: int | None = Field(None, ge=1, le=60, description="Working days until you answer a request.")
    contact: str | None = Field(None, max_length=12, description="Public id of the accountable person; see /me.")


class TestFieldBody(TestFieldChange):
    """A new test field."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    kind: TestFieldKind
    rung: Rung
    title: str = Field(min_length=1, max_length=120)


class TestFieldAnswer(TeasedAnswer):
    """A test field as its readers see it."""

    __test__ = False

    kind: TestFieldKind
    rung: Rung
    regulated: bool
    place: Place
    city: str
    country: str
    access_steps: list[str]
    services: list[str]
    licences: list[str]
    capacity: str
    response_days: int | None
    contact: Named | None = Field(description="The accountable person; null unless it is yours.")


def as_json(field: TestField) -> dict[str, Any]:
    """A test field as its readers see it; who is accountable is told after an introduction."""
    return shown(TestFieldAnswer, field, "testfields.show", own={"contact": lambda: named(field.contact)})


test_fields = Resource(
    TestField,
    "api_testfields.read",
    form=views.form_for,
    shown=as_json,
    add=operations.add,
    names={**TRUSTED, "contact": ("contact_id", User)},
)


@blueprint.post("/test-fields", summary="Register a test field", tags=[_tag], responses={201: TestFieldAnswer})
@permits(Permission.CONTRIBUTE)
def create(body: TestFieldBody) -> Response:
    """Register a place of your organisation, as a draft."""
    return test_fields.create(body)


@blueprint.get("/test-fields/<public_id>", summary="Read a test field", tags=[_tag], responses={200: TestFieldAnswer})
@permits(Permission.READ)
def read(path: ItemPath) -> Response:
    """One test field that you may read."""
    return test_fields.read(path)


@blueprint.patch(
    "/test-fields/<public_id>", summary="Change a test field", tags=[_tag], responses={200: TestFieldAnswer}
)
@permits(Permission.EDIT)
def change(path: ItemPath, header: IfMatch, body: TestFieldChange) -> Response:
    """Change what is given; the rest stays."""
    return test_fields.change(path, body)


@blueprint.delete("/test-fields/<public_id>", summary="Delete a draft", tags=[_tag], responses={204: None})
@permits(Permission.EDIT)
def delete(path: ItemPath) -> Response:
    """Remove a draft for good; what was published is withdrawn instead."""
    return test_fields.deleted(path)


@blueprint.post(
    "/test-fields/<public_id>/publish", summary="Publish a test field", tags=[_tag], responses={200: TestFieldAnswer}
)
@permits(Permission.EDIT)
def publish(path: ItemPath, header: IfMatch) -> Response:
    """Let others read it within its visibility, where it says enough."""
    return test_fields.published(path)


@blueprint.post(
    "/test-fields/<public_id>/renew", summary="Start its year anew", tags=[_tag], responses={200: TestFieldAnswer}
)
@permits(Permission.EDIT)
def renew(path: ItemPath, header: IfMatch) -> Response:
    """Keep it published for another year."""
    return test_fields.renewed(path)


@blueprint.post(
    "/test-fields/<public_id>/withdraw", summary="Withdraw a test field", tags=[_tag], responses={200: TestFieldAnswer}
)
@permits(Permission.EDIT)
def withdraw(path: ItemPath, header: IfMatch) -> Response:
    """Only your organisation sees it from then on."""
    return test_fields.withdrawn(path)
