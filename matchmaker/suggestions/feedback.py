"""What members answered to their suggestions, and which of these stay hidden."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import today
from matchmaker.permissions import Viewer
from matchmaker.suggestions import indexing
from matchmaker.suggestions.allowed import load_things
from matchmaker.suggestions.indexing import Key
from matchmaker.suggestions.models import Answer, Feedback, ItemKind


def subject_kind(subject: Any) -> ItemKind:
    """The kind of what is asked with."""
    return indexing.KIND_OF[type(subject)]


def is_hidden(answer: Feedback, day: date | None = None) -> bool:
    """Whether an answer keeps its suggestion out of the list: for good, or until a day."""
    if answer.answer == Answer.NEVER:
        return True
    return answer.answer == Answer.NOT_NOW and (answer.until is None or answer.until > (day or today()))


def answers_to(session: Session, subject: Any) -> dict[Key, Feedback]:
    """What the subject's organisation answered to its suggestions."""
    rows = session.scalars(
        select(Feedback)
        .where(
            Feedback.organisation_id == subject.organisation_id,
            Feedback.subject_kind == subject_kind(subject),
            Feedback.subject_id == subject.id,
        )
        .order_by(Feedback.created_at.desc(), Feedback.id.desc())
    )
    return {(answer.object_kind, answer.object_id): answer for answer in rows}


def saved(session: Session, viewer: Viewer, subject: Any) -> list[tuple[Feedback, Any]]:
    """The suggestions that were kept for later, with what they suggest; what may not be read any more is left out."""
    answers = [answer for answer in answers_to(session, subject).values() if answer.answer == Answer.SAVED]
    things = load_things(session, viewer, [(answer.object_kind, answer.object_id) for answer in answers])
    return [(answer, things[key]) for answer in answers if (key := (answer.object_kind, answer.object_id)) in things]
