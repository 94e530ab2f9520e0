"""Meetings as a JSON resource: the same times, the same two sides, the same invitations as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from flask import Response, g, jsonify, make_response
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.db import db
from matchmaker.errors import answer
from matchmaker.introductions.api import Path, acting_user
from matchmaker.introductions.models import Side
from matchmaker.introductions.queries import own_or_refuse
from matchmaker.meetings import operations, queries
from matchmaker.meetings.models import Held, Meeting, MeetingState
from matchmaker.permissions import Permission, permits
from matchmaker.texts import clean_line

blueprint = api.blueprint("meetings")
_tag = Tag(name="introductions")


class MeetingPath(Path):
    """Which meeting."""

    meeting_id: str = Field(max_length=12, description="The meeting's public id.")


class MeetingReading(BaseModel):
    """A meeting as your side reads it."""

    id: str
    state: MeetingState
    proposed_by_you: bool = Field(description="Whether the times below are yours; then the other side picks.")
    times: list[datetime] = Field(description="Proposed and not picked yet; beside a fixed time: other times instead.")
    starts_at: datetime | None = Field(description="The time that was picked.")
    minutes: int
    zone: str = Field(description="The time zone in which people read the times.")
    place: str
    you_said: Held | None = Field(description="What your side said of whether it took place.")


class MeetingsAnswer(BaseModel):
    """The meetings of an introduction, the latest first."""

    meetings: list[MeetingReading]


class ProposeBody(BaseModel):
    """Times to choose from."""

    model_config = ConfigDict(extra="forbid")

    times: list[AwareDatetime] = Field(
        min_length=1, max_length=operations.TIMES_MOST, description="All ahead, within the next two years."
    )
    minutes: Literal[30, 45, 60, 90, 120] = 45
    zone: Literal["Europe/Berlin", "Europe/Stockholm", "Europe/London", "Europe/Helsinki", "UTC"] = "Europe/Berlin"
    place: str = Field("", max_length=300, description="A place or a video link.")


class PickBody(BaseModel):
    """One of the proposed times."""

    model_config = ConfigDict(extra="forbid")

    starts_at: AwareDatetime


class HeldBody(BaseModel):
    """Whether it took place."""

    model_config = ConfigDict(extra="forbid")

    held: Held


@blueprint.get(
    "/introductions/<public_id>/meetings", summary="List meetings", tags=[_tag], responses={200: MeetingsAnswer}
)
@permits(Permission.INTRODUCTION)
def listed(path: Path) -> Response:
    """The meetings of two who are introduced."""
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    return jsonify(meetings=[_as_json(one, side) for one in queries.meetings_of(db.session, introduction)])


@blueprint.post(
    "/introductions/<public_id>/meetings", summary="Propose times", tags=[_tag], responses={201: MeetingReading}
)
@permits(Permission.INTRODUCTION)
def propose(path: Path, body: ProposeBody) -> Response:
    """Propose times, or other ones than before; a fixed time stays until another is picked."""
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    try:
        made = operations.propose(
            db.session,
            introduction,
            side,
            times=body.times,
            minutes=body.minutes,
            zone=body.zone,
            place=clean_line(body.place),
        )
        db.session.commit()
    except operations.NoTimes:
        db.session.rollback()
        return api.invalid(times=_("expected times within the next two years"))
    except (operations.NotIntroduced, operations.Settled):
        return _moved()
    return make_response(jsonify(_as_json(made, side)), 201)


@blueprint.post(
    "/introductions/<public_id>/meetings/<meeting_id>/pick",
    summary="Pick a time", tags=[_tag], responses={200: MeetingReading},
)  # fmt: skip
@permits(Permission.INTRODUCTION)
def pick(path: MeetingPath, body: PickBody) -> Response:
    """Fix one of the times that the other side proposed; both get an invitation by mail."""

    def act(meeting: Meeting, side: Side) -> None:
        slot = next((one for one in meeting.slots if one.starts_at == body.starts_at), None)
        operations.pick(db.session, meeting, side, slot.id if slot is not None else 0)

    return _acted(path, act)


@blueprint.post(
    "/introductions/<public_id>/meetings/<meeting_id>/cancel",
    summary="Cancel a meeting", tags=[_tag], responses={200: MeetingReading},
)  # fmt: skip
@permits(Permission.INTRODUCTION)
def cancel(path: MeetingPath) -> Response:
    """Call it off; where it stood in calendars, it is taken out."""
    return _acted(path, lambda meeting, side: operations.cancel(db.session, meeting, side))


@blueprint.post(
    "/introductions/<public_id>/meetings/<meeting_id>/held",
    summary="Say whether it took place", tags=[_tag], responses={200: MeetingReading},
)  # fmt: skip
@permits(Permission.INTRODUCTION)
def held(path: MeetingPath, body: HeldBody) -> Response:
    """Say so for your own side; the latest word counts."""
    return _acted(path, lambda meeting, side: operations.say_held(db.session, meeting, side, acting_user(), body.held))


def _acted(path: MeetingPath, act: Callable[[Meeting, Side], None]) -> Response:
    """The meeting after it was acted on; 409 where it, or the introduction, had moved on."""
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    meeting = queries.meeting_or_refuse(db.session, introduction, path.meeting_id)
    try:
        act(meeting, side)
        db.session.commit()
    except (operations.NotIntroduced, operations.Settled):
        return _moved()
    return jsonify(_as_json(meeting, side))


def _moved() -> Response:
    db.session.rollback()
    return make_response(*answer(409, _("The meeting or the introduction has moved on; read it again.")))


def _as_json(meeting: Meeting, side: Side) -> dict[str, Any]:
    return MeetingReading(
        id=meeting.public_id,
        state=meeting.state,
        proposed_by_you=meeting.side == side,
        times=[slot.starts_at for slot in meeting.slots] if meeting.under_way else [],
        starts_at=meeting.starts_at,
        minutes=meeting.minutes,
        zone=meeting.zone,
        place=meeting.place,
        you_said=meeting.answer_of(side),
    ).model_dump(mode="json")
