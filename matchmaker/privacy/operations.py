"""Erasing people and organisations, objecting to being matched, and what is kept only for a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, delete, func, or_, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.accounts.models import User
from matchmaker.audit import Event
from matchmaker.clusters.models import Invitation, Membership, MembershipRole, MembershipState, Organisation
from matchmaker.introductions import operations as introductions
from matchmaker.jobs import wake
from matchmaker.mail.models import OutboxMessage
from matchmaker.needs.models import Need
from matchmaker.notifications.models import Notification
from matchmaker.privacy.models import Erased, Erasure
from matchmaker.profiles.models import Competence, Evidence, Profile, ProfileKind
from matchmaker.suggestions.models import Objection
from matchmaker.testfields.models import TestField

#: How long what people were told stays in their inbox.
NEWS_KEPT = timedelta(days=365)
#: How long a request to join waits for an answer.
REQUESTS_KEPT = timedelta(days=180)
#: How long an account is kept whose address was never confirmed.
UNCONFIRMED_KEPT = timedelta(days=30)


def erase_user(session: Session, user: User, *, actor_id: int | None) -> None:
    """Erase a person: account, personal profile, news and mails about them. What they wrote for an organisation stays
    with it, without their name; where they alone looked after it, whoever has been there longest does from now on.
    """
    introductions.forget_person(session, user)
    for membership in session.scalars(select(Membership).where(Membership.user_id == user.id)):
        _hand_over(session, membership)
        session.delete(membership)
    for profile in session.scalars(
        select(Profile).where(Profile.user_id == user.id, Profile.kind == ProfileKind.PERSON)
    ):
        session.delete(profile)
    session.execute(delete(Invitation).where(func.lower(Invitation.email) == user.email.lower()))
    named = {user.email, user.display_name}
    _forget_news(session, named)
    _forget_mails(session, named)
    session.flush()
    session.expire(user)
    _note(session, Erased.USER, user, actor_id)
    session.delete(user)
    session.flush()


def erase_organisation(session: Session, organisation: Organisation, *, actor_id: int | None) -> None:
    """Erase an organisation with everything it registered; its people keep their accounts."""
    introductions.forget_organisation(session, organisation)
    for model in (Competence, Need, TestField, Evidence, Profile):
        # One by one, so that what they are found by, and what was answered to them, goes with them.
        for one in session.scalars(select(model).where(model.organisation_id == organisation.id)).all():
            session.delete(one)
    _forget_news(session, {organisation.name})
    _forget_mails(session, {organisation.name})
    session.flush()
    session.expire(organisation)
    _note(session, Erased.ORGANISATION, organisation, actor_id)
    session.delete(organisation)
    session.flush()


def _note(session: Session, kind: Erased, gone: Any, actor_id: int | None) -> None:
    known = session.scalar(select(Erasure.id).where(Erasure.public_id == gone.public_id))
    if known is None:
        session.add(Erasure(kind=kind, public_id=gone.public_id))
    audit.record(session, Event.ERASED, actor_id=actor_id, thing=gone, facts={"kind": kind})
    wake(session, "erasures")


def _hand_over(session: Session, leaving: Membership) -> None:
    """Have somebody else look after the organisation where only the one who leaves does."""
    if leaving.role != MembershipRole.ADMIN or leaving.state != MembershipState.ACTIVE:
        return
    others = session.scalars(
        select(Membership)
        .where(
            Membership.organisation_id == leaving.organisation_id,
            Membership.state == MembershipState.ACTIVE,
            Membership.id != leaving.id,
        )
        .order_by(Membership.created_at, Membership.id)
    ).all()
    if others and not any(other.role == MembershipRole.ADMIN for other in others):
        others[0].role = MembershipRole.ADMIN


def _forget_news(session: Session, names: set[str]) -> None:
    """Take out what anybody was told that names one of these."""
    named = [
        told.id
        for told in session.execute(select(Notification.id, Notification.facts).execution_options(yield_per=1000))
        if names & {value for value in told.facts.values() if isinstance(value, str)}
    ]
    if named:
        session.execute(delete(Notification).where(Notification.id.in_(named)))


def _forget_mails(session: Session, names: Iterable[str]) -> None:
    """Take out the mails to and about one of these, sent or not."""
    for name in names:
        session.execute(
            delete(OutboxMessage).where(
                or_(
                    func.lower(OutboxMessage.to) == name.lower(),
                    *(
                        column.contains(name, autoescape=True)
                        for column in (
                            OutboxMessage.subject,
                            OutboxMessage.text,
                            OutboxMessage.html,
                            # A calendar's long lines go on in the next, behind a space.
                            func.replace(OutboxMessage.calendar, "\r\n ", "", type_=Text),
                        )
                    ),
                )
            )
        )


def reapply(session: Session, ledger: Iterable[tuple[Erased, str]]) -> int:
    """Erase again what a ledger names and a restore brought back; returns how many there were."""
    models: dict[Erased, Any] = {Erased.USER: User, Erased.ORGANISATION: Organisation}
    erase: dict[Erased, Any] = {Erased.USER: erase_user, Erased.ORGANISATION: erase_organisation}
    again = 0
    for kind, public_id in ledger:
        back = session.scalar(select(models[kind]).where(models[kind].public_id == public_id))
        if back is not None:
            erase[kind](session, back, actor_id=None)
            again += 1
        elif session.scalar(select(Erasure.id).where(Erasure.public_id == public_id)) is None:
            session.add(Erasure(kind=kind, public_id=public_id))
    session.flush()
    return again


# --- Objecting to being matched (GDPR art. 21) ------------------------------------------------------------------------


def object_to_matching(
    session: Session, *, objects: bool, user_id: int | None = None, organisation_id: int | None = None, actor_id: int
) -> None:
    """Say whether a person or an organisation may be suggested to others. What they publish stays findable."""
    whose = Objection.user_id == user_id if user_id else Objection.organisation_id == organisation_id
    known = session.scalar(select(Objection).where(whose))
    if objects == (known is not None):
        return
    if known is None:
        session.add(Objection(user_id=user_id, organisation_id=organisation_id))
    else:
        session.delete(known)
    session.flush()
    event = Event.CONSENT_WITHDRAWN if objects else Event.CONSENT_GIVEN
    facts = {"to": "matching", "who": "organisation" if organisation_id else "person"}
    audit.record(session, event, actor_id=actor_id, organisation_id=organisation_id, facts=facts)


# --- What is kept only for a time -------------------------------------------------------------------------------------


def tidy(session: Session, *, now: datetime) -> None:
    """Drop what has been kept long enough: old news, requests nobody answered, accounts nobody confirmed, the trail."""
    session.execute(delete(Notification).where(Notification.created_at < now - NEWS_KEPT))
    session.execute(
        delete(Membership).where(Membership.state == MembershipState.ASKED, Membership.created_at < now - REQUESTS_KEPT)
    )
    for user in session.scalars(
        select(User).where(User.confirmed_at.is_(None), User.created_at < now - UNCONFIRMED_KEPT)
    ).all():
        erase_user(session, user, actor_id=None)
    audit.drop_old(session, now=now)
