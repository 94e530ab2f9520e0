"""What is told about meetings beside the invitations."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from matchmaker.introductions.models import Introduction, Side
from matchmaker.introductions.queries import people_of
from matchmaker.meetings.models import Meeting
from matchmaker.notifications.kinds import Group, Kind, register
from matchmaker.notifications.operations import tell

PROPOSED = register(
    Kind(
        name="meeting-proposed",
        group=Group.INTRODUCTIONS,
        label=_("Times for a meeting are proposed to me"),
        sentence=lambda facts: gettext("Times for a meeting are proposed to you."),
        endpoint="introductions.show",
        arguments={"public_id": "introduction"},
        template="meetings/email/proposed",
    )
)
ASKED = register(
    Kind(
        name="meeting-asked",
        group=Group.INTRODUCTIONS,
        label=_("I am asked whether a meeting took place"),
        sentence=lambda facts: gettext("Did your meeting take place?"),
        endpoint="introductions.show",
        arguments={"public_id": "introduction"},
        template="meetings/email/asked",
    )
)


def tell_proposed(session: Session, introduction: Introduction, side: Side) -> None:
    """Tell a side that it may pick a time."""
    for reader in people_of(session, introduction, side):
        tell(session, reader, PROPOSED.name, {"introduction": introduction.public_id})


def ask(session: Session, meeting: Meeting, side: Side) -> None:
    """Ask a side whether the meeting took place."""
    for reader in people_of(session, meeting.introduction, side):
        tell(session, reader, ASKED.name, {"introduction": meeting.introduction.public_id}, key=meeting.public_id)
