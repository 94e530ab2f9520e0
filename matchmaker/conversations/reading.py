"""A conversation as its reader finds it on the introduction's page; what is shown there has been read."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matchmaker.conversations import files, operations, queries
from matchmaker.conversations.forms import MessageForm, NoteForm
from matchmaker.db import db, only_reads, utcnow, writing
from matchmaker.introductions import parts
from matchmaker.introductions.models import Introduction, IntroductionState
from matchmaker.permissions import Viewer


def content(session: Session, introduction: Introduction, viewer: Viewer) -> dict[str, Any]:
    """The messages with what is new, the forms, and the reader's own note."""
    messages = queries.messages_of(session, introduction)
    user_id = viewer.user_id or 0
    until = queries.read_until(session, introduction.id, user_id)
    side = introduction.side_of(viewer.organisation_ids)
    if messages and only_reads() and (last := max(one.id for one in messages)) > until:
        _note_as_read(introduction.id, user_id, last)
    return {
        "messages": messages,
        "new": {one.id for one in messages if one.id > until and one.side != side},
        "side": side,
        "open": introduction.state == IntroductionState.ACCEPTED,
        "form": parts.form(MessageForm),
        "note_form": parts.form(NoteForm, note=queries.note_of(session, introduction.id, user_id)),
        "allowed": files.ALLOWED,
    }


def _note_as_read(introduction_id: int, user_id: int, message_id: int) -> None:
    # A session of its own, since the request around it only reads.
    try:
        with writing(), Session(db.engine) as session:
            operations.mark_read(session, introduction_id, user_id, message_id, now=utcnow())
            session.commit()
    except OperationalError:
        # The database is busy: then it stays marked as new until the next look.
        return
