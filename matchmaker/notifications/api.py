"""The inbox as a JSON resource."""

from __future__ import annotations

from datetime import datetime

from flask import Response, g, jsonify
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.db import db, utcnow
from matchmaker.mail import absolute_url
from matchmaker.notifications import operations, queries
from matchmaker.notifications.kinds import KINDS
from matchmaker.notifications.models import Notification
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
        unread=listed.unread,
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
