"""Reads about what users were told, and how they want to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from matchmaker.notifications.kinds import KINDS, ByMail, Frequency, Kind
from matchmaker.notifications.models import DigestRhythm, Notification, NotificationPreference
from matchmaker.paging import Page, paginate
from matchmaker.permissions import NotPermitted


@dataclass(frozen=True)
class Way:
    """How a kind of news reaches a reader."""

    in_inbox: bool
    by_mail: ByMail


def way(session: Session, user_id: int, kind: Kind) -> Way:
    """How a user is told of a kind: as they chose, where there is a choice."""
    chosen = session.get(NotificationPreference, (user_id, kind.name)) if kind.optional else None
    if chosen is None:
        return Way(True, kind.by_mail)
    return Way(chosen.in_inbox, chosen.by_mail)


def ways(session: Session, user_id: int) -> dict[str, Way]:
    """How a user is told of every kind there is."""
    rows = session.scalars(select(NotificationPreference).where(NotificationPreference.user_id == user_id))
    chosen = {row.kind: Way(row.in_inbox, row.by_mail) for row in rows}
    return {
        name: chosen.get(name, Way(True, kind.by_mail)) if kind.optional else Way(True, kind.by_mail)
        for name, kind in KINDS.items()
    }


def rhythm(session: Session, user_id: int) -> Frequency:
    """How often a user wants a digest."""
    row = session.get(DigestRhythm, user_id)
    return row.every if row else Frequency.WEEKLY


def unread(session: Session, user_id: int) -> int:
    """How many notifications wait in a user's inbox."""
    return (
        session.scalar(
            select(func.count(Notification.id)).where(
                Notification.user_id == user_id, Notification.in_inbox, Notification.read_at.is_(None)
            )
        )
        or 0
    )


def inbox(session: Session, user_id: int, *, page: int = 1, url: Callable[[int], str] = str) -> Page:
    """What a user was told: unread first, then the newest. Beyond the last page is the last page."""
    wanted = (
        select(Notification)
        # A kind that no slice registers any more can't be shown.
        .where(Notification.user_id == user_id, Notification.in_inbox, Notification.kind.in_(KINDS))
        .order_by(case((Notification.read_at.is_(None), 0), else_=1), Notification.id.desc())
    )
    return paginate(session, wanted, page, url)


def own_or_refuse(session: Session, public_id: str, user_id: int | None) -> Notification:
    """A user's own notification. Raises NotPermitted where it does not exist or is somebody else's."""
    found = session.scalar(
        select(Notification).where(
            Notification.public_id == public_id, Notification.user_id == user_id, Notification.kind.in_(KINDS)
        )
    )
    if found is None:
        raise NotPermitted(public_id)
    return found
