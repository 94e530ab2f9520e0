"""How Alembic reaches the database: over a connection handed in by ``matchmaker init``, or by MATCHMAKER_… settings."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, create_engine

from matchmaker import tables
from matchmaker.config import load
from matchmaker.db import OneOf, UTCDateTime


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write our column types as plain ones: a migration must go on working when the code's types change."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, OneOf):
        return f"sa.String(length={item.impl.length})"  # type: ignore[attr-defined]
    return False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    migrate(handed_in)
else:
    with create_engine(load().database_url).begin() as connection:
        migrate(connection)
