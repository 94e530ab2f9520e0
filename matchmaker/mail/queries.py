"""Reads about the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.mail.models import OutboxMessage
from matchmaker.permissions import NotPermitted


def is_waiting(now: datetime) -> ColumnElement[bool]:
    """Whether a mail is still to be sent, now or later."""
    return and_(
        OutboxMessage.sent_at.is_(None),
        OutboxMessage.given_up_at.is_(None),
        or_(OutboxMessage.expires_at.is_(None), OutboxMessage.expires_at > now),
    )


def due(session: Session, *, now: datetime, limit: int = 200) -> list[int]:
    """The ids of the mails to try now: those that were tried least often first, of these the oldest."""
    return list(
        session.scalars(
            select(OutboxMessage.id)
            .where(is_waiting(now), OutboxMessage.not_before <= now)
            .order_by(OutboxMessage.attempts, OutboxMessage.id)
            .limit(limit)
        )
    )


@dataclass(frozen=True)
class Stand:
    """The outbox in numbers."""

    waiting: int
    #: How many of those that wait have failed before.
    failing: int
    #: When the oldest of those that wait was written.
    oldest: datetime | None
    given_up: int
    last_sent: datetime | None


def stand(session: Session, *, now: datetime) -> Stand:
    """Where the outbox stands."""
    waiting = is_waiting(now)
    row = session.execute(
        select(
            func.coalesce(func.sum(case((waiting, 1), else_=0)), 0),
            func.coalesce(func.sum(case((and_(waiting, OutboxMessage.last_error != ""), 1), else_=0)), 0),
            func.min(case((waiting, OutboxMessage.created_at))),
            func.coalesce(func.sum(case((OutboxMessage.given_up_at.is_not(None), 1), else_=0)), 0),
            func.max(OutboxMessage.sent_at),
        )
    ).one()
    return Stand(*row)


def given_up() -> Select[OutboxMessage]:
    """The mails that nobody will try again by himself, the latest first."""
    latest_first = OutboxMessage.given_up_at.desc(), OutboxMessage.id.desc()
    return select(OutboxMessage).where(OutboxMessage.given_up_at.is_not(None)).order_by(*latest_first)


def given_up_or_refuse(session: Session, message_id: str) -> OutboxMessage:
    """A mail that was given up. Raises NotPermitted where there is none."""
    found = session.scalar(
        select(OutboxMessage).where(OutboxMessage.message_id == message_id, OutboxMessage.given_up_at.is_not(None))
    )
    if found is None:
        raise NotPermitted(message_id)
    return found
