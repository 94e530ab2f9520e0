"""Parts of an introduction's page that higher slices bring: conversation, meetings, outcomes.

A slice may not be imported from below, so it brings its part here when the application starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from sqlalchemy.orm import Session

from matchmaker.introductions.models import Introduction
from matchmaker.permissions import Viewer


@dataclass(frozen=True)
class Part:
    """A part of the page: where it stands (lower first), its template, and how its content is read.

    ``read`` gives what the template calls ``content``; where it gives nothing, the part is left out.
    """

    place: int
    template: str
    read: Callable[[Session, Introduction, Viewer], Any]


def contribute(app: Flask, part: Part) -> None:
    """Add a part to every introduction's page."""
    app.extensions.setdefault("introduction_parts", []).append(part)


def contents(session: Session, introduction: Introduction, viewer: Viewer) -> list[tuple[str, Any]]:
    """The templates and contents of the parts that have something to show, in their order."""
    parts = sorted(current_app.extensions.get("introduction_parts", []), key=lambda part: part.place)
    read = [(part.template, part.read(session, introduction, viewer)) for part in parts]
    return [(template, content) for template, content in read if content]
