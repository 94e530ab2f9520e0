"""One page of a list, for every list there is."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, and_, asc, desc, func, or_, select
from sqlalchemy.orm import Session

#: How many rows a page of a list holds.
PAGE_SIZE = 20


@dataclass(frozen=True)
class Page:
    """One page of a list, and how to get to the others."""

    items: list[Any]
    page: int
    pages: int
    total: int
    url: Callable[[int], str]

    @property
    def prev_url(self) -> str | None:
        return self.url(self.page - 1) if self.page > 1 else None

    @property
    def next_url(self) -> str | None:
        return self.url(self.page + 1) if self.page < self.pages else None

    def in_json(self, items: Sequence[Any]) -> dict[str, Any]:
        """The page for a program, with its items as they are told there."""
        return {"total": self.total, "page": self.page, "pages": self.pages, "items": items}


def count(session: Session, wanted: Select[Any]) -> int:
    """How many rows are wanted."""
    return session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0


def paginate(
    session: Session, wanted: Select[Any], number: int, url: Callable[[int], str], size: int = PAGE_SIZE
) -> Page:
    """One page of what is wanted; a number outside the list gives the nearest page."""
    total = count(session, wanted)
    pages = max(1, ceil(total / size))
    number = min(max(1, number), pages)
    items = list(session.scalars(wanted.limit(size).offset((number - 1) * size)).unique())
    return Page(items, number, pages, total, url)


class BadCursor(ValueError):
    """A cursor that no list of ours gave."""


@dataclass(frozen=True)
class Order:
    """An order in which a list is walked through piece by piece: by what never is null, then by public id."""

    by: Any
    #: What it is: a text, a day or a moment.
    kind: type[Any] = str
    descending: bool = False


@dataclass(frozen=True)
class Piece:
    """One piece of a list that a program walks through, and where the next begins."""

    items: list[Any]
    total: int
    #: None behind the last piece.
    next: str | None

    def in_json(self, items: Sequence[Any]) -> dict[str, Any]:
        """The piece for a program, with its items as they are told there."""
        return {"total": self.total, "items": items, "next": self.next}


def walk(session: Session, wanted: Select[Any], model: Any, order: Order, *, after: str | None, limit: int) -> Piece:
    """The piece of a list behind a cursor. What comes or goes meanwhile neither repeats nor hides another row.

    Raises BadCursor.
    """
    total = count(session, wanted)
    step = desc if order.descending else asc
    listed = wanted.order_by(None).order_by(step(order.by), model.public_id)
    if after is not None:
        value, public_id = _read_cursor(after, order.kind)
        beyond = order.by < value if order.descending else order.by > value
        listed = listed.where(or_(beyond, and_(order.by == value, model.public_id > public_id)))
    rows = session.execute(listed.add_columns(order.by).limit(limit + 1)).unique().all()
    more = rows[limit - 1] if len(rows) > limit else None
    return Piece([row[0] for row in rows[:limit]], total, _cursor(more[1], more[0].public_id) if more else None)


def _cursor(value: Any, public_id: str) -> str:
    said = value if isinstance(value, str) else value.isoformat()
    return urlsafe_b64encode(json.dumps([said, public_id]).encode()).decode()


def _read_cursor(cursor: str, kind: type[Any]) -> tuple[Any, str]:
    try:
        value, public_id = json.loads(urlsafe_b64decode(cursor.encode("ascii")))
        if not isinstance(value, str) or not isinstance(public_id, str) or "\x00" in value + public_id:
            raise ValueError
        return (value if kind is str else kind.fromisoformat(value)), public_id
    except (ValueError, TypeError, RecursionError, OverflowError):
        raise BadCursor(_("expected a cursor that a list gave")) from None
