"""One's own account as a JSON resource: who one is, for whom one acts, and what one says of oneself.

Taking data along and erasing it ask for the password anew, so they stay on the pages.
"""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, g, jsonify
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.accounts import operations as accounts
from matchmaker.accounts.models import User
from matchmaker.accounts.views import me_form
from matchmaker.clusters.models import Cluster, MembershipState, Organisation
from matchmaker.clusters.queries import memberships_of
from matchmaker.db import db
from matchmaker.items.queries import managers_of
from matchmaker.items.resources import Named, filled_in, named
from matchmaker.permissions import Permission, permits
from matchmaker.privacy import operations, queries
from matchmaker.testfields.queries import people_of

blueprint = api.blueprint("privacy")
_tag = Tag(name="me", description="Your own account.")


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
