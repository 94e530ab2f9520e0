"""What came of it, as its reader finds it on the introduction's page."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from matchmaker.introductions import parts
from matchmaker.introductions.models import Introduction, IntroductionState
from matchmaker.outcomes import queries
from matchmaker.outcomes.forms import OutcomeForm, StoryForm
from matchmaker.outcomes.operations import digest_of
from matchmaker.permissions import Viewer


def content(session: Session, introduction: Introduction, viewer: Viewer) -> dict[str, Any] | None:
    """The outcomes, the story, and what the reader can do about them."""
    outcomes, story = queries.outcomes_of(session, introduction), queries.story_of(session, introduction)
    open_ = introduction.state == IntroductionState.ACCEPTED
    if not open_ and not outcomes and story is None:
        return None
    return {
        "outcomes": outcomes,
        "story": story,
        "shown": digest_of(story.title, story.text) if story is not None else "",
        "side": introduction.side_of(viewer.organisation_ids),
        "open": open_,
        "form": parts.form(OutcomeForm),
        "story_form": parts.form(StoryForm, obj=story),
    }
