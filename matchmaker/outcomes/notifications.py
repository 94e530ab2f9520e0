"""What is told about outcomes and stories."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from matchmaker.introductions.models import Introduction, Side
from matchmaker.introductions.queries import people_of
from matchmaker.notifications.kinds import Group, Kind, register
from matchmaker.notifications.operations import tell
from matchmaker.outcomes.models import Outcome

REPORTED = register(
    Kind(
        name="outcome-reported",
        group=Group.INTRODUCTIONS,
        label=_("I am asked to confirm what came of an introduction"),
        sentence=lambda facts: gettext("The other side noted what came of your introduction. Do you see it so too?"),
        endpoint="introductions.show",
        arguments={"public_id": "introduction"},
        template="outcomes/email/reported",
    )
)
STORY = register(
    Kind(
        name="story-written",
        group=Group.INTRODUCTIONS,
        label=_("I am asked whether a success story may be published"),
        sentence=lambda facts: gettext("A success story about what you did together waits for your consent."),
        endpoint="introductions.show",
        arguments={"public_id": "introduction"},
        template="outcomes/email/story",
    )
)


def tell_reported(session: Session, introduction: Introduction, outcome: Outcome) -> None:
    """Ask the other side to confirm."""
    for reader in people_of(session, introduction, outcome.side.other):
        tell(session, reader, REPORTED.name, {"introduction": introduction.public_id}, key=outcome.public_id)


def tell_story(session: Session, introduction: Introduction, side: Side) -> None:
    """Ask a side whether the story may be told."""
    for reader in people_of(session, introduction, side):
        tell(session, reader, STORY.name, {"introduction": introduction.public_id})
