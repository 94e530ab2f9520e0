"""Parts of an introduction's page that higher slices bring: conversation, meetings, outcomes.

A slice may not be imported from below, so it brings its part here when the application starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, g
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from matchmaker.introductions.models import Introduction
from matchmaker.permissions import Viewer

AnyForm = TypeVar("AnyForm", bound=FlaskForm)


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


def refuse(form: FlaskForm, why: str) -> None:
    """Have this request's page show a form as it was typed, and say what is wrong with it."""
    form.form_errors.append(why)
    g.refused_form = form


def form(made_of: type[AnyForm], **values: Any) -> AnyForm:
    """A form for a part: as it was typed where this request refused it, else with these values."""
    refused = g.get("refused_form")
    return refused if isinstance(refused, made_of) else made_of(formdata=None, **values)


def contents(session: Session, introduction: Introduction, viewer: Viewer) -> list[tuple[str, Any]]:
    """The templates and contents of the parts that have something to show, in their order."""
    parts = sorted(current_app.extensions.get("introduction_parts", []), key=lambda part: part.place)
    read = [(part.template, part.read(session, introduction, viewer)) for part in parts]
    return [(template, content) for template, content in read if content]
