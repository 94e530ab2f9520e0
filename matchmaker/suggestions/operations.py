"""Members' answers to suggestions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import today, utcnow
from matchmaker.suggestions.indexing import KIND_OF
from matchmaker.suggestions.models import Answer, Feedback, NeverReason

#: How long "not now" hides a suggestion.
NOT_NOW = timedelta(days=28)


class NotYourOwn(Exception):
    """An organisation can't answer to itself."""


def answer(
    session: Session,
    *,
    subject: Any,
    suggested: Any,
    answer: Answer,
    user_id: int | None,
    reason: NeverReason | None = None,
    comment: str = "",
) -> Feedback:
    """Keep what the subject's organisation says to a suggestion; the latest answer to a pair counts.

    Raises NotYourOwn.
    """
    if suggested.organisation_id == subject.organisation_id:
        raise NotYourOwn
    given = _find(session, subject, suggested)
    if given is None:
        given = Feedback(**_pair(subject, suggested))
        session.add(given)
    given.user_id = user_id
    given.answer = answer
    given.reason = reason if answer is Answer.NEVER else None
    given.comment = comment.strip()[:500] if answer is Answer.NEVER else ""
    given.until = today() + NOT_NOW if answer is Answer.NOT_NOW else None
    given.created_at = utcnow()
    session.flush()
    return given


def take_back(session: Session, *, subject: Any, suggested: Any) -> None:
    """Forget the answer to a suggestion, if there is one."""
    given = _find(session, subject, suggested)
    if given is not None:
        session.delete(given)
        session.flush()


def _pair(subject: Any, suggested: Any) -> dict[str, Any]:
    return {
        "organisation_id": subject.organisation_id,
        "subject_kind": KIND_OF[type(subject)],
        "subject_id": subject.id,
        "object_kind": KIND_OF[type(suggested)],
        "object_id": suggested.id,
    }


def _find(session: Session, subject: Any, suggested: Any) -> Feedback | None:
    return session.scalar(select(Feedback).filter_by(**_pair(subject, suggested)))
