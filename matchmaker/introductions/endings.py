"""What higher slices have to do before an introduction that held ends, while its addresses are still known.

A slice may not be imported from below, so it says so here when the application starts.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app
from sqlalchemy.orm import Session

from matchmaker.introductions.models import Introduction, Side

#: What is done takes the side that is being erased, if one is: no letter may name it any more.
Act = Callable[[Session, Introduction, Side | None], None]


def before_each(app: Flask, act: Act) -> None:
    """Have something done before every end, in its transaction."""
    app.extensions.setdefault("introduction_endings", []).append(act)


def prepare(session: Session, introduction: Introduction, erased: Side | None = None) -> None:
    """Do what is to be done before this one ends."""
    for act in current_app.extensions.get("introduction_endings", []):
        act(session, introduction, erased)
