"""Parts of an organisation's page that higher slices contribute: what it seeks, its test fields.

A slice may not be imported from below, so it brings its part here when the application starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation
from matchmaker.permissions import Viewer


@dataclass(frozen=True)
class Section:
    """A part of the page: where it stands (lower first), its template, and how its content is read.

    ``read`` gives what the template calls ``content``; where it gives nothing, the part is left out.
    """

    place: int
    template: str
    read: Callable[[Session, Organisation, Viewer], Any]


def contribute(app: Flask, section: Section) -> None:
    """Add a part to every organisation's page."""
    app.extensions.setdefault("organisation_sections", []).append(section)


def contents(app: Flask, session: Session, organisation: Organisation, viewer: Viewer) -> list[tuple[str, Any]]:
    """The templates and contents of the parts that have something to show, in their order."""
    sections = sorted(app.extensions.get("organisation_sections", []), key=lambda section: section.place)
    read = [(section.template, section.read(session, organisation, viewer)) for section in sections]
    return [(template, content) for template, content in read if content]
