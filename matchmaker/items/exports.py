"""The columns of items as a file, named as imports name them, so that what left can come in elsewhere."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from matchmaker.mail import absolute_url
from matchmaker.sheets import Column, columns


def item(kind: str, page: str, own: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns of one kind of item: what all share around what is its own; ``page`` is its endpoint."""
    return (
        Column("key", attrgetter("public_id")),
        Column("kind", lambda _one: kind),
        Column("organisation", attrgetter("organisation.name")),
        *columns("title", "description"),
        *own,
        *columns("keywords", "fields", "language", "visibility", "state", "expires_on", "source", "licence"),
        Column("page", lambda one: absolute_url(page, public_id=one.public_id)),
    )


def _chosen(name: str) -> Column:
    return Column(name, lambda one: getattr(one, name) or None)


#: A teaser: what its readers see on its page, and nothing of when it came or whose it is.
TEASER: tuple[Column, ...] = (
    Column("key", attrgetter("public_id")),
    Column("kind", attrgetter("of")),
    Column("teaser", attrgetter("text")),
    *(_chosen(name) for name in ("sector", "country", "size")),
    *columns("fields", "cooperation", "language"),
    Column("page", lambda one: absolute_url("items.teaser", public_id=one.public_id)),
)


def owner_of(one: Any) -> Any:
    """The organisation that may be named beside a thing of any kind; None behind a teaser."""
    return getattr(one, "organisation", None)
