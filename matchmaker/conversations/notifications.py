"""What is told about conversations: that somebody wrote, never what."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from matchmaker.conversations.models import Message
from matchmaker.introductions.models import Introduction
from matchmaker.introductions.queries import people_of
from matchmaker.notifications.kinds import Group, Kind, register
from matchmaker.notifications.operations import tell

WRITTEN = register(
    Kind(
        name="introduction-message",
        group=Group.INTRODUCTIONS,
        label=_("Somebody I was introduced to wrote to me"),
        sentence=lambda facts: gettext("You have a new message from somebody you were introduced to."),
        endpoint="introductions.show",
        arguments={"public_id": "introduction"},
        template="conversations/email/written",
    )
)


def tell_written(session: Session, introduction: Introduction, message: Message) -> None:
    """Tell the other side that there is a message."""
    for reader in people_of(session, introduction, message.side.other):
        tell(session, reader, WRITTEN.name, {"introduction": introduction.public_id}, key=message.public_id)
