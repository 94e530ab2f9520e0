"""What came of introductions, and the stories about it, as JSON resources."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response, g, jsonify, make_response
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.db import EditConflict, db
from matchmaker.errors import answer
from matchmaker.introductions.api import Path, acting_user
from matchmaker.introductions.models import Introduction, Side
from matchmaker.introductions.queries import own_or_refuse
from matchmaker.outcomes import operations, queries
from matchmaker.outcomes.models import AgreementKind, Outcome, OutcomeKind, Story
from matchmaker.paging import paginate
from matchmaker.permissions import NotPermitted, Permission, permits
from matchmaker.texts import clean_line, clean_text

blueprint = api.blueprint("outcomes")
_tag = Tag(name="introductions")

Currency = Literal["EUR", "SEK", "DKK", "NOK", "GBP", "USD"]


class OutcomePath(Path):
    """Which outcome."""

    outcome_id: str = Field(max_length=12, description="The outcome's public id.")


class OutcomeReading(BaseModel):
    """One thing that came of an introduction, as each side says for itself."""

    id: str
    kind: OutcomeKind
    agreement: AgreementKind | None
    amount: int | None = Field(description="Whole units of the currency.")
    currency: str
    note: str
    yours: bool = Field(description="Whether your side said it first.")
    you_say: bool | None = Field(description="That it is so, that it is not, or nothing yet.")
    they_say: bool | None
    confirmed: bool = Field(description="Both sides say that it is so; only then a cluster counts it.")
    created_at: datetime


class StoryReading(BaseModel):
    """The story of an introduction."""

    title: str
    text: str
    version: int = Field(description="Send it back when you write the story anew.")
    shown: str = Field(description="The fingerprint of these very words; send it with your consent.")
    you_agreed: bool
    they_agreed: bool
    published_at: datetime | None = Field(description="Public only while both sides agree to these very words.")


class OutcomesAnswer(BaseModel):
    """What came of an introduction, in the order it was said."""

    outcomes: list[OutcomeReading]
    story: StoryReading | None


class ReportBody(BaseModel):
    """What came of it."""

    model_config = ConfigDict(extra="forbid")

    kind: OutcomeKind
    agreement: AgreementKind | None = Field(None, description="An agreement needs its kind.")
    amount: int | None = Field(None, ge=1, le=1_000_000_000, description="An application needs its amount.")
    currency: Currency = "EUR"
    note: str = Field("", max_length=500, description="“nothing” needs to say why.")


class SayBody(BaseModel):
    """What your side says of an outcome."""

    model_config = ConfigDict(extra="forbid")

    said: Literal["yes", "no", "take-back"] = Field(
        description="It is so; it is not; or you take back what you said first."
    )


class StoryBody(BaseModel):
    """What two did together, for everybody to read."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=120)
    text: str = Field(min_length=1, max_length=3_000)
    version: int = Field(0, ge=0, le=2**31 - 1, description="The version you read; 0 for the first story.")


class ConsentBody(BaseModel):
    """Your consent to publishing it under both names, or its end."""

    model_config = ConfigDict(extra="forbid")

    shown: str = Field("", max_length=64, description="The fingerprint of the words you agree to.")
    take_back: bool = False


class PublishedStory(BaseModel):
    """A story that both sides published."""

    title: str
    text: str
    organisations: list[str]
    published_at: datetime


class StoriesAnswer(api.PageAnswer):
    """One page of stories, the latest first."""

    items: list[PublishedStory]


@blueprint.get("/stories", summary="Read success stories", tags=[_tag], responses={200: StoriesAnswer})
@permits(Permission.BROWSE)
def stories(query: api.PageQuery) -> Response:
    """What members did together, told with both sides' consent; 20 a page."""
    page = paginate(db.session, queries.published(), query.page, str)
    items = [
        PublishedStory(
            title=one.title,
            text=one.text,
            organisations=[one.introduction.organisation_of(side).name for side in Side],
            published_at=one.published_at,
        ).model_dump(mode="json")
        for one in page.items
    ]
    return jsonify(page.in_json(items))


@blueprint.get(
    "/introductions/<public_id>/outcomes", summary="Read what came of it", tags=[_tag], responses={200: OutcomesAnswer}
)
@permits(Permission.INTRODUCTION)
def read(path: Path) -> Response:
    """Everything that either side says came of it, and the story."""
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    story = queries.story_of(db.session, introduction)
    return jsonify(
        outcomes=[_as_json(one, side) for one in queries.outcomes_of(db.session, introduction)],
        story=_story_as_json(story, side) if story is not None else None,
    )


