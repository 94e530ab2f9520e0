"""Changes that every item goes through: write, publish, renew, withdraw, delete a draft."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from matchmaker.accounts.models import User
from matchmaker.audit import Event, record
from matchmaker.db import EditConflict, today, utcnow
from matchmaker.items.models import Item, ItemState, Opening, WithTeaser

#: How long a published item stays live before its owner is asked to renew it.
LIFETIME = timedelta(days=365)
#: How long a platform admin may read what was opened.
OPEN_FOR = timedelta(hours=24)


class NotADraft(Exception):
    """Only a draft can be deleted; what others may have read is withdrawn instead."""


def check_version(item: Any, version: int) -> None:
    """Refuse a change that was made on an older version. Raises EditConflict."""
    if item.version != version:
        raise EditConflict(item)


def edit(session: Session, thing: Any, *, version: int, values: Mapping[str, Any]) -> None:
    """Set the values on what was opened at a version. Raises EditConflict where somebody saved in between."""
    check_version(thing, version)
    for name, value in values.items():
        setattr(thing, name, value)
    try:
        session.flush()
    except StaleDataError as error:
        raise EditConflict(thing) from error


def publish(item: Item, *, until: date | None = None) -> None:
    """Make a draft or withdrawn item readable within its visibility, until a day (a year by default)."""
    item.state = ItemState.PUBLISHED
    item.published_at = utcnow()
    item.expires_on = until or today() + LIFETIME


def renew(item: Item) -> None:
    """Start an item's term anew, whether it has expired or not."""
    publish(item)


def withdraw(item: Item) -> None:
    """Take an item back: it stays with its organisation and disappears for everybody else."""
    item.state = ItemState.WITHDRAWN


def delete_draft(session: Session, item: Item) -> None:
    """Remove a draft for good. Raises NotADraft for anything that others may have read."""
    if item.state != ItemState.DRAFT:
        raise NotADraft(item.public_id)
    session.delete(item)
    session.flush()


def open_text(session: Session, item: WithTeaser, admin: User, *, reason: str) -> Opening:
    """Let a platform admin read a confidential text for a day; the owner reads on its page who, when and why."""
    opening = Opening(user=admin, reason=reason, until=utcnow() + OPEN_FOR)
    item.openings.append(opening)
    session.flush()
    record(session, Event.BREAK_GLASS, actor_id=admin.id, thing=item, facts={"opening": opening.id})
    return opening
