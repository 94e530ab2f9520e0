"""Keeping, naming and dropping watches, and telling what they found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.jobs import wake
from matchmaker.notifications.operations import retract_all, tell
from matchmaker.suggestions.filters import Filters
from matchmaker.suggestions.indexing import KIND_OF
from matchmaker.suggestions.models import ItemKind
from matchmaker.watches.models import Find, Watch
from matchmaker.watches.queries import Key

#: The job that looks, and the kind of news it has.
JOB = "watches"
FOUND = "watch-found"
#: How many watches one user may keep.
MOST = 30


class TooManyWatches(Exception):
    """The user keeps as many watches as one may."""


def keep(session: Session, user_id: int, *, name: str, words: str, kind: ItemKind | None, filters: Filters) -> Watch:
    """Keep a search, and look at once what fits it already. Raises TooManyWatches."""
    if (session.scalar(select(func.count(Watch.id)).where(Watch.user_id == user_id)) or 0) >= MOST:
        raise TooManyWatches
    narrowed: dict[str, list[str] | str] = {}
    for filter_name, value in filters.pairs():
        held = getattr(filters, filter_name)
        narrowed[filter_name] = list(held) if isinstance(held, tuple) else value
    watch = Watch(user_id=user_id, name=name, words=words, kind=kind, narrowed=narrowed)
    session.add(watch)
    session.flush()
    wake(session, JOB)
    return watch


def rename(session: Session, watch: Watch, name: str) -> None:
    """Call a watch something else."""
    watch.name = name
    session.flush()


def drop(session: Session, watch: Watch) -> None:
    """Stop watching; what was told of it leaves the inbox."""
    retract_all(session, FOUND, f"{watch.public_id}:")
    session.delete(watch)
    session.flush()


def note(session: Session, watch: Watch, fitting: Iterable[Key], *, now: datetime) -> int:
    """Tell a watch's owner of what fits and was not seen before, each thing once; gives how many there were.

    At the first look everything is taken as known.
    """
    first_look = watch.looked_at is None
    watch.looked_at = now
    known = {(row.kind, row.item_id) for row in session.scalars(select(Find).where(Find.watch_id == watch.id))}
    new = [key for key in dict.fromkeys(fitting) if key not in known]
    made = [
        Find(watch_id=watch.id, kind=kind, item_id=item_id, told_at=None if first_look else now)
        for kind, item_id in new
    ]
    session.add_all(made)
    session.flush()
    if made and not first_look:
        user = session.get_one(User, watch.user_id)
        facts = {"watch": watch.name, "watch_id": watch.public_id, "count": len(made)}
        tell(session, user, FOUND, facts, key=f"{watch.public_id}:{made[0].id}")
    return 0 if first_look else len(made)


@event.listens_for(Session, "after_flush")
def _forget_finds(session: Session, _context: Any) -> None:
    """Know nothing of what is deleted: a database may give its number to something new, which nobody was told of."""
    for item in session.deleted:
        kind = KIND_OF.get(type(item))
        if kind is not None:
            session.execute(delete(Find).where(Find.kind == kind, Find.item_id == item.id))
