"""Counting what may happen only so often: guesses, mails, requests of a program, introductions of a new account.

Counts are rows, so they hold across workers and restarts, and two requests at the same moment are two. Nothing is ever
locked for good: every refusal says how long it lasts.

Two rules. ``allow`` grants so many within a period, for what is fine in moderation. ``attempt`` is for guesses: some
are free, then each makes the next wait longer, until ``forget``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import String, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from matchmaker.db import Model, db, utcnow, writing


class Throttle(Model):
    """How often something happened lately."""

    __tablename__ = "throttle"

    #: SHA-256 of what is counted, hexadecimal: the row tells neither an address nor a person.
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
    #: Before this moment nothing more is granted.
    closed_until: Mapped[datetime]
    #: When the count begins anew.
    ends_at: Mapped[datetime] = mapped_column(index=True)


class TooOften(Exception):
    """This happened too often lately; ``wait`` says for how long it is refused."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too often")
        self.wait = wait

    @property
    def seconds(self) -> int:
        """The wait in whole seconds, at least one, as ``Retry-After`` says it."""
        return max(1, int(self.wait.total_seconds() + 0.999))


class Busy(Exception):
    """This process already does as much of that as it may; in a moment it may do more."""


@dataclass(frozen=True)
class Patience:
    """How guesses are slowed down: the first ``free`` follow each other as fast as they like."""

    free: int
    first: timedelta = timedelta(seconds=10)
    longest: timedelta = timedelta(minutes=15)
    forget: timedelta = timedelta(hours=24)

    def wait(self, number: int) -> timedelta:
        """How long to wait after so many guesses."""
        beyond = number - self.free
        if beyond < 0:
            return timedelta(0)
        return min(self.longest, self.first * 2 ** min(beyond, 20))


def allow(session: Session, key: str, limit: int, per: timedelta, *, now: datetime | None = None) -> None:
    """Count one more of ``key`` in the transaction of the session. Raises TooOften beyond ``limit`` within ``per``."""
    now = now or utcnow()
    row = _locked(session, key, now)
    if row.ends_at <= now:
        row.number, row.ends_at = 0, now + per
    if row.number >= limit:
        raise TooOften(row.ends_at - now)
    row.number += 1
    session.flush()


def attempt(session: Session, key: str, patience: Patience, *, now: datetime | None = None) -> None:
    """Count a guess before it is tried. Raises TooOften while the wait after the last one lasts."""
    now = now or utcnow()
    row = _locked(session, key, now)
    if row.closed_until > now:
        raise TooOften(row.closed_until - now)
    if row.ends_at <= now:
        row.number = 0
    row.number += 1
    row.closed_until = now + patience.wait(row.number)
    row.ends_at = now + patience.forget
    session.flush()


def give_back(session: Session, key: str, *, now: datetime | None = None) -> None:
    """Take one back that ``allow`` counted: it turned out to be harmless."""
    row = _locked(session, key, now or utcnow())
    row.number = max(0, row.number - 1)
    session.flush()


def forget(session: Session, key: str, *, now: datetime | None = None) -> None:
    """Begin to count anew: the guess was right."""
    now = now or utcnow()
    session.execute(
        update(Throttle).where(Throttle.key == _digest(key)).values(number=0, closed_until=now, ends_at=now)
    )


def tidy(session: Session, *, now: datetime) -> None:
    """Drop the counts that have said nothing for a day."""
    session.execute(delete(Throttle).where(Throttle.ends_at < now - timedelta(days=1)))


@contextmanager
def counting() -> Iterator[Session]:
    """A transaction of its own for counts, so that they stand whatever becomes of the request.

    The request's own session must hold no lock meanwhile; what was counted is kept even where TooOften is raised.
    """
    with writing(), Session(db.engine) as session:
        try:
            yield session
        finally:
            session.commit()


def block_of(address: str | None) -> str:
    """The neighbourhood of a client's address that counts as one: IPv4 by /24, IPv6 by /64, of whatever spelling."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 64), strict=False))


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _locked(session: Session, key: str, now: datetime) -> Throttle:
    """The row of a key, made where it is missing, locked until the transaction ends."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"key": _digest(key), "number": 0, "closed_until": now, "ends_at": now}
    session.execute(insert(Throttle).values(values).on_conflict_do_nothing(index_elements=["key"]))
    return session.scalars(
        select(Throttle)
        .where(Throttle.key == values["key"])
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
