"""Whose digest is due, and what would stand in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import SignIn, User
from matchmaker.clusters.models import Organisation
from matchmaker.clusters.queries import viewer_for
from matchmaker.digest.models import NamedInDigest
from matchmaker.items.queries import live
from matchmaker.needs.models import Need
from matchmaker.notifications.kinds import KINDS, Frequency
from matchmaker.notifications.models import DigestRhythm, Notification
from matchmaker.permissions import Viewer
from matchmaker.suggestions.queries import suggest_for_need

#: How long a digest takes to come round.
PERIODS = {
    Frequency.DAILY: timedelta(days=1),
    Frequency.WEEKLY: timedelta(days=7),
    Frequency.MONTHLY: timedelta(days=30),
}
#: How long to wait before looking again for a reader who had nothing to be told.
PAUSE = timedelta(hours=20)
#: Bands that are worth a mail.
GOOD = ("strong", "good")
#: Needs that are looked at, and partners named for each.
NEEDS_MOST, PARTNERS_MOST = 5, 3


@dataclass(frozen=True)
class Idea:
    """Partners for one need."""

    need: Need
    partners: list[Organisation]


@dataclass(frozen=True)
class Contents:
    """What stands in a digest."""

    news: list[Notification]
    ideas: list[Idea]

    def __bool__(self) -> bool:
        return bool(self.news or self.ideas)


def is_due(every: Frequency, since: datetime, looked_at: datetime | None, *, now: datetime) -> bool:
    """Whether a reader's digest may be written now: its time has come round, and nobody has just looked."""
    if every is Frequency.NEVER or since > now - PERIODS[every]:
        return False
    return looked_at is None or looked_at <= now - PAUSE


def due(session: Session, *, now: datetime) -> list[int]:
    """The ids of the users whose digest may be written now."""
    every = func.coalesce(DigestRhythm.every, Frequency.WEEKLY)
    oldest = case(*((every == str(frequency), now - period) for frequency, period in PERIODS.items()))
    return list(
        session.scalars(
            select(User.id)
            .outerjoin(DigestRhythm, DigestRhythm.user_id == User.id)
            .where(
                User.active,
                User.confirmed_at.is_not(None),
                func.coalesce(DigestRhythm.written_at, User.created_at) <= oldest,
                or_(DigestRhythm.looked_at.is_(None), DigestRhythm.looked_at <= now - PAUSE),
            )
            .order_by(User.id)
        )
    )


def contents(session: Session, user: User, *, now: datetime) -> Contents:
    """What a user would be told now, with the rights the user has now."""
    every = session.scalar(select(DigestRhythm.every).where(DigestRhythm.user_id == user.id)) or Frequency.WEEKLY
    waiting = session.scalars(
        select(Notification)
        .where(
            Notification.user_id == user.id,
            Notification.for_digest,
            Notification.read_at.is_(None),
            Notification.kind.in_(KINDS),
        )
        .order_by(Notification.id)
        .limit(20)
    )
    visited = session.scalar(select(func.max(SignIn.last_seen_at)).where(SignIn.user_id == user.id))
    away = every is not Frequency.NEVER and (visited is None or visited <= now - PERIODS[every])
    return Contents(list(waiting), _ideas(session, user, viewer_for(session, user)) if away else [])


def _ideas(session: Session, user: User, viewer: Viewer) -> list[Idea]:
    needs = session.scalars(
        select(Need)
        .where(live(Need), Need.organisation_id.in_(viewer.organisation_ids))
        .order_by(Need.published_at.desc(), Need.id.desc())
        .limit(NEEDS_MOST)
    ).all()
    named = {
        (row.need_id, row.organisation_id)
        for row in session.scalars(select(NamedInDigest).where(NamedInDigest.user_id == user.id))
    }
    ideas = []
    for need in needs:
        suggested = suggest_for_need(session, viewer, need, limit=10).items
        partners = [
            suggestion.organisation
            for suggestion in suggested
            # A mail names each partner once, and a teaser names nobody.
            if suggestion.organisation is not None
            and suggestion.answer is None
            and (suggestion.band in GOOD or suggestion.verdict is not None)
            and (need.id, suggestion.organisation.id) not in named
        ]
        if partners:
            ideas.append(Idea(need, partners[:PARTNERS_MOST]))
    return ideas
