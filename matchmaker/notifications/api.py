"""The inbox, and how its owner wants to be told, as JSON resources."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, g, jsonify
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.db import db, utcnow
from matchmaker.mail import absolute_url
from matchmaker.notifications import operations, queries
from matchmaker.notifications.kinds import KINDS, ByMail, Frequency, Group
from matchmaker.notifications.models import Notification
from matchmaker.notifications.queries import Way
from matchmaker.permissions import Permission, permits

blueprint = api.blueprint("notifications")
_tag = Tag(name="inbox", description="What you were told.")


class InboxQuery(BaseModel):
    """Which page of the inbox."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, ge=1, le=100_000, description="Beyond the last page is the last page.")


class Told(BaseModel):
    """One piece of news."""

    id: str = Field(description="Its public id.")
    kind: str = Field(description="What sort of news it is, for example membership-asked.")
    sentence: str
    url: str = Field(description="The page it leads to; opening it counts as reading.")
    told_at: datetime
    read_at: datetime | None


class InboxPage(BaseModel):
    """One page of the inbox: unread first, then the newest."""

    total: int
    unread: int
    page: int
    pages: int
    items: list[Told]


class NewsPath(BaseModel):
    """Names one piece of news."""

    public_id: str = Field(description="The public id from the list.")


_SAMPLE: dict[str, Any] = {"example": "membership-accepted"}


class WayBody(BaseModel):
    """How one kind of news shall reach you."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=60, description="One that is optional.", json_schema_extra=_SAMPLE)
    in_inbox: bool
    by_mail: ByMail


class WayReading(BaseModel):
    """How one kind of news reaches you."""

    kind: str = Field(json_schema_extra=_SAMPLE)
    group: Group
    label: str = Field(description="What it is, in words.")
    optional: bool = Field(description="Whether you may choose. What somebody waits for always comes.")
    in_inbox: bool
    by_mail: ByMail


class PreferencesReading(BaseModel):
    """What you are told, and how."""

    digest: Frequency = Field(description="How often a digest comes, if there is something new.")
    ways: list[WayReading]


class PreferencesBody(BaseModel):
    """What shall be otherwise."""

    model_config = ConfigDict(extra="forbid")

    digest: Frequency | None = Field(None, description="Without one, it comes as before.")
    ways: list[WayBody] = Field(default_factory=list, max_length=100, description="Other kinds come as before.")


def _told(told: Notification) -> dict[str, object]:
    return Told(
        id=told.public_id,
        kind=told.kind,
        sentence=KINDS[told.kind].sentence(told.facts),
        url=absolute_url("notifications.open_one", public_id=told.public_id),
        told_at=told.created_at,
        read_at=told.read_at,
    ).model_dump(mode="json")


@blueprint.get("/inbox", summary="What you were told", tags=[_tag], responses={200: InboxPage})
@permits(Permission.ACCOUNT)
def inbox(query: InboxQuery) -> Response:
    """Unread first, then the newest; 20 a page."""
    listed = queries.inbox(db.session, g.viewer.user_id, page=query.page)
    return jsonify(
        total=listed.total,
        unread=queries.unread(db.session, g.viewer.user_id),
        page=listed.page,
        pages=listed.pages,
        items=[_told(told) for told in listed.items],
    )


@blueprint.post("/inbox/<public_id>/read", summary="Mark as read", tags=[_tag], responses={200: Told})
@permits(Permission.ACCOUNT)
def mark_read(path: NewsPath) -> Response:
    """Take one out of what waits. Doing it again changes nothing."""
    told = queries.own_or_refuse(db.session, path.public_id, g.viewer.user_id)
    operations.mark_read(db.session, told, now=utcnow())
    db.session.commit()
    return jsonify(_told(told))


@blueprint.get("/inbox-preferences", summary="How you are told", tags=[_tag], responses={200: PreferencesReading})
@permits(Permission.ACCOUNT)
def preferences() -> Response:
    """Every kind of news there is, whether it stands in your inbox, and how it comes by mail."""
    return _preferences()


@blueprint.patch(
    "/inbox-preferences", summary="Change how you are told", tags=[_tag], responses={200: PreferencesReading}
)
@permits(Permission.ACCOUNT)
def prefer(body: PreferencesBody) -> Response:
    """What you do not name stays as it is."""
    for wanted in body.ways:
        kind = KINDS.get(wanted.kind)
        if kind is None or not kind.optional:
            db.session.rollback()
            return api.invalid(ways=_("expected kinds that are optional, found “%(kind)s”", kind=wanted.kind))
        operations.prefer(db.session, g.viewer.user_id, kind, Way(wanted.in_inbox, wanted.by_mail))
    if body.digest is not None:
        operations.choose_rhythm(db.session, g.viewer.user_id, body.digest)
    db.session.commit()
    return _preferences()


def _preferences() -> Response:
    ways = queries.ways(db.session, g.viewer.user_id)
    readings = [
        WayReading(
            kind=kind.name,
            group=kind.group,
            label=str(kind.label),
            optional=kind.optional,
            in_inbox=ways[kind.name].in_inbox,
            by_mail=ways[kind.name].by_mail,
        )
        for kind in KINDS.values()
    ]
    made = PreferencesReading(digest=queries.rhythm(db.session, g.viewer.user_id), ways=readings)
    return jsonify(made.model_dump(mode="json"))
