"""The meeting as its reader finds it on the introduction's page."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from matchmaker.db import utcnow
from matchmaker.introductions import parts
from matchmaker.introductions.models import Introduction, IntroductionState
from matchmaker.items.labels import words_of
from matchmaker.meetings import queries
from matchmaker.meetings.forms import TimesForm
from matchmaker.meetings.models import Held
from matchmaker.permissions import Viewer


def content(session: Session, introduction: Introduction, viewer: Viewer) -> dict[str, Any] | None:
    """The meetings so far, and what the reader can do about them."""
    meetings = queries.meetings_of(session, introduction)
    open_ = introduction.state == IntroductionState.ACCEPTED
    if not meetings and not open_:
        return None
    return {
        "meetings": meetings,
        "side": introduction.side_of(viewer.organisation_ids),
        "open": open_,
        "now": utcnow(),
        "form": parts.form(TimesForm),
        "held_words": words_of(Held),
        "under_way": next((one for one in meetings if one.under_way), None),
    }
