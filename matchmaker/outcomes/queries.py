"""Reads about outcomes and stories."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.introductions.models import Introduction
from matchmaker.outcomes.models import Outcome, Story
from matchmaker.permissions import NotPermitted


def outcomes_of(session: Session, introduction: Introduction) -> list[Outcome]:
    """What came of an introduction, in the order it was said; without what was taken back."""
    return list(
        session.scalars(
            select(Outcome)
            .where(Outcome.introduction_id == introduction.id, Outcome.withdrawn_at.is_(None))
            .options(selectinload(Outcome.confirmations))
            .order_by(Outcome.id)
        )
    )


def outcome_or_refuse(session: Session, introduction: Introduction, public_id: str) -> Outcome:
    """An outcome of this very introduction. Raises NotPermitted otherwise."""
    found = session.scalar(
        select(Outcome).where(
            Outcome.introduction_id == introduction.id,
            Outcome.public_id == public_id,
            Outcome.withdrawn_at.is_(None),
        )
    )
    if found is None:
        raise NotPermitted(public_id)
    return found


def story_of(session: Session, introduction: Introduction) -> Story | None:
    """The story of an introduction, published or not."""
    return session.scalar(select(Story).where(Story.introduction_id == introduction.id))


def published() -> Select[Any]:
    """The stories that both sides agreed to, the latest first."""
    introduction = joinedload(Story.introduction)
    return (
        select(Story)
        .where(Story.published_at.is_not(None))
        .options(
            introduction.joinedload(Introduction.from_organisation),
            introduction.joinedload(Introduction.to_organisation),
        )
        .order_by(Story.published_at.desc(), Story.id.desc())
    )
