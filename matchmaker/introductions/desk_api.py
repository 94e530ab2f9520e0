"""What managers pass on, give back and bring together, as JSON resources: as hidden from them as on their desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from flask import Response, g, jsonify, make_response
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.clusters.models import Cluster
from matchmaker.clusters.queries import managed_clusters, managed_or_refuse, organisation_by_public_id
from matchmaker.db import db
from matchmaker.errors import answer
from matchmaker.introductions import operations, presenting, queries, things
from matchmaker.introductions.api import Path, ThingAnswer, acting_user, blueprint
from matchmaker.introductions.models import DeclineReason, Introduction, IntroductionState
from matchmaker.items.resources import ItemPath, Named, named
from matchmaker.mail.letters import absolute_url
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, permits
from matchmaker.texts import clean_text

_tag = Tag(name="introductions")


class DeskQuery(api.PageQuery):
    """Which list of the desk, and which page of it."""

    tab: Literal["waiting", "moved"] = Field(
        "waiting", description="What waits for a manager, or what managers passed on or brought together."
    )


class BrokeredReading(BaseModel):
    """An introduction as a manager may read it."""

    id: str
    state: IntroductionState
    asker: str | None = Field(description="Who asks; null while hidden from you.")
    asked: str | None = Field(description="Who is asked; null while hidden from you.")
    about: list[ThingAnswer]
    sought: str
    unclear: str
    about_us: str = Field(description="What the asker wrote about itself.")
    proposed_because: str = Field(description="Why a manager brings the two together, where one does.")
    moved_by: str | None = Field(description="The manager who decided; null while it waits.")
    requested_at: datetime
    url: str


class DeskAnswer(api.PageAnswer):
    """One page of the desk."""

    items: list[BrokeredReading]


class ReturnBody(BaseModel):
    """Why it is not passed on."""

    model_config = ConfigDict(extra="forbid")

    reason: DeclineReason = Field(description="The asker reads it.")
    kind_words: str = Field("", max_length=500)


class TogetherBody(BaseModel):
    """Two who should know each other."""

    model_config = ConfigDict(extra="forbid")

    about: str = Field(min_length=1, max_length=12, description="Public id of a need, or of an organisation.")
    other: str = Field(min_length=1, max_length=12, description="Public id of the organisation to bring it to.")
    reason: str = Field(min_length=1, max_length=1_000, description="Why these two; both read it.")


class RulesBody(BaseModel):
    """How a cluster handles introductions; what is under way stays as it is."""

    model_config = ConfigDict(extra="forbid")

    brokered: bool = Field(description="Managers look at every request before the other side does.")
    fair_share: bool = Field(description="Who is asked a lot steps back among equals in suggestions.")


class RulesAnswer(RulesBody):
    """The rules of one cluster."""

    cluster: Named


class EveryRulesAnswer(BaseModel):
    """The rules of each cluster that you manage, by name."""

    items: list[RulesAnswer]


@blueprint.get("/brokering/rules", summary="Read your rules", tags=[_tag], responses={200: EveryRulesAnswer})
@permits(Permission.CURATE)
def every_rules() -> Response:
    """How the clusters that you manage handle introductions."""
    return jsonify(items=[_rules_as_json(cluster) for cluster in managed_clusters(db.session, g.viewer)])


@blueprint.put("/brokering/rules/<public_id>", summary="Change your rules", tags=[_tag], responses={200: RulesAnswer})
@permits(Permission.CURATE)
def set_rules(path: ItemPath, body: RulesBody) -> Response:
    """Say how a cluster handles introductions; what is under way stays as it is."""
    cluster = managed_or_refuse(db.session, path.public_id, g.viewer)
    operations.set_rules(
        db.session, cluster.id, brokered=body.brokered, fair_share=body.fair_share, manager=acting_user()
    )
    db.session.commit()
    return jsonify(_rules_as_json(cluster))


def _rules_as_json(cluster: Cluster) -> dict[str, Any]:
    rules = queries.rules_of(db.session, cluster.id)
    return RulesAnswer(
        cluster=named(cluster),  # type: ignore[arg-type]
        brokered=rules.brokered,
        fair_share=rules.fair_share,
    ).model_dump(mode="json")


@blueprint.get("/brokering", summary="Read your desk", tags=[_tag], responses={200: DeskAnswer})
@permits(Permission.CURATE)
def desk(query: DeskQuery) -> Response:
    """Requests of your cluster that wait for you, the oldest first, or what was moved, the latest first. 20 a page."""
    wanted = queries.for_managers(g.viewer) if query.tab == "waiting" else queries.moved_by_managers(g.viewer)
    page = paginate(db.session, wanted, query.page, str)
    items = [_as_json(one) for one in page.items]
    return jsonify(page.in_json(items))


@blueprint.post("/brokering", summary="Bring two together", tags=[_tag], responses={201: BrokeredReading})
@permits(Permission.CURATE)
def propose(body: TogetherBody) -> Response:
    """Ask the owner of a need, or an organisation, of your cluster and another; each side then agrees or not."""
    target, cluster_id = things.to_bring_together_or_refuse(db.session, g.viewer, body.about)
    other = organisation_by_public_id(db.session, body.other)
    reason = clean_text(body.reason)
    if not reason:
        return api.invalid(reason=_("expected a text, found none"))
    try:
        made, new = operations.propose(
            db.session,
            one=target.organisation,
            other=other,
            about=(target.kind, target.item) if target.kind is not None else None,
            reason=reason,
            manager=acting_user(),
            cluster_id=cluster_id,
        )
    except operations.NotYourself:
        return api.invalid(other=_("expected another organisation"))
    db.session.commit()
    if not new:
        return make_response(*answer(409, _("These two have an introduction about this already; nothing was sent.")))
    return make_response(jsonify(_as_json(made)), 201)


@blueprint.get("/brokering/<public_id>", summary="Read one of your desk", tags=[_tag], responses={200: BrokeredReading})
@permits(Permission.CURATE)
def brokered(path: Path) -> Response:
    """A request of your cluster, before and after it was moved."""
    return jsonify(_as_json(queries.brokered_or_refuse(db.session, path.public_id, g.viewer)))


@blueprint.post("/brokering/<public_id>/pass-on", summary="Pass it on", tags=[_tag], responses={200: BrokeredReading})
@permits(Permission.CURATE)
def pass_on(path: Path) -> Response:
    """Let the other side read the request; it has three weeks to answer."""
    return _moved(path, lambda introduction: operations.broker(db.session, introduction, acting_user()))


@blueprint.post("/brokering/<public_id>/return", summary="Give it back", tags=[_tag], responses={200: BrokeredReading})
@permits(Permission.CURATE)
def give_back(path: Path, body: ReturnBody) -> Response:
    """Give it back to the asker, who reads your reason; the other side never learns of it."""
    words = clean_text(body.kind_words)
    return _moved(
        path,
        lambda introduction: operations.return_to_asker(
            db.session, introduction, acting_user(), reason=body.reason, kind_words=words
        ),
    )


def _moved(path: Path, act: Callable[[Introduction], None]) -> Response:
    """The request after it was moved; 409 where another manager was faster, or the asker took it back."""
    introduction = queries.brokered_or_refuse(db.session, path.public_id, g.viewer)
    try:
        act(introduction)
        db.session.commit()
    except operations.Moved:
        db.session.rollback()
        return make_response(*answer(409, _("The request has been moved already; read it again.")))
    return jsonify(_as_json(introduction))


def _as_json(introduction: Introduction) -> dict[str, Any]:
    row = presenting.for_manager(db.session, introduction, g.viewer)
    waits = introduction.state == IntroductionState.BROKERED
    return BrokeredReading(
        id=introduction.public_id,
        state=introduction.state_for(None),
        asker=row["asker"] or None,
        asked=row["asked"] or None,
        about=[
            ThingAnswer(kind=str(one.kind), title=one.title, yours=one.own)  # type: ignore[arg-type]
            for one in row["things"]
        ],
        sought=introduction.sought,
        unclear=introduction.unclear,
        about_us=introduction.about_us,
        proposed_because=introduction.explanation.get("proposed", ""),
        moved_by=introduction.broker.display_name if introduction.broker is not None and not waits else None,
        requested_at=introduction.requested_at,
        url=absolute_url("introductions.brokered", public_id=introduction.public_id),
    ).model_dump(mode="json")
