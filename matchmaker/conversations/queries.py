"""Reads about conversations."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from matchmaker.conversations.models import Message, MessageFile, PrivateNote, ReadMark
from matchmaker.introductions.models import Introduction
from matchmaker.permissions import NotPermitted


def messages_of(session: Session, introduction: Introduction) -> list[Message]:
    """All messages: each followed by its answers, the oldest first."""
    rows = session.scalars(
        select(Message)
        .where(Message.introduction_id == introduction.id)
        .options(selectinload(Message.files), selectinload(Message.user))
        .order_by(Message.id)
    ).all()
    roots = {row.id: row.id for row in rows}
    for row in rows:
        if row.answers_id in roots:
            roots[row.id] = roots[row.answers_id]
    return sorted(rows, key=lambda row: (roots[row.id], row.id))


def message_or_refuse(session: Session, introduction: Introduction, public_id: str) -> Message:
    """A message of this very introduction. Raises NotPermitted otherwise."""
    found = session.scalar(
        select(Message).where(Message.introduction_id == introduction.id, Message.public_id == public_id)
    )
    if found is None:
        raise NotPermitted(public_id)
    return found


def file_or_refuse(session: Session, introduction: Introduction, public_id: str) -> MessageFile:
    """A file of this very introduction. Raises NotPermitted otherwise."""
    found = session.scalar(
        select(MessageFile)
        .join(Message, Message.id == MessageFile.message_id)
        .where(Message.introduction_id == introduction.id, MessageFile.public_id == public_id)
    )
    if found is None:
        raise NotPermitted(public_id)
    return found


def read_until(session: Session, introduction_id: int, user_id: int) -> int:
    """The last message that a user has read."""
    mark = session.get(ReadMark, (introduction_id, user_id))
    return mark.message_id if mark is not None else 0


def note_of(session: Session, introduction_id: int, user_id: int) -> str:
    """The user's own note."""
    note = session.get(PrivateNote, (introduction_id, user_id))
    return note.text if note is not None else ""
