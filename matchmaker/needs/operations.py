"""Writing needs and moving them through their states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.db import today
from matchmaker.items import operations as items
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need

#: How long a need stays open where its owner gave no day.
TERM = timedelta(days=180)


def add(session: Session, organisation: Organisation, author: User | None, values: Mapping[str, Any]) -> Need:
    """Write a need, as a draft."""
    need = Need(organisation=organisation, author=author, **values)
    session.add(need)
    session.flush()
    return need


def edit(session: Session, need: Need, *, version: int, values: Mapping[str, Any]) -> None:
    """Change a need that was opened at a version. Raises EditConflict where somebody saved in between."""
    items.edit(session, need, version=version, values=values)
    if need.state == ItemState.PUBLISHED and need.expires_on is None:
        need.expires_on = _term(need)


def publish(need: Need) -> None:
    """Open a draft, or open again what was met, closed or has expired."""
    if need.deadline is not None and need.deadline < today():
        # A day that has passed would tell readers that they are too late.
        need.deadline = None
    items.publish(need, until=_term(need))


def renew(need: Need) -> None:
    """Start the term anew."""
    need.expires_on = None
    publish(need)


def _term(need: Need) -> Any:
    given = need.expires_on if need.expires_on is not None and need.expires_on >= today() else need.deadline
    return given if given is not None and given >= today() else today() + TERM


def meet(need: Need) -> None:
    """Mark a need as met: it is kept, and no longer suggested."""
    need.state = ItemState.MET


def close(need: Need) -> None:
    """Close a need that found no answer or lost its point; nobody else sees it any more."""
    items.withdraw(need)


def delete_draft(session: Session, need: Need) -> None:
    """Remove a draft for good. Raises NotADraft for anything that others may have read."""
    items.delete_draft(session, need)
