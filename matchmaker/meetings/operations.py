"""Finding a time: propose, pick, move, cancel, and say afterwards whether it took place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.db import utcnow
from matchmaker.introductions.models import Introduction, IntroductionState, Side
from matchmaker.meetings import invitations, notifications
from matchmaker.meetings.models import Held, Meeting, MeetingAnswer, MeetingState, Slot

#: Times that one proposal names at most, and how far ahead they may lie.
TIMES_MOST = 5
FARTHEST = timedelta(days=730)


class NotIntroduced(Exception):
    """Only two who are introduced meet."""


class NoTimes(Exception):
    """A proposal needs one to five times, all ahead and within two years."""


class Settled(Exception):
    """Somebody was faster: the meeting is fixed, moved or cancelled already."""


def propose(
    session: Session,
    introduction: Introduction,
    side: Side,
    *,
    times: Sequence[datetime],
    minutes: int,
    zone: str,
    place: str = "",
) -> Meeting:
    """Propose times, or other ones than before; the other side is told.

    A meeting that was fixed keeps its time until another is picked. Raises NotIntroduced and NoTimes.
    """
    session.refresh(introduction, with_for_update=True)
    if introduction.state != IntroductionState.ACCEPTED:
        raise NotIntroduced
    chosen = sorted(dict.fromkeys(times))
    if not 1 <= len(chosen) <= TIMES_MOST or not all(lies_ahead(one) for one in chosen):
        raise NoTimes
    meeting = under_way(session, introduction)
    if meeting is None:
        meeting = Meeting(introduction=introduction)
        session.add(meeting)
    meeting.side, meeting.minutes, meeting.zone, meeting.place = side, minutes, zone, place
    meeting.slots = [Slot(starts_at=one) for one in chosen]
    if meeting.starts_at is None:
        meeting.state = MeetingState.PROPOSED
    try:
        session.flush()
    except IntegrityError as error:
        raise Settled from error
    notifications.tell_proposed(session, introduction, side.other)
    return meeting


def lies_ahead(time: datetime) -> bool:
    """Whether somebody may propose this time."""
    now = utcnow()
    return now < time <= now + FARTHEST


def pick(session: Session, meeting: Meeting, side: Side, slot_id: int) -> None:
    """Fix one of the proposed times; both get an invitation, or its update. Raises NotIntroduced and Settled."""
    introduction = meeting.introduction
    session.refresh(introduction, with_for_update=True)
    session.refresh(meeting)
    slot = next((one for one in meeting.slots if one.id == slot_id), None)
    if introduction.state != IntroductionState.ACCEPTED:
        raise NotIntroduced
    if meeting.state == MeetingState.CANCELLED or meeting.side == side or slot is None:
        raise Settled
    if meeting.starts_at is not None:
        meeting.sequence += 1
    meeting.state, meeting.starts_at, meeting.slots = MeetingState.FIXED, slot.starts_at, []
    session.flush()
    invitations.send(session, meeting)


def cancel(session: Session, meeting: Meeting, side: Side) -> None:
    """Call a meeting off; where it was fixed, both calendars are told. Raises Settled."""
    session.refresh(meeting.introduction, with_for_update=True)
    session.refresh(meeting)
    if not meeting.under_way:
        raise Settled
    _call_off(session, meeting)


def end_with(session: Session, introduction: Introduction, erased: Side | None = None) -> None:
    """Call off what lies ahead of two whose introduction ends; it must still hold, or no calendar is reached.

    A side that is being erased gets no letter and is named in none.
    """
    meeting = under_way(session, introduction)
    if meeting is None:
        return
    session.refresh(meeting)
    if meeting.starts_at is None or meeting.starts_at > utcnow():
        _call_off(session, meeting, erased)


def _call_off(session: Session, meeting: Meeting, erased: Side | None = None) -> None:
    was_fixed = meeting.starts_at is not None
    meeting.state, meeting.under_way, meeting.slots = MeetingState.CANCELLED, False, []
    if was_fixed:
        meeting.sequence += 1
        session.flush()
        invitations.send(session, meeting, cancelled=True, erased=erased)
    session.flush()


def say_held(session: Session, meeting: Meeting, side: Side, user: User, held: Held) -> None:
    """Say whether a meeting took place; each side for itself, and again if it erred. Raises Settled before its time."""
    session.refresh(meeting)
    if meeting.state != MeetingState.FIXED or meeting.starts_at is None or meeting.starts_at > utcnow():
        raise Settled
    given = session.get(MeetingAnswer, (meeting.id, side))
    if given is None:
        meeting.answers.append(MeetingAnswer(side=side, user_id=user.id, held=held))
    else:
        given.held, given.user_id, given.answered_at = held, user.id, utcnow()
    meeting.under_way = False
    session.flush()


def ask_due(session: Session, now: datetime) -> int:
    """Ask both sides about meetings that are over; gives how many meetings."""
    due = session.scalars(
        select(Meeting).where(
            Meeting.state == MeetingState.FIXED,
            Meeting.asked_at.is_(None),
            Meeting.starts_at < now - timedelta(hours=1),
        )
    ).all()
    asked = 0
    for meeting in due:
        if meeting.ends_at is None or meeting.ends_at > now:
            continue
        meeting.asked_at = now
        for side in Side:
            if meeting.answer_of(side) is None:
                notifications.ask(session, meeting, side)
        asked += 1
    session.flush()
    return asked


def under_way(session: Session, introduction: Introduction) -> Meeting | None:
    """The meeting that is being found or lies ahead."""
    return session.scalar(select(Meeting).where(Meeting.introduction_id == introduction.id, Meeting.under_way))
