"""Writing mails into the outbox, and what happens to them there."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, or_, update
from sqlalchemy.orm import Session

from matchmaker.db import utcnow
from matchmaker.mail.models import OutboxMessage

#: How long a mail is tried at most.
LIFETIME = timedelta(days=3)
#: How long an attempt may take before another process may try.
LEASE = timedelta(minutes=2)
#: How long to wait after the first, second, … failed attempt; the last one repeats.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
#: How long the record of a sent mail is kept.
KEPT = timedelta(days=30)

#: Marks a session in which mails wait for the commit.
ENQUEUED = "mail enqueued"


class UnsafeHeader(ValueError):
    """An address or subject holds a line break, by which somebody could add headers of their own."""


def enqueue(
    session: Session,
    *,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    unsubscribe_url: str = "",
    lifetime: timedelta = LIFETIME,
) -> OutboxMessage:
    """Write a mail into the outbox; it leaves after the commit, and not at all after a rollback.

    Raises UnsafeHeader for a line break in the address or the subject.
    """
    for what, value in (("address", to), ("subject", subject)):
        if len(value.splitlines()) != 1 or any(ord(character) < 32 for character in value):
            raise UnsafeHeader(f"mail {what}: expected one line, found {len(value.splitlines())}")
    if to.count("@") != 1 or any(character in to for character in ",;<> "):
        raise UnsafeHeader("mail address: expected exactly one plain address, found something else")
    message = OutboxMessage(
        to=to,
        subject=subject[:200],
        text=text,
        html=html,
        unsubscribe_url=unsubscribe_url,
        message_id=f"<{secrets.token_hex(16)}@{to.rpartition('@')[2]}>",
        expires_at=utcnow() + lifetime,
    )
    session.add(message)
    session.flush()
    session.info[ENQUEUED] = True
    return message


def claim(session: Session, message_id: int, *, now: datetime) -> bool:
    """Take a mail for one attempt. False where another process was faster or nothing is left to do."""
    taken: CursorResult[object] = session.execute(  # type: ignore[assignment]
        update(OutboxMessage)
        .where(
            OutboxMessage.id == message_id,
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.not_before <= now,
            OutboxMessage.expires_at > now,
        )
        .values(not_before=now + LEASE, attempts=OutboxMessage.attempts + 1)
    )
    return taken.rowcount == 1


def take_back(session: Session, message_id: int) -> None:
    """Let a mail that still waits never leave."""
    session.execute(delete(OutboxMessage).where(OutboxMessage.id == message_id, OutboxMessage.sent_at.is_(None)))


def mark_sent(message: OutboxMessage, *, now: datetime) -> None:
    """Note that the mail left, and forget what it said."""
    message.sent_at = now
    message.last_error = ""
    message.text = message.html = ""


def postpone(message: OutboxMessage, error: str, *, now: datetime) -> None:
    """Note a failed attempt, and when to try again."""
    message.last_error = error[:200]
    message.not_before = now + WAITS[min(message.attempts, len(WAITS)) - 1]


def tidy(session: Session, *, now: datetime) -> None:
    """Forget what expired mails said, and drop the records of long ago."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.sent_at.is_(None), OutboxMessage.expires_at <= now, OutboxMessage.text != "")
        .values(text="", html="")
    )
    session.execute(
        delete(OutboxMessage).where(or_(OutboxMessage.sent_at < now - KEPT, OutboxMessage.expires_at < now - KEPT))
    )
