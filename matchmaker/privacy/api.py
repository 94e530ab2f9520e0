"""One's own account and data as JSON resources: who one is, what one agreed to, and all that is kept, to take along.

Erasing can't be undone and asks for the password at that moment, which no token stands for: it stays on the pages.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response, g, jsonify
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.accounts import operations as accounts
from matchmaker.accounts.models import User
from matchmaker.accounts.views import me_form
from matchmaker.audit import Event
from matchmaker.clusters.models import Cluster, MembershipState, Organisation
from matchmaker.clusters.queries import memberships_of, organisation_or_refuse
from matchmaker.db import db
from matchmaker.items.queries import managers_of
from matchmaker.items.resources import ItemPath, Named, filled_in, named
from matchmaker.permissions import Permission, permits
from matchmaker.privacy import operations, queries
from matchmaker.privacy.views import archive_of, archive_of_ours
from matchmaker.testfields.queries import people_of

blueprint = api.blueprint("privacy")
_tag = Tag(name="me", description="Your own account, and what is kept about you.")
_organisations = Tag(name="organisations")


class MyOrganisation(Named):
    """An organisation that you belong to."""

    role: Literal["admin", "member"]


class MyCluster(Named):
    """A cluster whose members-only texts you may read."""

    manages: bool = Field(description="Whether you curate for it.")


class MeAnswer(BaseModel):
    """Who you are here. The ids are what other requests name."""

    id: str = Field(description="Your public id.")
    name: str
    email: str
    title: str = Field(description="What you do.")
    locale: str = Field(description="Language of pages and mails; empty: as your browser asks for.")
    acts_for: Named | None = Field(description="The organisation in whose name you write.")
    organisations: list[MyOrganisation]
    clusters: list[MyCluster]
    people: list[Named] = Field(description="Who acts for your organisation.")
    managers: list[Named] = Field(description="Managers whom your organisation can trust with a confidential text.")
    matched: bool = Field(description="Whether you are suggested to others.")


class MeChange(BaseModel):
    """What to change; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "Head of implants"}})

    name: str = Field("", max_length=120)
    title: str = Field("", max_length=120)
    locale: str = Field("", max_length=8)
    matched: bool = Field(True, description="Whether you want to be suggested to others.")


class Agreement(BaseModel):
    """Something that you agreed to, or took back."""

    at: datetime
    given: bool = Field(description="False: taken back.")
    to: str = Field(description="`introduction`, `story` or `matching`.")
    id: str | None = Field(description="The public id of what it was about, where it was about one thing.")


class AgreementsAnswer(BaseModel):
    """What you agreed to and took back, the latest 50, the latest first."""

    agreements: list[Agreement]


