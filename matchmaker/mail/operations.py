"""Writing mails into the outbox, and what happens to them there."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, or_, update
from sqlalchemy.orm import Session

from matchmaker.db import utcnow
from matchmaker.jobs import wake
from matchmaker.mail.models import OutboxMessage
from matchmaker.mail.queries import is_waiting

#: The job that sends mails.
JOB = "mail"
#: How long an attempt may take before another process may try.
LEASE = timedelta(minutes=2)
#: How long to wait after the first, second, … failed attempt; the last one repeats.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
#: After so many failures, about three days, nobody tries by himself any more.
ATTEMPTS_MOST = 22
#: How long the record of a mail that was sent or given up is kept.
KEPT = timedelta(days=30)

#: What stands as the last error of a mail that expired.
TOO_LATE = "expired"


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
    kind: str = "",
    calendar: str = "",
    calendar_method: str = "",
    lifetime: timedelta | None = None,
) -> OutboxMessage:
    """Write a mail into the outbox; it leaves after the commit, and not at all after a rollback.

    ``lifetime`` is for a mail that is worth nothing later, such as one with a link that expires: it is dropped then.
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
        kind=kind,
        calendar=calendar,
        calendar_method=calendar_method,
        message_id=secrets.token_hex(16),
        expires_at=utcnow() + lifetime if lifetime is not None else None,
    )
    session.add(message)
    session.flush()
    wake(session, JOB)
    return message


def claim(session: Session, message_id: int, *, now: datetime) -> bool:
    """Take a mail for one attempt. False where another process was faster or nothing is left to do."""
    taken: CursorResult[object] = session.execute(  # type: ignore[assignment]
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, is_waiting(now), OutboxMessage.not_before <= now)
        .values(not_before=now + LEASE, attempts=OutboxMessage.attempts + 1)
    )
    return taken.rowcount == 1


def take_back(session: Session, message_id: int) -> None:
    """Let a mail that still waits never leave."""
    session.execute(delete(OutboxMessage).where(OutboxMessage.id == message_id, OutboxMessage.sent_at.is_(None)))


# A mail may be taken back while it is being sent; so what became of it is noted on the row, if there still is one.


def mark_sent(session: Session, message_id: int, *, now: datetime) -> None:
    """Note that the mail left, and forget what it said."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id)
        .values(sent_at=now, last_error="", text="", html="", calendar="", given_up_at=None)
    )


def postpone(session: Session, message_id: int, error: str, *, now: datetime) -> None:
    """Note a failed attempt, and when to try again; after too many of them nobody does."""
    message = session.get(OutboxMessage, message_id)
    if message is None:
        return
    message.last_error = error[:200]
    message.not_before = now + WAITS[min(message.attempts, len(WAITS)) - 1]
    if message.attempts >= ATTEMPTS_MOST:
        message.given_up_at = now
    session.flush()


def give_up(session: Session, message_id: int, error: str, *, now: datetime) -> None:
    """Note that the mail server refuses this mail for good."""
    session.execute(
        update(OutboxMessage).where(OutboxMessage.id == message_id).values(last_error=error[:200], given_up_at=now)
    )


def try_again(session: Session, message: OutboxMessage, *, now: datetime) -> None:
    """Give a mail that was given up as many attempts as a new one."""
    message.given_up_at, message.attempts, message.not_before = None, 0, now
    session.flush()
    wake(session, JOB)


def drop(session: Session, message: OutboxMessage) -> None:
    """Forget a mail that was given up."""
    session.delete(message)
    session.flush()


def tidy(session: Session, *, now: datetime) -> None:
    """Give up expired mails and forget what they said; drop the records of long ago."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.sent_at.is_(None), OutboxMessage.expires_at <= now, OutboxMessage.text != "")
        .values(text="", html="", calendar="", given_up_at=now, last_error=TOO_LATE)
    )
    session.execute(
        delete(OutboxMessage).where(or_(OutboxMessage.sent_at < now - KEPT, OutboxMessage.given_up_at < now - KEPT))
    )
