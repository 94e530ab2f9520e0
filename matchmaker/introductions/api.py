"""Introductions as a JSON resource, with the same rights, the same consent and the same silence as the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from flask import Response, g, jsonify, make_response
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.db import db
from matchmaker.errors import answer
from matchmaker.introductions import explanation, operations, presenting, queries, things
from matchmaker.introductions.disclosure import Offer
from matchmaker.introductions.models import DeclineReason, Introduction, Side
from matchmaker.introductions.operations import Agreement, Answers
from matchmaker.mail.letters import absolute_url
from matchmaker.permissions import NotPermitted, Permission, permits
from matchmaker.texts import clean_line, clean_text

blueprint = api.blueprint("introductions")
_tag = Tag(name="introductions", description="From a suggestion to two who know each other's names.")

Disclosable = Literal["title", "text"]


class Path(BaseModel):
    """Which introduction."""

    public_id: str = Field(max_length=12, description="The introduction's public id.")


class ListQuery(BaseModel):
    """Which part of the list."""

    model_config = ConfigDict(extra="forbid")

    tab: Literal["answer", "open", "current", "done"] = Field(
        "answer", description="To answer, waiting for others, introduced, ended."
    )
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=10_000)


class ThingAnswer(BaseModel):
    """What an introduction is about."""

    kind: Literal["need", "competence", "test_field", "profile"]
    title: str = Field(description="Its title, or its teaser while you may not read it.")
    yours: bool


class IntroductionAnswer(BaseModel):
    """An introduction as your side may know it."""

    id: str
    state: Literal["brokered", "proposed", "requested", "accepted", "declined", "withdrawn", "expired"]
    side: Literal["asker", "asked"] = Field(description="Which side you are on.")
    organisation: str | None = Field(description="The other side; null while it is hidden.")
    about: list[ThingAnswer]
    sought: str
    unclear: str
    about_us: str = Field(description="What the asker wrote about itself.")
    waits_for_you: bool
    reason: str | None = Field(description="Why the other side declined, where it said so.")
    kind_words: str
    requested_at: str
    expires_at: str
    explanation: dict[str, Any] = Field(description="Why it was suggested, as it was shown to the asker.")
    contact: dict[str, str] | None = Field(description="What the other side disclosed; null unless both agreed.")
    url: str


class ListAnswer(BaseModel):
    """One page of a tab."""

    total: int
    items: list[IntroductionAnswer]


class ScreenQuery(BaseModel):
    """For which consent: to an introduction that waits for you, or to one that you are about to ask for."""

    model_config = ConfigDict(extra="forbid")

    introduction: str = Field("", max_length=12, description="The public id of one that waits for your answer.")
    about: str = Field("", max_length=12, description="The public id of what you want to ask about.")
    made_for: str = Field("", max_length=12, description="Your own need or competence behind it, if there is one.")


class ScreenAnswer(BaseModel):
    """What you would disclose. Show it to a person before you send its fingerprint back."""

    always: dict[str, str]
    optional: dict[str, str]
    shown: str = Field(description="The fingerprint of exactly these values; send it with your request or acceptance.")
    explanation: dict[str, Any] = Field(description="Why this was suggested, where it was; empty otherwise.")
    explanation_seal: str = Field(description="Send it with your request, and the explanation is kept as shown here.")


class AskBody(BaseModel):
    """A request for an introduction."""

    model_config = ConfigDict(extra="forbid")

    about: str = Field(min_length=1, max_length=12, description="Public id: organisation, need, competence, …")
    made_for: str = Field("", max_length=12, description="Public id of your own need or competence behind it.")
    sought: str = Field(min_length=1, max_length=1_000, description="What kind of cooperation you seek.")
    unclear: str = Field("", max_length=1_000, description="What is missing or unclear to you.")
    about_us: str = Field(min_length=1, max_length=1_000, description="Who you are, and why you.")
    shown: str = Field(max_length=64, description="The fingerprint from the consent screen.")
    disclose: list[Disclosable] = Field(default_factory=list, max_length=2, description="What you add to the rest.")
    phone: str = Field("", max_length=40)
    explanation_seal: str = Field("", max_length=100_000, description="From the consent screen.")
    idempotency_key: str = Field("", max_length=40, description="Sent twice, it asks once.")


class AcceptBody(BaseModel):
    """Your consent."""

    model_config = ConfigDict(extra="forbid")

    shown: str = Field("", max_length=64, description="The fingerprint from the consent screen.")
    disclose: list[Disclosable] = Field(default_factory=list, max_length=2)
    phone: str = Field("", max_length=40)


class DeclineBody(BaseModel):
    """A kind no."""

    model_config = ConfigDict(extra="forbid")

    reason: (
        Literal["no_capacity", "not_our_field", "wrong_stage", "already_cooperating", "unclear", "conflict"] | None
    ) = Field(None, description="What they read; without one, no answer seems to have come.")
    kind_words: str = Field("", max_length=500)


@blueprint.get("/introductions", summary="List introductions", tags=[_tag], responses={200: ListAnswer})
@permits(Permission.INTRODUCE)
def listed(query: ListQuery) -> Response:
    """One tab of your introductions."""
    wanted = queries.listed(g.viewer, query.tab)
    found = db.session.scalars(wanted.limit(query.limit).offset(query.offset)).unique()
    total = queries.counts(db.session, g.viewer)[query.tab]
    return jsonify(total=total, items=[_as_json(one) for one in found])


@blueprint.get("/introductions/<public_id>", summary="Read one", tags=[_tag], responses={200: IntroductionAnswer})
@permits(Permission.INTRODUCTION)
def read(path: Path) -> Response:
    """One introduction, with the contact where both sides agreed."""
    return jsonify(_as_json(queries.own_or_refuse(db.session, path.public_id, g.viewer)[0]))


@blueprint.get("/consent-screen", summary="See what you would disclose", tags=[_tag], responses={200: ScreenAnswer})
@permits(Permission.INTRODUCE)
def screen(query: ScreenQuery) -> Response:
    """Everything that you would or could disclose, and its fingerprint."""
    why: dict[str, Any] = {}
    if query.introduction:
        introduction, side = queries.own_or_refuse(db.session, query.introduction, g.viewer)
    elif query.about:
        target, made_for = target_or_refuse(query.about, query.made_for)
        introduction, side = operations.planned(asker(), target, made_for), Side.ASKER
        why = explanation.shown(db.session, g.viewer, made_for, asker(), target)
    else:
        return api.invalid(**{"introduction, about": _("expected one of them")})
    offered: Offer = queries.offer_of(db.session, introduction, side, acting_user())
    always = {str(name): offered.values[name] for name in operations.ALWAYS if name in offered.values}
    optional = {name: value for name, value in offered.values.items() if name not in always}
    return jsonify(
        always=always,
        optional=optional,
        shown=offered.digest,
        explanation=why,
        explanation_seal=explanation.sealed(why),
    )


@blueprint.post("/introductions", summary="Ask for one", tags=[_tag], responses={201: IntroductionAnswer})
@permits(Permission.INTRODUCE)
def ask(body: AskBody) -> Response:
    """Ask for an introduction; where one is active about the same thing, that one is given."""
    target, made_for = target_or_refuse(body.about, body.made_for)
    try:
        made, _new = operations.request(
            db.session,
            asker=asker(),
            target=target,
            answers=Answers(clean_text(body.sought), clean_text(body.unclear), clean_text(body.about_us)),
            agreement=_agreement(body),
            asked_with=made_for,
            explanation=explanation.opened(body.explanation_seal),
            key=clean_line(body.idempotency_key),
        )
    except operations.ShownChanged:
        return _changed()
    db.session.commit()
    return make_response(jsonify(_as_json(made)), 201)


@blueprint.post(
    "/introductions/<public_id>/renew", summary="Disclose anew", tags=[_tag], responses={200: IntroductionAnswer}
)
@permits(Permission.INTRODUCTION)
def renew(path: Path, body: AcceptBody) -> Response:
    """Let the other side see what has changed since you agreed."""
    introduction, side = queries.own_or_refuse(db.session, path.public_id, g.viewer)
    return _done(introduction, lambda: operations.renew_consent(db.session, introduction, side, _agreement(body)))


@blueprint.post("/introductions/<public_id>/accept", summary="Agree", tags=[_tag], responses={200: IntroductionAnswer})
@permits(Permission.INTRODUCTION)
def accept(path: Path, body: AcceptBody) -> Response:
    """Agree to disclose your side."""
    introduction, side = queries.own_or_refuse(db.session, path.public_id, g.viewer)
    return _done(introduction, lambda: operations.accept(db.session, introduction, side, _agreement(body)))


@blueprint.post(
    "/introductions/<public_id>/decline", summary="Decline", tags=[_tag], responses={200: IntroductionAnswer}
)
@permits(Permission.INTRODUCTION)
def decline(path: Path, body: DeclineBody) -> Response:
    """Say no, with a reason or silently."""
    introduction, side = queries.own_or_refuse(db.session, path.public_id, g.viewer)
    reason = DeclineReason(body.reason) if body.reason else None
    words = clean_text(body.kind_words)
    return _done(
        introduction,
        lambda: operations.decline(
            db.session, introduction, side, person=acting_user(), reason=reason, kind_words=words
        ),
    )


@blueprint.post(
    "/introductions/<public_id>/withdraw", summary="Take it back", tags=[_tag], responses={200: IntroductionAnswer}
)
@permits(Permission.INTRODUCTION)
def withdraw(path: Path) -> Response:
    """Take back a request, or end an introduction; nothing is disclosed any more."""
    introduction, side = queries.own_or_refuse(db.session, path.public_id, g.viewer)
    return _done(introduction, lambda: operations.withdraw(db.session, introduction, side, person=acting_user()))


def _done(introduction: Introduction, act: Callable[[], None]) -> Response:
    """The introduction after it was acted on; 409 where it had moved on, or the consent screen had."""
    try:
        act()
        db.session.commit()
    except operations.ShownChanged:
        return _changed()
    except operations.Moved:
        db.session.rollback()
        return make_response(*answer(409, _("The introduction has moved on; read it again.")))
    return jsonify(_as_json(introduction))


def _changed() -> Response:
    db.session.rollback()
    return make_response(
        *answer(409, _("What would be disclosed is not what was shown: read the consent screen again."))
    )


def acting_user() -> User:
    """Whose token it is."""
    return db.session.get_one(User, g.viewer.user_id)


def asker() -> Organisation:
    """The organisation that the token's owner acts for."""
    return db.session.get_one(Organisation, g.viewer.organisation_id)


