"""Adding to the trail, inside the transaction of what is told; the chain is closed just before the commit."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import structlog
from sqlalchemy import delete, event, insert, inspect, select, text, update
from sqlalchemy.orm import Session

from matchmaker.audit.models import AuditChain, AuditEntry, Event

#: How long entries are kept.
KEPT = timedelta(days=3 * 365)

#: What a fact may look like: an id, the name of a field or state, a hash, a number. Never a sentence or an address.
_FACT = re.compile(r"[A-Za-z0-9_.:/+-]{0,128}")
_WAITING = "audit entries wait for their place"

_actor: ContextVar[int | None] = ContextVar("audit_actor", default=None)


class TextRefused(ValueError):
    """A fact holds what only a text, a name or an address would."""


def set_actor(user_id: int | None) -> None:
    """Say who acts in this thread from now on: the actor of what tables have recorded by themselves.

    The web calls it in every request; a command or a job acts as nobody.
    """
    _actor.set(user_id)


def record(
    session: Session,
    event: Event,
    *,
    actor_id: int | None,
    thing: Any = None,
    organisation_id: int | None = None,
    cluster_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add an entry; it stands once the caller commits, and not at all after a rollback.

    ``thing`` is a row; its ``organisation_id`` and ``cluster_id`` are taken from it where they are not given.
    Raises TextRefused for a fact that is not an id, a name of a field or state, a hash or a number.
    """
    values = _said(event, actor_id, thing, organisation_id, cluster_id, facts or {})
    entry = AuditEntry(**values)
    session.add(entry)
    session.info[_WAITING] = True
    return entry


def _said(
    event: Event,
    actor_id: int | None,
    thing: Any,
    organisation_id: int | None,
    cluster_id: int | None,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    kind, thing_id = ("", "") if thing is None else _name_of(thing)
    return {
        "event": Event(event),
        "actor_id": actor_id,
        "thing_kind": kind,
        "thing_id": thing_id,
        "organisation_id": organisation_id or getattr(thing, "organisation_id", None),
        "cluster_id": cluster_id or getattr(thing, "cluster_id", None),
        "facts": {name: _plain(value) for name, value in facts.items()},
        "request": structlog.contextvars.get_contextvars().get("request", ""),
    }


def _name_of(thing: Any) -> tuple[str, str]:
    return thing.__tablename__, str(getattr(thing, "public_id", None) or thing.id or "")


def _plain(value: Any) -> Any:
    """The value where it can be no text. Raises TextRefused."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, str) and _FACT.fullmatch(value):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in (value if isinstance(value, list | tuple) else sorted(value))]
    raise TextRefused(f"expected an id, a name of a field or state, a hash or a number, got {type(value).__name__}")


def hash_of(text: str) -> str:
    """The form in which a text may stand in the facts: it shows that two texts are the same, and nothing else."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_of(entry: AuditEntry, *, number: int, previous: str) -> str:
    """SHA-256 of everything an entry says in its place behind its predecessor's digest."""
    said = {
        name: getattr(entry, name)
        for name in ("actor_id", "thing_kind", "thing_id", "organisation_id", "cluster_id", "facts", "request")
    }
    said |= {"at": entry.at.isoformat(), "event": str(entry.event)}
    canonical = json.dumps([number, previous, said], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def drop_old(session: Session, *, now: datetime) -> int:
    """Take out the entries whose time is over; the chain then begins behind them. Returns how many went."""
    oldest_kept = session.scalar(select(AuditEntry.number).where(AuditEntry.at >= now - KEPT).order_by("number"))
    before = AuditEntry.at < now - KEPT if oldest_kept is None else AuditEntry.number < oldest_kept
    last = session.execute(
        select(AuditEntry.number, AuditEntry.digest).where(before).order_by(AuditEntry.number.desc()).limit(1)
    ).first()
    if last is None:
        return 0
    session.execute(update(AuditChain).values(dropped=last.number, dropped_digest=last.digest))
    return session.execute(delete(AuditEntry).where(AuditEntry.number <= last.number)).rowcount  # type: ignore[attr-defined]


# --- What tables have recorded by themselves ------------------------------------------------------------------------


@event.listens_for(Session, "before_flush")
def _keep_as_written(session: Session, _context: Any, _instances: Any) -> None:
    """Refuse to change or delete an entry once it has its place; that is given by Core, past this check."""
    for entry in (*session.dirty, *session.deleted):
        if isinstance(entry, AuditEntry) and (entry in session.deleted or session.is_modified(entry)):
            raise RuntimeError("An audit entry is never changed.")


@event.listens_for(Session, "after_flush")
def _notice(session: Session, _context: Any) -> None:
    made = []
    for things, change in ((session.new, "added"), (session.deleted, "removed")):
        for thing in things:
            if "*" in getattr(thing, "__audited__", {}):
                made.append(_noticed(thing, "*", {"change": change}))
    for thing in session.dirty:
        for column in getattr(thing, "__audited__", {}):
            if column == "*":
                continue
            history = inspect(thing).attrs[column].history
            before, after = (list(values or ()) or [None] for values in (history.deleted, history.added))
            if history.has_changes() and before != after:
                made.append(_noticed(thing, column, {"column": column, "from": before[0], "to": after[0]}))
    if made:
        session.execute(insert(AuditEntry), made)
        session.info[_WAITING] = True


def _noticed(thing: Any, column: str, facts: dict[str, Any]) -> dict[str, Any]:
    facts |= {name: getattr(thing, name) for name in getattr(thing, "__audited_with__", ())}
    return _said(thing.__audited__[column], _actor.get(), thing, None, None, facts)


# --- The chain ------------------------------------------------------------------------------------------------------


@event.listens_for(Session, "before_commit")
def _close_chain(session: Session) -> None:
    """Give every new entry its place.

    Only now, because the chain's end stays locked until the commit: locked earlier, it could hold up others, and
    two transactions that lock other rows as well could wait for each other.
    """
    if session.in_nested_transaction():
        return
    session.flush()
    if not session.info.pop(_WAITING, False):
        return
    entries = session.scalars(select(AuditEntry).where(AuditEntry.number.is_(None)).order_by(AuditEntry.id)).all()
    if not entries:
        return
    last, digest = session.execute(
        text(
            "INSERT INTO audit_chain (id, number, digest, dropped, dropped_digest) VALUES (1, :count, '', 0, '') "
            "ON CONFLICT (id) DO UPDATE SET number = audit_chain.number + :count RETURNING number, digest"
        ),
        {"count": len(entries)},
    ).one()
    for number, entry in enumerate(entries, last - len(entries) + 1):
        place = {"number": number, "previous": digest}
        digest = digest_of(entry, **place)
        session.execute(update(AuditEntry).where(AuditEntry.id == entry.id).values(digest=digest, **place))
    session.execute(update(AuditChain).values(digest=digest))
