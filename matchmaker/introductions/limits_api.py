"""What an organisation wants to be asked, by whom, and in whom it is silently interested, as JSON resources."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, g, jsonify, make_response
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.clusters.queries import organisation_by_public_id
from matchmaker.db import db, today, utcnow
from matchmaker.introductions import operations, presenting, queries
from matchmaker.introductions.api import acting_user, asker, blueprint, target_or_refuse
from matchmaker.introductions.models import Block, Interest, Limits
from matchmaker.paging import paginate
from matchmaker.permissions import NotPermitted, Permission, permits

_tag = Tag(name="introductions")


class LimitsBody(BaseModel):
    """How many requests your organisation wants."""

    model_config = ConfigDict(extra="forbid")

    per_week: int | None = Field(None, ge=0, le=50, description="New requests a week; null: any number.")
    paused: bool = Field(False, description="Take no new requests for now; askers read so.")
    paused_until: date | None = Field(None, description="The day on which a pause ends; null: until you end it.")


class OrganisationPath(BaseModel):
    """Which organisation."""

    public_id: str = Field(max_length=12, description="Its public id.")


class BlockBody(BaseModel):
    """Whom to block."""

    model_config = ConfigDict(extra="forbid")

    organisation: str = Field(max_length=12, description="Its public id.")


class BlockReading(BaseModel):
    """An organisation of which yours wants nothing; it can't tell."""

    organisation: str = Field(description="Its public id.")
    name: str
    since: datetime


class BlocksAnswer(BaseModel):
    """Whom your organisation blocked, by name."""

    blocks: list[BlockReading]


class InterestBody(BaseModel):
    """What to mark, or whose mark to take back."""

    model_config = ConfigDict(extra="forbid")

    about: str = Field(max_length=12, description="Public id: organisation, need, competence, test field, teaser, …")
    take_back: bool = False


class InterestAnswer(BaseModel):
    """What came of it."""

    marked: bool
    introduction: str | None = Field(
        description="The introduction that both are asked about, where both are interested."
    )


class InterestReading(BaseModel):
    """A mark of yours, of which nobody knows."""

    about: str | None = Field(description="The public id of what you marked; null while you may not read it.")
    title: str | None
    since: datetime


class InterestsAnswer(api.PageAnswer):
    """One page of your organisation's marks, the latest first."""

    items: list[InterestReading]


@blueprint.get("/introduction-limits", summary="Read your limits", tags=[_tag], responses={200: LimitsBody})
@permits(Permission.INTRODUCE)
def read_limits() -> Response:
    """How many requests a week your organisation wants, and whether it pauses."""
    return jsonify(_limits_as_json(queries.limits_of(db.session, asker().id)))


@blueprint.put("/introduction-limits", summary="Set your limits", tags=[_tag], responses={200: LimitsBody})
@permits(Permission.INTRODUCE)
def set_limits(body: LimitsBody) -> Response:
    """For everybody in your organisation. What is too much for now waits, and no asker can tell."""
    until = body.paused_until
    if until is not None and not today() < until <= today() + timedelta(days=365):
        return api.invalid(paused_until=_("expected a day within the next year"))
    limits = operations.set_limits(db.session, asker(), per_week=body.per_week, paused=body.paused, paused_until=until)
    operations.deliver_due(db.session, utcnow())
    db.session.commit()
    return jsonify(_limits_as_json(limits))


@blueprint.get("/blocks", summary="List whom you blocked", tags=[_tag], responses={200: BlocksAnswer})
@permits(Permission.INTRODUCE)
def blocks() -> Response:
    """Of whom your organisation wants nothing."""
    return jsonify(blocks=[_block_as_json(one) for one in queries.blocks_of(db.session, asker().id)])


@blueprint.post("/blocks", summary="Block an organisation", tags=[_tag], responses={200: BlockReading})
@permits(Permission.INTRODUCE)
def block(body: BlockBody) -> Response:
    """Its requests look sent, wait, and end unanswered. Blocking it again changes nothing."""
    blocked = organisation_by_public_id(db.session, body.organisation)
    try:
        made = operations.block_organisation(db.session, organisation=asker(), blocked=blocked, user=acting_user())
    except operations.NotYourself:
        raise NotPermitted(body.organisation) from None
    db.session.commit()
    return jsonify(_block_as_json(made))


@blueprint.delete("/blocks/<public_id>", summary="Lift a block", tags=[_tag], responses={204: None})
@permits(Permission.INTRODUCE)
def lift(path: OrganisationPath) -> Response:
    """It may ask again; what it asked meanwhile arrives."""
    operations.unblock(db.session, queries.block_or_refuse(db.session, asker().id, path.public_id))
    db.session.commit()
    return make_response("", 204)


@blueprint.get("/interests", summary="List your silent marks", tags=[_tag], responses={200: InterestsAnswer})
@permits(Permission.INTRODUCE)
def interests(query: api.PageQuery) -> Response:
    """In whom and what your organisation is interested; nobody else knows. 20 a page."""
    page = paginate(db.session, queries.marks(g.viewer), query.page, str)
    items = [_mark_as_json(one) for one in page.items]
    return jsonify(page.in_json(items))


@blueprint.post("/interests", summary="Mark interest silently", tags=[_tag], responses={200: InterestAnswer})
@permits(Permission.INTRODUCE)
def mark(body: InterestBody) -> Response:
    """Tell nobody; only where both sides are interested, both are told. Or take a mark back."""
    target, _nothing = target_or_refuse(body.about)
    made = None
    if body.take_back:
        operations.take_interest_back(db.session, organisation=asker(), target=target)
    else:
        made = operations.mark_interest(db.session, organisation=asker(), target=target, user=acting_user())
    db.session.commit()
    known = made is not None and made.side_of(g.viewer.organisation_ids) is not None
    return jsonify(marked=not body.take_back, introduction=made.public_id if made is not None and known else None)


def _limits_as_json(limits: Limits) -> dict[str, Any]:
    return LimitsBody(
        per_week=limits.per_week, paused=queries.is_paused(limits), paused_until=limits.paused_until
    ).model_dump(mode="json")


def _block_as_json(block: Block) -> dict[str, Any]:
    return BlockReading(
        organisation=block.blocked.public_id, name=block.blocked.name, since=block.created_at
    ).model_dump(mode="json")


def _mark_as_json(mark: Interest) -> dict[str, Any]:
    marked = presenting.marked(db.session, mark, g.viewer)
    return InterestReading(
        title=marked.title if marked else None,
        about=marked.public_id if marked else None,
        since=mark.created_at,
    ).model_dump(mode="json")
