"""Saying what came of an introduction, confirming it, and telling the story."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.accounts.models import User
from matchmaker.audit import Event
from matchmaker.audit.operations import hash_of
from matchmaker.db import EditConflict, utcnow
from matchmaker.introductions.models import Introduction, IntroductionState, Side
from matchmaker.outcomes import notifications
from matchmaker.outcomes.models import (
    WITH_AMOUNT,
    AgreementKind,
    Confirmation,
    Outcome,
    OutcomeKind,
    Story,
    StoryConsent,
)


class NotIntroduced(Exception):
    """Something can only come of two who were introduced."""


class Incomplete(Exception):
    """An agreement needs its kind, an application its amount, and "nothing" its reason."""


def report(
    session: Session,
    introduction: Introduction,
    side: Side,
    user: User,
    kind: OutcomeKind,
    *,
    agreement: AgreementKind | None = None,
    amount: int | None = None,
    currency: str = "",
    note: str = "",
) -> Outcome:
    """Say what came of it; the other side is asked to confirm. Raises NotIntroduced and Incomplete."""
    if introduction.state != IntroductionState.ACCEPTED:
        raise NotIntroduced
    needs_amount = kind in WITH_AMOUNT
    if (kind == OutcomeKind.AGREEMENT_SIGNED and agreement is None) or (needs_amount and not (amount and currency)):
        raise Incomplete
    if kind == OutcomeKind.NOTHING and not note:
        raise Incomplete
    outcome = Outcome(
        introduction_id=introduction.id,
        kind=kind,
        agreement=agreement if kind == OutcomeKind.AGREEMENT_SIGNED else None,
        amount=amount if needs_amount else None,
        currency=currency if needs_amount else "",
        note=note,
        side=side,
        confirmations=[Confirmation(side=side, user_id=user.id, agrees=True)],
    )
    session.add(outcome)
    session.flush()
    notifications.tell_reported(session, introduction, outcome)
    return outcome


def say(session: Session, outcome: Outcome, side: Side, user: User, *, agrees: bool) -> None:
    """Say for one's own side whether it is so; the latest word counts."""
    given = session.get(Confirmation, (outcome.id, side))
    if given is None:
        outcome.confirmations.append(Confirmation(side=side, user_id=user.id, agrees=agrees))
    else:
        given.agrees, given.user_id, given.at = agrees, user.id, utcnow()
    session.flush()


def take_back(session: Session, outcome: Outcome) -> None:
    """Take back what one's own side said; it stays in the records as taken back."""
    outcome.withdrawn_at = outcome.withdrawn_at or utcnow()
    session.flush()


# --- Stories --------------------------------------------------------------------------------------------------------


def digest_of(title: str, text: str) -> str:
    """The fingerprint of a story's very words."""
    return hash_of(json.dumps([title, text], ensure_ascii=False))


def tell_story(
    session: Session, introduction: Introduction, side: Side, user: User, *, title: str, text: str, version: int = 0
) -> Story:
    """Write the story, or write it anew; its writer agrees, and the other side has to agree to the new words.

    Raises NotIntroduced, and EditConflict where the other side wrote it anew in between.
    """
    session.refresh(introduction, with_for_update=True)
    if introduction.state != IntroductionState.ACCEPTED:
        raise NotIntroduced
    story = session.scalar(select(Story).where(Story.introduction_id == introduction.id))
    if story is None:
        story = Story(introduction_id=introduction.id, title=title, text=text)
        session.add(story)
    elif story.version != version:
        raise EditConflict(story)
    else:
        _end_consents(story)
        story.title, story.text, story.published_at = title, text, None
    session.flush()
    _agree(session, story, side, user)
    notifications.tell_story(session, introduction, side.other)
    return story


def agree_to_story(session: Session, story: Story, side: Side, user: User, *, shown: str) -> None:
    """Agree to the very words that were shown; once both have, the story is public. Raises EditConflict."""
    session.refresh(story, with_for_update=True)
    if digest_of(story.title, story.text) != shown:
        raise EditConflict(story)
    if story.consent_of(side) is None:
        _agree(session, story, side, user)
    if all(story.consent_of(one) for one in Side) and story.published_at is None:
        story.published_at = utcnow()
    session.flush()


def withdraw_story(session: Session, story: Story, side: Side, user: User) -> None:
    """Take one's consent back: the story is public no longer."""
    session.refresh(story, with_for_update=True)
    given = story.consent_of(side)
    if given is not None:
        given.ended_at = utcnow()
        audit.record(
            session, Event.CONSENT_WITHDRAWN, actor_id=user.id, thing=story,
            organisation_id=story.introduction.organisation_of(side).id, facts={"side": side, "digest": given.digest},
        )  # fmt: skip
    story.published_at = None
    session.flush()


def _agree(session: Session, story: Story, side: Side, user: User) -> None:
    digest = digest_of(story.title, story.text)
    story.consents.append(StoryConsent(side=side, user_id=user.id, digest=digest))
    session.flush()
    audit.record(
        session, Event.CONSENT_GIVEN, actor_id=user.id, thing=story,
        organisation_id=story.introduction.organisation_of(side).id, facts={"side": side, "digest": digest},
    )  # fmt: skip


def _end_consents(story: Story) -> None:
    for consent in story.consents:
        consent.ended_at = consent.ended_at or utcnow()