@blueprint.post(
    "/introductions/<public_id>/outcomes", summary="Say what came of it", tags=[_tag], responses={201: OutcomeReading}
)
@permits(Permission.INTRODUCTION)
def report(path: Path, body: ReportBody) -> Response:
    """Say it for your own side; the other is asked to confirm."""
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    try:
        made = operations.report(
            db.session,
            introduction,
            side,
            acting_user(),
            body.kind,
            agreement=body.agreement,
            amount=body.amount,
            currency=body.currency,
            note=clean_text(body.note),
        )
    except operations.Incomplete:
        return api.invalid(kind=_("An agreement needs its kind, an application its amount, and “nothing” its reason."))
    except operations.NotIntroduced:
        return _holds_no_longer()
    db.session.commit()
    return make_response(jsonify(_as_json(made, side)), 201)


@blueprint.post(
    "/introductions/<public_id>/outcomes/<outcome_id>",
    summary="Confirm, see it differently, or take it back", tags=[_tag], responses={200: OutcomeReading},
)  # fmt: skip
@permits(Permission.INTRODUCTION)
def say(path: OutcomePath, body: SayBody) -> Response:
    """Each side says for itself whether it is so; only who said it first can take it back."""
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    outcome = queries.outcome_or_refuse(db.session, introduction, path.outcome_id)
    if body.said != "take-back":
        operations.say(db.session, outcome, side, acting_user(), agrees=body.said == "yes")
    elif outcome.side == side:
        operations.take_back(db.session, outcome)
    else:
        return make_response(*answer(409, _("The other side said it; you can see it differently.")))
    db.session.commit()
    return jsonify(_as_json(outcome, side))


@blueprint.post(
    "/introductions/<public_id>/story", summary="Write the story", tags=[_tag], responses={201: StoryReading}
)
@permits(Permission.INTRODUCTION)
def tell(path: Path, body: StoryBody) -> Response:
    """Write it, or write it anew; the other side has to agree to its very words."""
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    title, text = clean_line(body.title), clean_text(body.text)
    if not title or not text:
        return api.invalid(**{"title, text": _("expected words, found none")})
    try:
        made = operations.tell_story(
            db.session, introduction, side, acting_user(), title=title, text=text, version=body.version
        )
        db.session.commit()
    except EditConflict:
        return _words_changed()
    except operations.NotIntroduced:
        return _holds_no_longer()
    return make_response(jsonify(_story_as_json(made, side)), 201)


@blueprint.post(
    "/introductions/<public_id>/story/consent", summary="Agree to publish", tags=[_tag], responses={200: StoryReading}
)
@permits(Permission.INTRODUCTION)
def consent(path: Path, body: ConsentBody) -> Response:
    """Agree to the very words, or take that back; published is what both sides agree to."""
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    story = _story_or_refuse(introduction)
    try:
        if body.take_back:
            operations.withdraw_story(db.session, story, side, acting_user())
        else:
            operations.agree_to_story(db.session, story, side, acting_user(), shown=body.shown)
        db.session.commit()
    except EditConflict:
        return _words_changed()
    return jsonify(_story_as_json(story, side))


def _story_or_refuse(introduction: Introduction) -> Story:
    story = queries.story_of(db.session, introduction)
    if story is None:
        raise NotPermitted(introduction.public_id)
    return story


def _holds_no_longer() -> Response:
    db.session.rollback()
    return make_response(*answer(409, _("The introduction holds no longer.")))


def _words_changed() -> Response:
    db.session.rollback()
    return make_response(*answer(409, _("The words have changed since you read them; read them again.")))


def _as_json(outcome: Outcome, side: Side) -> dict[str, Any]:
    return OutcomeReading(
        id=outcome.public_id,
        kind=outcome.kind,
        agreement=outcome.agreement,
        amount=outcome.amount,
        currency=outcome.currency,
        note=outcome.note,
        yours=outcome.side == side,
        you_say=outcome.said_by(side),
        they_say=outcome.said_by(side.other),
        confirmed=outcome.confirmed,
        created_at=outcome.created_at,
    ).model_dump(mode="json")


def _story_as_json(story: Story, side: Side) -> dict[str, Any]:
    return StoryReading(
        title=story.title,
        text=story.text,
        version=story.version,
        shown=operations.digest_of(story.title, story.text),
        you_agreed=story.consent_of(side) is not None,
        they_agreed=story.consent_of(side.other) is not None,
        published_at=story.published_at,
    ).model_dump(mode="json")
