"""Files that people send: an address takes a form's worth unless it says that it takes more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


def takes_up_to(size: int) -> Callable[[View], View]:
    """Let a view take bodies of up to ``size`` bytes; larger ones are answered with 413 before they are read."""

    def mark(view: View) -> View:
        view.largest_body = size  # type: ignore[attr-defined]
        return view

    return mark


def largest_body(view: Callable[..., Any] | None) -> int | None:
    """How many bytes a view takes, where it says so."""
    return getattr(view, "largest_body", None)
