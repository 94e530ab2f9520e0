"""Changes that every item goes through: publish, renew, withdraw."""

from __future__ import annotations

from datetime import date, timedelta

from matchmaker.db import EditConflict, today, utcnow
from matchmaker.items.models import Item, ItemState

#: How long a published item stays live before its owner is asked to renew it.
LIFETIME = timedelta(days=365)


def check_version(item: Item, version: int) -> None:
    """Refuse a change that was made on an older version. Raises EditConflict."""
    if item.version != version:
        raise EditConflict(item)


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
