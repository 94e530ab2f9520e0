"""Reads about meetings."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.introductions.models import Introduction
from matchmaker.meetings.models import Meeting
from matchmaker.permissions import NotPermitted


def meetings_of(session: Session, introduction: Introduction) -> list[Meeting]:
    """The meetings of an introduction, the latest first."""
    return list(
        session.scalars(select(Meeting).where(Meeting.introduction_id == introduction.id).order_by(Meeting.id.desc()))
    )


def meeting_or_refuse(session: Session, introduction: Introduction, public_id: str) -> Meeting:
    """A meeting of this very introduction. Raises NotPermitted otherwise."""
    found = session.scalar(
        select(Meeting).where(Meeting.introduction_id == introduction.id, Meeting.public_id == public_id)
    )
    if found is None:
        raise NotPermitted(public_id)
    return found
