"""Writing to each other, noting how far one has read, and keeping a note of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.conversations import notifications
from matchmaker.conversations.files import MOST, Checked
from matchmaker.conversations.models import Message, MessageFile, PrivateNote, ReadMark
from matchmaker.introductions.models import Introduction, IntroductionState, Side


class Closed(Exception):
    """The introduction holds no longer (or not yet), so nobody can write."""


class TooManyFiles(Exception):
    """One message takes only so many files."""


def write(
    session: Session,
    introduction: Introduction,
    side: Side,
    user: User,
    body: str,
    *,
    answers: Message | None = None,
    files: Sequence[Checked] = (),
) -> Message:
    """Write to the other side, who is told. Raises Closed and TooManyFiles."""
    session.refresh(introduction, with_for_update=True)
    if introduction.state != IntroductionState.ACCEPTED:
        raise Closed
    if len(files) > MOST:
        raise TooManyFiles
    message = Message(
        introduction_id=introduction.id,
        side=side,
        user_id=user.id,
        answers_id=answers.id if answers is not None else None,
        body=body,
        files=[
            MessageFile(name=one.name, content_type=one.content_type, size=len(one.content), content=one.content)
            for one in files
        ],
    )
    session.add(message)
    session.flush()
    mark_read(session, introduction.id, user.id, message.id, now=message.created_at)
    notifications.tell_written(session, introduction, message)
    return message


def mark_read(session: Session, introduction_id: int, user_id: int, message_id: int, *, now: datetime) -> None:
    """Note that a user has read a conversation up to a message."""
    mark = session.get(ReadMark, (introduction_id, user_id))
    if mark is None:
        mark = ReadMark(introduction_id=introduction_id, user_id=user_id, message_id=0)
        session.add(mark)
    if message_id > mark.message_id:
        mark.message_id, mark.read_at = message_id, now
    session.flush()


def keep_note(session: Session, introduction: Introduction, user: User, text: str) -> None:
    """Keep a note that only this user reads; an empty one is taken away."""
    note = session.scalar(select(PrivateNote).filter_by(introduction_id=introduction.id, user_id=user.id))
    if not text:
        if note is not None:
            session.delete(note)
    elif note is None:
        session.add(PrivateNote(introduction_id=introduction.id, user_id=user.id, text=text))
    else:
        note.text = text
    session.flush()
