"""Managers' verdicts as a JSON resource."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response, g, jsonify, make_response
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from matchmaker import api
from matchmaker.curation import operations, queries
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.curation.views import DECIDED, cluster_for, side_or_refuse, subject_or_refuse
from matchmaker.db import db
from matchmaker.items.resources import ItemPath, Named, named
from matchmaker.paging import Order, walk
from matchmaker.permissions import NotPermitted, Permission, allows, permits, require

blueprint = api.blueprint("curation")
_tag = Tag(name="verdicts", description="What cluster managers decided on pairs: pins, vetoes and proposals.")


class VerdictsQuery(api.PieceQuery):
    """Which verdicts."""

    kind: list[VerdictKind] = Field(default_factory=list)
    state: Literal["standing", "withdrawn"] | None = None


class VerdictBody(BaseModel):
    """A verdict on a pair."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "kind": "pin",
                "subject_kind": "need",
                "subject": "k7m2pq4t9xwz",
                "object_kind": "organisation",
                "object": "b3c8n5r2vyhd",
                "reason": "They met at our summer school and want to work together.",
            }
        },
    )

    kind: VerdictKind
    subject_kind: Literal["need", "competence", "organisation", "teaser"]
    subject: str = Field(max_length=12, description="Public id of what is looked from.")
    object_kind: Literal["organisation", "test_field", "need"]
    object: str = Field(max_length=12, description="Public id of what is decided on.")
    reason: str = Field(min_length=1, max_length=2_000, description="Members read it for a pin or a proposal.")


class SideAnswer(BaseModel):
    """One side of a pair."""

    kind: Literal["need", "competence", "organisation", "test_field", "teaser"]
    id: str | None = Field(description="Its public id; null where you may not read it.")
    title: str | None


class VerdictAnswer(BaseModel):
    """A verdict. Nothing is deleted; withdrawing is on record too."""

    id: str
    kind: VerdictKind
    subject: SideAnswer
    object: SideAnswer
    reason: str
    manager: Named | None = Field(description="Null for a former manager.")
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: Named | None


class VerdictsAnswer(api.PieceAnswer):
    """A piece of the list, the latest first."""

    items: list[VerdictAnswer]


@blueprint.get("/verdicts", summary="List verdicts", tags=[_tag], responses={200: VerdictsAnswer})
@permits(Permission.CURATE)
def verdicts(query: VerdictsQuery) -> Response:
    """Every verdict of your clusters that you may know of, the latest first."""
    wanted = queries.log(g.viewer)
    if query.kind:
        wanted = wanted.where(Verdict.kind.in_(query.kind))
    if query.state is not None:
        wanted = wanted.where(queries.standing() if query.state == "standing" else ~queries.standing())
    order = Order(Verdict.created_at, datetime, descending=True)
    piece = walk(db.session, wanted, Verdict, order, after=query.cursor, limit=query.limit)
    return jsonify(piece.in_json([_as_json(one) for one in piece.items]))


@blueprint.post("/verdicts", summary="Give a verdict", tags=[_tag], responses={201: VerdictAnswer})
@permits(Permission.CURATE)
def give(body: VerdictBody) -> Response:
    """Pin, veto or propose a pair, with a reason; what your cluster decided on it before is withdrawn."""
    subject, on_teaser = subject_or_refuse(body.subject_kind, body.subject)
    # Any manager may decide on a teaser; whether the verdict counts depends on whose it is, and so it is not said.
    cluster_id = min(g.viewer.manages) if on_teaser else cluster_for(subject)
    decided = side_or_refuse(DECIDED, body.object_kind, body.object)
    try:
        made = operations.give(
            db.session,
            manager_id=g.viewer.user_id,
            cluster_id=cluster_id,
            kind=body.kind,
            subject=subject,
            decided=decided,
            reason=body.reason,
            on_teaser=on_teaser,
        )
    except operations.ReasonMissing:
        return api.invalid(reason=_("expected a reason, found none"))
    except operations.NotAPair:
        return api.invalid(object=_("expected something that can be suggested for the subject"))
    db.session.commit()
    return make_response(jsonify(_as_json(made)), 201)


@blueprint.post(
    "/verdicts/<public_id>/withdraw", summary="Withdraw a verdict", tags=[_tag], responses={200: VerdictAnswer}
)
@permits(Permission.CURATE)
def withdraw(path: ItemPath) -> Response:
    """Take a verdict back; it stays in the log."""
    verdict = db.session.scalar(select(Verdict).where(Verdict.public_id == path.public_id))
    if verdict is None:
        raise NotPermitted(path.public_id)
    require(g.viewer, Permission.CURATE, verdict)
    operations.withdraw(db.session, verdict, manager_id=g.viewer.user_id)
    db.session.commit()
    return jsonify(_as_json(verdict))


def _as_json(verdict: Verdict) -> dict[str, Any]:
    subject = verdict.need or verdict.competence or verdict.organisation
    decided = verdict.partner or verdict.test_field or verdict.wanted
    return VerdictAnswer(
        id=verdict.public_id,
        kind=verdict.kind,
        subject=_side(subject, teased=verdict.on_teaser),
        object=_side(decided),
        reason=verdict.reason,
        manager=named(verdict.manager),
        created_at=verdict.created_at,
        withdrawn_at=verdict.withdrawn_at,
        withdrawn_by=named(verdict.withdrawn_by),
    ).model_dump(mode="json")


def _side(thing: Any, *, teased: bool = False) -> SideAnswer:
    """One side of a pair as this manager may know it; one known by its teaser stays known by it alone."""
    if teased:
        teaser = thing.shown_as
        shown = teaser is not None and allows(g.viewer, Permission.READ_TEASER, teaser)
        return SideAnswer(kind="teaser", id=teaser.public_id if shown else None, title=teaser.title if shown else None)
    readable = allows(g.viewer, Permission.READ, thing)
    title = getattr(thing, "name", None) or getattr(thing, "title", None)
    return SideAnswer(
        kind=thing.__tablename__, id=thing.public_id if readable else None, title=title if readable else None
    )
