"""Telling users, taking back what was told, and what users do with their inbox."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.mail import operations as outbox
from matchmaker.notifications import letters, queries
from matchmaker.notifications.kinds import DIGEST, FACT_LENGTH_MOST, KINDS, ByMail, Facts, Frequency, Kind
from matchmaker.notifications.models import DigestRhythm, Notification, NotificationPreference
from matchmaker.notifications.queries import Way


def tell(
    session: Session, user: User, kind: str, facts: Facts | None = None, *, key: str | None = None
) -> Notification | None:
    """Tell a user something in the caller's transaction, in the inbox and by mail, as the user prefers.

    With a ``key`` the same news is told once: a second time gives None. Raises ValueError for facts that are no names,
    numbers or days.
    """
    known = KINDS[kind]
    chosen = queries.way(session, user.id, known)
    told = Notification(
        user_id=user.id,
        kind=known.name,
        key=key,
        facts={name: _plain(name, value) for name, value in (facts or {}).items()},
        in_inbox=chosen.in_inbox,
        for_digest=chosen.by_mail is ByMail.DIGEST,
    )
    try:
        with session.begin_nested():
            session.add(told)
    except IntegrityError:
        if key is None:
            raise
        return None
    if chosen.by_mail is ByMail.AT_ONCE and user.active:
        _write(session, user, known, told)
    return told


def _plain(name: str, value: Any) -> str | int | None:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, int) or (isinstance(value, str) and len(value) <= FACT_LENGTH_MOST):
        return value
    raise ValueError(f"fact {name}: expected a name, a number or a day, got {type(value).__name__}")


def _write(session: Session, user: User, kind: Kind, told: Notification) -> None:
    told.mail_id = outbox.enqueue(session, to=user.email, **letters.write(user, kind, told)).id
    session.flush()


def retract(session: Session, kind: str, key: str) -> None:
    """Take back what was told under a key: out of every inbox, and out of the outbox where the mail still waits."""
    _take_back(session, Notification.kind == kind, Notification.key == key)


def retract_all(session: Session, kind: str, beginning: str) -> None:
    """The same for every key that begins like this."""
    _take_back(session, Notification.kind == kind, Notification.key.startswith(beginning, autoescape=True))


def _take_back(session: Session, *which: ColumnElement[bool]) -> None:
    told = select(Notification).where(*which)
    for notification in session.scalars(told).all():
        if notification.mail_id is not None:
            outbox.take_back(session, notification.mail_id)
        session.delete(notification)
    session.flush()


def mark_read(session: Session, notification: Notification, *, now: datetime) -> None:
    """Note that the reader has seen it."""
    notification.read_at = notification.read_at or now
    session.flush()


def mark_unread(session: Session, notification: Notification) -> None:
    """Put it back among what waits."""
    notification.read_at = None
    session.flush()


def mark_all_read(session: Session, newest: Notification, *, now: datetime) -> int:
    """Note that the reader has seen everything up to this one, the newest on the page; gives how many that were."""
    seen = session.execute(
        update(Notification)
        .where(
            Notification.user_id == newest.user_id,
            Notification.in_inbox,
            Notification.read_at.is_(None),
            Notification.id <= newest.id,
        )
        .values(read_at=now)
    )
    return int(seen.rowcount)  # type: ignore[attr-defined]


def prefer(session: Session, user_id: int, kind: Kind, way: Way) -> None:
    """Note how a user wants a kind of news. Raises ValueError for one that always comes."""
    if not kind.optional:
        raise ValueError(f"{kind.name} always comes")
    chosen = session.get(NotificationPreference, (user_id, kind.name))
    if chosen is None:
        chosen = NotificationPreference(user_id=user_id, kind=kind.name)
        session.add(chosen)
    chosen.in_inbox, chosen.by_mail = way.in_inbox, way.by_mail
    session.flush()


def choose_rhythm(session: Session, user_id: int, every: Frequency) -> None:
    """Note how often a user wants a digest."""
    rhythm = session.get(DigestRhythm, user_id)
    if rhythm is None:
        rhythm = DigestRhythm(user_id=user_id)
        session.add(rhythm)
    rhythm.every = every
    session.flush()


def stop_mails(session: Session, user_id: int, name: str) -> None:
    """Send a user no more mails of a kind, or no more digests; the inbox stays as it is."""
    if name == DIGEST:
        choose_rhythm(session, user_id, Frequency.NEVER)
    else:
        kind = KINDS[name]
        prefer(session, user_id, kind, Way(queries.way(session, user_id, kind).in_inbox, ByMail.NEVER))
