"""Reads about the outbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.mail.models import OutboxMessage


def due(session: Session, *, now: datetime, limit: int = 50) -> list[int]:
    """The ids of the mails to try now, the oldest first."""
    return list(
        session.scalars(
            select(OutboxMessage.id)
            .where(OutboxMessage.sent_at.is_(None), OutboxMessage.not_before <= now, OutboxMessage.expires_at > now)
            .order_by(OutboxMessage.id)
            .limit(limit)
        )
    )


def waiting(session: Session, *, now: datetime) -> int:
    """How many mails are still to be sent, now or later."""
    return (
        session.scalar(
            select(func.count(OutboxMessage.id)).where(OutboxMessage.sent_at.is_(None), OutboxMessage.expires_at > now)
        )
        or 0
    )
