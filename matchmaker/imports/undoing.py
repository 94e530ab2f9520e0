"""What a row changed, noted while it happens, and taken back later.

Whatever puts a row into the database is watched from outside: every row of our tables that it adds or changes is noted
with what it replaced. So nothing that imports has to know that it can be undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, event, func, inspect, select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Cluster, ClusterManager, ClusterMembership, Membership, Organisation
from matchmaker.curation.models import Verdict
from matchmaker.db import OneOf
from matchmaker.needs.models import Need
from matchmaker.profiles.models import Competence, Evidence, Profile
from matchmaker.testfields.models import TestField

#: What imports write, by table.
WATCHED: dict[str, type[Any]] = {
    model.__tablename__: model
    for model in (Cluster, Organisation, ClusterMembership, Competence, Need, TestField, Evidence, Profile, Verdict)
}
#: Columns that follow from others.
_DERIVED = frozenset({"version", "updated_at", "name_key", "domain"})


@contextmanager
def noting(session: Session) -> Iterator[list[dict[str, Any]]]:
    """Note what a block adds and changes; the list is complete when the block has ended."""
    made: list[Any] = []
    before: dict[Any, dict[str, Any]] = {}

    def note(session: Session, _context: Any, _instances: Any) -> None:
        for thing in session.new:
            if thing.__tablename__ in WATCHED:
                made.append(thing)
        for thing in session.dirty:
            if thing.__tablename__ in WATCHED and thing not in made and session.is_modified(thing):
                replaced = before.setdefault(thing, {})
                for column in inspect(thing).mapper.column_attrs:
                    history = inspect(thing).attrs[column.key].history
                    if history.deleted and column.key not in _DERIVED:
                        replaced.setdefault(column.key, _plain(history.deleted[0]))

    changes: list[dict[str, Any]] = []
    event.listen(session, "before_flush", note)
    try:
        yield changes
    finally:
        event.remove(session, "before_flush", note)
    changes += [{**_place(thing), "created": True} for thing in made if thing.id is not None]
    changes += [{**_place(thing), "before": replaced} for thing, replaced in before.items() if replaced]


def _place(thing: Any) -> dict[str, Any]:
    return {"table": thing.__tablename__, "id": thing.id, "version": getattr(thing, "version", None)}


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def take_back(session: Session, change: dict[str, Any]) -> bool:
    """Undo one change; False where somebody has worked on the thing since, which then stays as it is."""
    thing = session.get(WATCHED[change["table"]], change["id"])
    if thing is None:
        return True
    if getattr(thing, "version", None) != change["version"]:
        return False
    if change.get("created"):
        if isinstance(thing, Organisation | Cluster) and _is_used(session, thing):
            return False
        session.delete(thing)
    else:
        columns = inspect(type(thing)).columns
        for name, value in change["before"].items():
            setattr(thing, name, _typed(columns[name].type, value))
    session.flush()
    return True


def _is_used(session: Session, thing: Organisation | Cluster) -> bool:
    """Whether people or texts hang on an organisation, or members and managers on a cluster, by now."""
    columns = (
        [model.organisation_id for model in (Membership, Competence, Need, TestField, Evidence, Profile)]
        if isinstance(thing, Organisation)
        else [model.cluster_id for model in (ClusterMembership, ClusterManager)]
    )
    return any(session.scalar(select(func.count()).where(column == thing.id)) for column in columns)


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, OneOf):
        return kind.enum(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
