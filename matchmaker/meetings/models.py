"""Meetings, the times proposed for them, and what each side says of them afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db import Model, OneOf, PublicId, Versioned, utcnow
from matchmaker.introductions.models import Introduction, Side


class MeetingState(StrEnum):
    """Where a meeting stands."""

    #: One side proposed times; the other has yet to pick one.
    PROPOSED = "proposed"
    #: A time is picked, and both have it in their calendars.
    FIXED = "fixed"
    #: It will not take place.
    CANCELLED = "cancelled"


class Held(StrEnum):
    """What a side says afterwards; gently, because the reason is nobody's business."""

    #: We met.
    YES = "yes"
    #: We could not make it.
    WE_COULD_NOT = "we_could_not"
    #: We were there and did not meet anybody.
    MISSED_THEM = "missed_them"


class Meeting(PublicId, Versioned, Model):
    """A meeting of two sides. At most one of an introduction is under way at a time."""

    __tablename__ = "meeting"
    __table_args__ = (
        Index(
            "ux_meeting_under_way", "introduction_id",
            unique=True, sqlite_where=text("under_way"), postgresql_where=text("under_way"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"), index=True)
    #: Who proposed the present times.
    side: Mapped[Side] = mapped_column(OneOf(Side, 5))
    state: Mapped[MeetingState] = mapped_column(OneOf(MeetingState, 10), default=MeetingState.PROPOSED)
    #: Whether it is neither cancelled nor over and answered.
    under_way: Mapped[bool] = mapped_column(default=True)
    minutes: Mapped[int] = mapped_column(default=45)
    #: The time zone in which the times were typed and are shown.
    zone: Mapped[str] = mapped_column(String(40), default="Europe/Berlin")
    place: Mapped[str] = mapped_column(String(300), default="")
    starts_at: Mapped[datetime | None]
    #: Counts the invitations, so that calendars know which is the newest.
    sequence: Mapped[int] = mapped_column(default=0)
    #: Since when both are asked whether it took place.
    asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    introduction: Mapped[Introduction] = relationship()
    slots: Mapped[list[Slot]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Slot.starts_at"
    )
    answers: Mapped[list[MeetingAnswer]] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    @property
    def ends_at(self) -> datetime | None:
        return self.starts_at + timedelta(minutes=self.minutes) if self.starts_at else None

    def answer_of(self, side: Side) -> Held | None:
        return next((answer.held for answer in self.answers if answer.side == side), None)


class Slot(Model):
    """One proposed time."""

    __tablename__ = "meeting_slot"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]


class MeetingAnswer(Model):
    """What a side says of a meeting that was planned."""

    __tablename__ = "meeting_answer"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    side: Mapped[Side] = mapped_column(OneOf(Side, 5), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    held: Mapped[Held] = mapped_column(OneOf(Held, 15))
    answered_at: Mapped[datetime] = mapped_column(default=utcnow)