class MatchingBody(BaseModel):
    """Whether your organisation wants to be suggested to others. What it publishes stays findable."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"matched": True}})

    matched: bool


class TrailQuery(api.PageQuery):
    """Which events, and which page of them."""

    event: list[Event] = Field(default_factory=list, description="Of these kinds only.")


class TrailReading(BaseModel):
    """Something that is on record."""

    number: int
    at: datetime
    event: Event
    actor: Named | None = Field(description="Who did it; null for a command, a visitor, and who was erased.")
    kind: str = Field(description="What it was done to.")
    id: str = Field(description="Its public id.")
    facts: dict[str, Any]


class TrailAnswer(api.PageAnswer):
    """One page of the trail, the latest first."""

    items: list[TrailReading]


@blueprint.get("/me", summary="Who you are", tags=[_tag], responses={200: MeAnswer})
@permits(Permission.ACCOUNT)
def me() -> Response:
    """Your account, your organisations and your clusters."""
    return jsonify(_as_json(_user()))


@blueprint.patch("/me", summary="Change what you say of yourself", tags=[_tag], responses={200: MeAnswer})
@permits(Permission.ACCOUNT)
def change_me(body: MeChange) -> Response:
    """Change your name, what you do, your language, or whether you are suggested."""
    user = _user()
    form = filled_in(lambda obj, **given: me_form(obj, **given), user, body, but=frozenset({"matched"}))
    if not form.validate():
        return api.invalid(**form.errors)
    accounts.update_me(user, name=form.name.data, title=form.title.data, locale=form.locale.data)
    if "matched" in body.model_fields_set:
        operations.object_to_matching(
            db.session, objects=not body.matched, user_id=g.viewer.user_id, actor_id=g.viewer.user_id
        )
    db.session.commit()
    return jsonify(_as_json(user))


@blueprint.get("/me/agreements", summary="What you agreed to", tags=[_tag], responses={200: AgreementsAnswer})
@permits(Permission.ACCOUNT)
def agreements() -> Response:
    """Your consents and where you took them back, from the audit trail."""
    given = [
        Agreement(
            at=entry.at,
            given=entry.event is Event.CONSENT_GIVEN,
            to=entry.thing_kind or entry.facts.get("to", ""),
            id=entry.thing_id or None,
        )
        for entry in queries.agreements(db.session, _user())
    ]
    return jsonify(AgreementsAnswer(agreements=given).model_dump(mode="json"))


@blueprint.post("/me/export", summary="Take your data along", tags=[_tag], responses=api.ZIP)
@permits(Permission.ACCOUNT)
def export() -> Response:
    """All that is kept about you, as a ZIP of JSON, tables and files, for a token that may take data along."""
    return archive_of(_user())


@blueprint.post(
    "/organisations/<public_id>/export", summary="Take its data along", tags=[_organisations], responses=api.ZIP
)
@permits(Permission.ORGANISATION_ADMIN)
def export_ours(path: ItemPath) -> Response:
    """All that an organisation of which you are admin registered, for a token that may take data along."""
    return archive_of_ours(_ours(path))


@blueprint.get(
    "/organisations/<public_id>/matching", summary="Whether it is suggested", tags=[_organisations],
    responses={200: MatchingBody},
)  # fmt: skip
@permits(Permission.ORGANISATION_ADMIN)
def read_matching(path: ItemPath) -> Response:
    """Whether an organisation of which you are admin is suggested to others."""
    return jsonify(matched=not queries.objects(db.session, organisation_id=_ours(path).id))


@blueprint.put(
    "/organisations/<public_id>/matching", summary="Object to suggestions", tags=[_organisations],
    responses={200: MatchingBody},
)  # fmt: skip
@permits(Permission.ORGANISATION_ADMIN)
def set_matching(path: ItemPath, body: MatchingBody) -> Response:
    """Say whether it may be suggested; what it publishes stays findable, and it can still look for partners."""
    operations.object_to_matching(
        db.session, objects=not body.matched, organisation_id=_ours(path).id, actor_id=g.viewer.user_id
    )
    db.session.commit()
    return jsonify(matched=body.matched)


@blueprint.get(
    "/organisations/<public_id>/audit", summary="What is on record", tags=[_organisations], responses={200: TrailAnswer}
)
@permits(Permission.ORGANISATION_ADMIN)
def our_trail(path: ItemPath, query: TrailQuery) -> Response:
    """Who joined and left, who changed who may read what, who took data along, at an organisation you are admin of."""
    page, told = queries.trail_page(db.session, queries.trail(query.event, _ours(path)), query.page, str)
    items = [
        TrailReading(
            number=one.entry.number or 0,
            at=one.entry.at,
            event=one.entry.event,
            actor=named(one.actor),
            kind=one.entry.thing_kind,
            id=one.entry.thing_id,
            facts=one.entry.facts,
        ).model_dump(mode="json")
        for one in told
    ]
    return jsonify(page.in_json(items))


def _ours(path: ItemPath) -> Organisation:
    return organisation_or_refuse(db.session, path.public_id, g.viewer, Permission.ORGANISATION_ADMIN)


def _user() -> User:
    return db.session.get_one(User, g.viewer.user_id)


def _as_json(user: User) -> dict[str, Any]:
    own = db.session.get(Organisation, g.viewer.organisation_id) if g.viewer.organisation_id else None
    active = [m for m in memberships_of(db.session, user.id) if m.state == MembershipState.ACTIVE]
    clusters = [db.session.get_one(Cluster, number) for number in sorted(g.viewer.cluster_ids | g.viewer.manages)]
    return MeAnswer(
        id=user.public_id,
        name=user.name,
        email=user.email,
        title=user.title,
        locale=user.locale,
        acts_for=named(own),
        organisations=[
            MyOrganisation(id=m.organisation.public_id, name=m.organisation.name, role=str(m.role))  # type: ignore[arg-type]
            for m in active
        ],
        clusters=[MyCluster(id=c.public_id, name=c.name, manages=c.id in g.viewer.manages) for c in clusters],
        people=[named(one) for one in people_of(db.session, own)] if own else [],  # type: ignore[misc]
        managers=[named(one) for one in managers_of(db.session, own)] if own else [],  # type: ignore[misc]
        matched=not queries.objects(db.session, user_id=user.id),
    ).model_dump(mode="json")
