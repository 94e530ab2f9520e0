"""One page of a list, for every list there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import Select, func, select
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


def paginate(
    session: Session, wanted: Select[Any], number: int, url: Callable[[int], str], size: int = PAGE_SIZE
) -> Page:
    """One page of what is wanted; a number outside the list gives the nearest page."""
    total = session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
    pages = max(1, ceil(total / size))
    number = min(max(1, number), pages)
    items = list(session.scalars(wanted.limit(size).offset((number - 1) * size)).unique())
    return Page(items, number, pages, total, url)
