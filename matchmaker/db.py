"""The database: the base class of every table, column types, and how transactions begin.

On SQLite a transaction that reads before it writes can fail at once, whatever the busy timeout, when another
process has written in between. So a transaction that may write begins with ``BEGIN IMMEDIATE``, and one that only
reads (a GET request) begins deferred and refuses to write.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from flask_sqlalchemy_lite._extension import _close_async_sessions
from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    String,
    TypeDecorator,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def utcnow() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in UTC: what expiry and deadlines are compared with."""
    return utcnow().date()


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC and given back aware; a naive value is taken as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class OneOf(TypeDecorator[StrEnum]):
    """A member of an enum, stored as its value and given back as the member."""

    impl = String
    cache_ok = True

    def __init__(self, enum: type[StrEnum], length: int) -> None:
        super().__init__(length)
        self.enum = enum

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else str(self.enum(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.enum(value)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """Comparing with any other string (a filter from an address) finds nothing; only storing one is an error."""
        return self if isinstance(value, self.enum) else String()


class Model(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this very attribute.
        datetime: UTCDateTime,
        list[str]: JSON,
        dict[str, Any]: JSON,
        str: String,
    }


#: Digits and letters that can't be mistaken for one another when read out on the phone.
_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def new_public_id() -> str:
    """A random name for a row in addresses: it tells neither order nor number (about 59 bits)."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(12))


class PublicId:
    """Gives a table a random public id beside its internal one."""

    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=new_public_id)


class Versioned:
    """Gives a row that people edit a version: a save from an older version is refused, never lost or silently won."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class EditConflict(Exception):
    """Somebody else saved this since the form was opened."""

    def __init__(self, current: Any) -> None:
        super().__init__("changed since it was opened")
        self.current = current


db = SQLAlchemy()


def init_app(app: Flask) -> None:
    """Give the application its engines and each request its session."""
    db.init_app(app)
    # No session of ours is asynchronous, and closing none would start a thread at the end of every request.
    app.teardown_appcontext_funcs.remove(_close_async_sessions)


_read_only: ContextVar[bool] = ContextVar("read_only", default=False)


def set_read_only(value: bool) -> None:
    """Say whether this thread's next transactions only read; the web calls it at the start of every request."""
    _read_only.set(value)


def only_reads() -> bool:
    """Whether this thread's transactions only read, and so hold no lock that a second connection would wait for."""
    return _read_only.get()


@contextmanager
def writing() -> Iterator[None]:
    """Let a block write although the request around it only reads, in a transaction of its own."""
    token = _read_only.set(False)
    try:
        yield
    finally:
        _read_only.reset(token)


@contextmanager
def reading() -> Iterator[None]:
    """Let a block only read, in a transaction of its own that waits for no lock, although the thread may write."""
    token = _read_only.set(True)
    try:
        yield
    finally:
        _read_only.reset(token)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # The driver's own transaction handling is switched off: _begin decides how one begins.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    # An observer, such as a test's own session, takes no part in transactions and so never holds a lock.
    if connection.dialect.name == "sqlite" and not connection.get_execution_options().get("observer"):
        connection.exec_driver_sql("BEGIN" if _read_only.get() else "BEGIN IMMEDIATE")


@event.listens_for(Session, "before_flush")
def _refuse_writes_while_reading(session: Session, _context: Any, _instances: Any) -> None:
    if _read_only.get() and (session.new or session.deleted or any(map(session.is_modified, session.dirty))):
        raise RuntimeError("A request that only reads (GET) tried to write: use POST, or db.writing().")
