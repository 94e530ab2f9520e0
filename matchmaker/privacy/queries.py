"""Reads for the privacy pages: choices, agreements, and the trail with the names behind its numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.audit.models import AuditEntry, Event
from matchmaker.audit.queries import MANAGERS_ONLY
from matchmaker.clusters.models import Organisation
from matchmaker.paging import Page, paginate
from matchmaker.suggestions.models import Objection

#: Entries of the trail on one page.
PAGE_SIZE = 50


def objects(session: Session, *, user_id: int | None = None, organisation_id: int | None = None) -> bool:
    """Whether a person or an organisation does not want to be suggested to others."""
    whose = Objection.user_id == user_id if user_id else Objection.organisation_id == organisation_id
    return session.scalar(select(Objection.id).where(whose)) is not None


def agreements(session: Session, user: User, *, limit: int = 50) -> list[AuditEntry]:
    """What a person agreed to and took back, the latest first."""
    return list(
        session.scalars(
            select(AuditEntry)
            .where(
                AuditEntry.actor_id == user.id,
                AuditEntry.at >= user.created_at,
                AuditEntry.event.in_((Event.CONSENT_GIVEN, Event.CONSENT_WITHDRAWN)),
            )
            .order_by(AuditEntry.number.desc())
            .limit(limit)
        )
    )


@dataclass(frozen=True)
class Told:
    """An entry of the trail, and who acted where that is still known."""

    entry: AuditEntry
    actor: User | None


def trail(events: Collection[Event] = (), organisation: Organisation | None = None) -> Select[tuple[AuditEntry]]:
    """The trail, the latest first: all of it, or an organisation's own, of which managers' verdicts are no part."""
    query = select(AuditEntry).order_by(AuditEntry.number.desc())
    if events:
        query = query.where(AuditEntry.event.in_(events))
    if organisation is not None:
        # A number belongs to whoever had it then: what happened before this organisation was there is another's.
        query = query.where(
            AuditEntry.organisation_id == organisation.id,
            AuditEntry.at >= organisation.created_at,
            AuditEntry.event.not_in(MANAGERS_ONLY),
        )
    return query


def trail_page(
    session: Session, wanted: Select[tuple[AuditEntry]], number: int, url: Callable[[int], str]
) -> tuple[Page, list[Told]]:
    """One page of the trail with names; whoever was erased stays a number."""
    page = paginate(session, wanted, number, url, size=PAGE_SIZE)
    return page, told(session, page.items)


def told(session: Session, entries: Sequence[AuditEntry]) -> list[Told]:
    """These entries with the names of those who are still known."""
    ids = {entry.actor_id for entry in entries} - {None}
    users = {user.id: user for user in session.scalars(select(User).where(User.id.in_(ids)))}

    def actor(entry: AuditEntry) -> User | None:
        user = users.get(entry.actor_id or 0)
        return user if user is not None and user.created_at <= entry.at else None

    return [Told(entry, actor(entry)) for entry in entries]