def target_or_refuse(about: str, made_for: str = "") -> tuple[things.Target, Any]:
    """What is asked about, of another organisation, and what of one's own is behind it. Raises NotPermitted."""
    target = things.target_or_refuse(db.session, g.viewer, about)
    if target.organisation.id in g.viewer.organisation_ids:
        raise NotPermitted(about)
    return target, things.own_or_refuse(db.session, g.viewer, made_for) if made_for else None


def _agreement(body: AskBody | AcceptBody) -> Agreement:
    return Agreement(acting_user(), body.shown, frozenset({*body.disclose, "phone"}), clean_line(body.phone))


def _as_json(introduction: Introduction) -> dict[str, Any]:
    shown = presenting.shown(db.session, introduction, g.viewer)
    contact = queries.contact_for(introduction, g.viewer)
    declined_by_them = introduction.reason is not None and introduction.ended_by != shown.side
    return IntroductionAnswer(
        id=introduction.public_id,
        state=str(shown.state),  # type: ignore[arg-type]
        side=str(shown.side),  # type: ignore[arg-type]
        organisation=shown.name or None,
        about=[
            ThingAnswer(kind=str(one.kind), title=one.title, yours=one.own)  # type: ignore[arg-type]
            for one in shown.things
        ],
        sought=introduction.sought,
        unclear=introduction.unclear,
        about_us=introduction.about_us,
        waits_for_you=shown.to_answer,
        reason=str(introduction.reason) if declined_by_them else None,
        kind_words=introduction.kind_words if declined_by_them else "",
        requested_at=introduction.requested_at.isoformat(),
        expires_at=introduction.expires_at.isoformat(),
        explanation=explanation.for_side(db.session, introduction, shown.side),
        contact=dict(contact.values) if contact is not None else None,
        url=absolute_url("introductions.show", public_id=introduction.public_id),
    ).model_dump()
