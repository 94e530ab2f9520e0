"""What is done with introductions: request, broker, propose, accept, decline, withdraw, expire.

Every verb first locks the introduction and reads it anew, so that two that meet end as if one had come after the
other. Each refuses with a named error where the introduction has moved on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker import audit, throttle
from matchmaker.accounts.models import User
from matchmaker.audit import Event
from matchmaker.clusters.models import Organisation
from matchmaker.db import utcnow
from matchmaker.introductions import disclosure, endings, notifications, queries, things
from matchmaker.introductions.disclosure import ALWAYS as ALWAYS
from matchmaker.introductions.disclosure import ShownChanged as ShownChanged
from matchmaker.introductions.models import (
    About,
    Block,
    ClusterRules,
    Consent,
    DeclineReason,
    Interest,
    Introduction,
    IntroductionState,
    Limits,
    Origin,
    Side,
    matter_of,
    pair_of,
)
from matchmaker.introductions.things import Target

#: How long the other side has to answer, and how long before the end it is reminded, once.
TERM = timedelta(days=21)
REMINDER = timedelta(days=7)
#: New requests that one organisation sends in a day: enough for everybody who means them.
REQUESTS_A_DAY = 25


class Moved(Exception):
    """The introduction is no longer where this could be done: somebody answered, took it back, or time ran out."""

    def __init__(self, introduction: Introduction) -> None:
        super().__init__(introduction.state)
        self.introduction = introduction


class NotYourself(Exception):
    """An organisation can't be introduced to itself."""


@dataclass(frozen=True)
class Answers:
    """What the asker says to the three questions."""

    sought: str
    unclear: str = ""
    about_us: str = ""


@dataclass(frozen=True)
class Agreement:
    """What somebody agreed to on a consent screen: which optional fields, and the fingerprint of what was shown."""

    person: User
    shown: str
    optional: Collection[str] = field(default_factory=tuple)
    phone: str = ""


# --- Asking ---------------------------------------------------------------------------------------------------------


def planned(asker: Organisation, target: Target, asked_with: tuple[About, Any] | None = None) -> Introduction:
    """The introduction that would be asked for: who, whom and about what. It belongs to no session."""
    matters = {target.kind: target.item.id} if target.kind else {}
    if asked_with is not None and not target.hidden:
        # Where it is hidden who is asked, that they were asked with this before would tell who it is.
        matters |= {asked_with[0]: asked_with[1].id}
    return Introduction(
        from_organisation=asker,
        to_organisation=target.organisation,
        pair=pair_of(asker.id, target.organisation.id),
        matter=matter_of(matters),
        about_kind=target.kind,
        about_id=target.item.id if target.kind else None,
        blind=target.hidden,
        with_kind=asked_with[0] if asked_with else None,
        with_id=asked_with[1].id if asked_with else None,
    )


def request(
    session: Session,
    *,
    asker: Organisation,
    target: Target,
    answers: Answers,
    agreement: Agreement,
    asked_with: tuple[About, Any] | None = None,
    explanation: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> tuple[Introduction, bool]:
    """Ask for an introduction and agree to disclose the own side; gives it, and whether it is new.

    While one is active between the two about the same thing, that one is given, whoever asked. Raises NotYourself,
    ShownChanged, and TooOften where the organisation asks more in a day than anybody means.
    """
    if target.organisation.id == asker.id:
        raise NotYourself
    if key and (known := queries.by_key(session, asker.id, key)):
        return known, False
    now = utcnow()
    cluster_id = queries.brokering_cluster(session, asker)
    made = planned(asker, target, asked_with)
    made.from_user = agreement.person
    made.cluster_id = cluster_id
    made.explanation = dict(explanation or {})
    made.sought, made.unclear, made.about_us = answers.sought, answers.unclear, answers.about_us
    made.state = IntroductionState.REQUESTED if cluster_id is None else IntroductionState.BROKERED
    made.key = key or None
    made.requested_at, made.expires_at = now, now + TERM
    made, new = _add(session, made)
    if not new:
        if made.to_organisation_id == asker.id and made.delivered_at is None and made.is_open:
            # Who was asked asks as well: nothing holds the first request back any more.
            made.state, made.delivered_at = IntroductionState.REQUESTED, now
            session.flush()
        return made, False
    throttle.allow(session, f"requests of organisation {asker.id}", REQUESTS_A_DAY, timedelta(days=1))
    _agree(session, made, Side.ASKER, agreement, now)
    if cluster_id is None:
        deliver(session, made, now)
    else:
        notifications.tell_managers(session, made)
    return made, True


def _add(session: Session, made: Introduction) -> tuple[Introduction, bool]:
    """Add an introduction unless one takes its place; the unique index decides between two that race."""
    found = queries.active_between(session, made.pair, made.matter)
    if found is None:
        try:
            with session.begin_nested():
                session.add(made)
            return made, True
        except IntegrityError:
            found = queries.active_between(session, made.pair, made.matter)
            if found is None:
                found = queries.by_key(session, made.from_organisation_id, made.key or "")
            if found is None:
                raise
    session.expunge(made) if made in session else None
    return found, False


def deliver(session: Session, introduction: Introduction, now: datetime) -> bool:
    """Show a request to the other side, if it takes one now and has not blocked the asker. Nobody else can tell."""
    asked, asker = introduction.to_organisation_id, introduction.from_organisation_id
    if introduction.state != IntroductionState.REQUESTED or introduction.delivered_at is not None:
        return False
    if queries.is_blocked(session, asked, asker) or not queries.takes_requests(session, asked, now):
        return False
    introduction.delivered_at = now
    session.flush()
    notifications.tell_requested(session, introduction)
    return True


# --- Managers -------------------------------------------------------------------------------------------------------


def broker(session: Session, introduction: Introduction, manager: User) -> None:
    """Pass a request on to the other side. Raises Moved where another manager was faster or the asker took it back."""
    now = _lock(session, introduction)
    if introduction.state != IntroductionState.BROKERED:
        raise Moved(introduction)
    introduction.state = IntroductionState.REQUESTED
    introduction.broker = manager
    introduction.expires_at = now + TERM
    session.flush()
    deliver(session, introduction, now)


def return_to_asker(
    session: Session, introduction: Introduction, manager: User, *, reason: DeclineReason, kind_words: str = ""
) -> None:
    """Give a request back instead of passing it on, with a reason. Raises Moved."""
    now = _lock(session, introduction)
    if introduction.state != IntroductionState.BROKERED:
        raise Moved(introduction)
    introduction.broker = manager
    _end(session, introduction, IntroductionState.DECLINED, None, now, reason=reason, kind_words=kind_words)
    notifications.tell_answered(session, introduction, Side.ASKER)


def propose(
    session: Session,
    *,
    one: Organisation,
    other: Organisation,
    about: tuple[About, Any] | None = None,
    reason: str = "",
    manager: User | None = None,
    cluster_id: int | None = None,
) -> tuple[Introduction, bool]:
    """Bring two together who both still have to agree; gives the introduction, and whether it is new.

    Raises NotYourself.
    """
    if one.id == other.id:
        raise NotYourself
    now = utcnow()
    made = Introduction(
        from_organisation=one,
        to_organisation=other,
        cluster_id=cluster_id,
        broker=manager,
        pair=pair_of(one.id, other.id),
        matter=matter_of({about[0]: about[1].id} if about else {}),
        about_kind=about[0] if about else None,
        about_id=about[1].id if about else None,
        explanation={"proposed": reason} if reason else {},
        origin=Origin.MANAGER if manager is not None else Origin.INTEREST,
        state=IntroductionState.PROPOSED,
        requested_at=now,
        delivered_at=now,
        expires_at=now + TERM,
    )
    made, new = _add(session, made)
    if new:
        notifications.tell_proposed(session, made)
    return made, new


def set_rules(
    session: Session, cluster_id: int, *, brokered: bool, fair_share: bool, manager: User | None = None
) -> ClusterRules:
    """Say how a cluster handles introductions; what is under way stays as it is."""
    rules = session.get(ClusterRules, cluster_id)
    if rules is None:
        rules = ClusterRules(cluster_id=cluster_id)
        session.add(rules)
    rules.brokered, rules.fair_share = brokered, fair_share
    session.flush()
    audit.record(
        session, Event.SETTING_CHANGED, actor_id=manager.id if manager else None, cluster_id=cluster_id,
        facts={"brokered": brokered, "fair_share": fair_share},
    )  # fmt: skip
    return rules


# --- Answering ------------------------------------------------------------------------------------------------------


def accept(session: Session, introduction: Introduction, side: Side, agreement: Agreement) -> None:
    """Agree to disclose a side. Once both have, both see what the other disclosed. Raises Moved and ShownChanged."""
    now = _lock(session, introduction)
    if not introduction.waits_for(side):
        raise Moved(introduction)
    _agree(session, introduction, side, agreement, now)
    if side is Side.ASKER:
        introduction.from_user = agreement.person
    else:
        introduction.to_user = agreement.person
    if introduction.silently_declined:
        # The other side said no where nobody could hear it; this answer changes nothing, and must not show that.
        return
    if introduction.consent_of(side.other) is not None:
        introduction.state = IntroductionState.ACCEPTED
        introduction.answered_at = now
        session.flush()
        notifications.tell_answered(session, introduction, side.other)


def renew_consent(session: Session, introduction: Introduction, side: Side, agreement: Agreement) -> None:
    """Disclose a side anew, with what has changed since. Raises Moved and ShownChanged."""
    now = _lock(session, introduction)
    given = introduction.consent_of(side)
    if given is None or introduction.state != IntroductionState.ACCEPTED:
        raise Moved(introduction)
    _check_shown(session, introduction, side, agreement)
    given.end(now)
    session.flush()
    _agree(session, introduction, side, agreement, now)


def decline(
    session: Session,
    introduction: Introduction,
    side: Side,
    *,
    person: User,
    reason: DeclineReason | None,
    kind_words: str = "",
) -> None:
    """Say no, with a reason that the other side reads, or silently: then nobody can tell it from no answer.

    Raises Moved.
    """
    now = _lock(session, introduction)
    if not introduction.waits_for(side) or introduction.silently_declined:
        raise Moved(introduction)
    if side is Side.ASKED:
        introduction.to_user = person
    _end(
        session, introduction, IntroductionState.DECLINED, side, now,
        reason=reason, kind_words=kind_words if reason else "", keep_consent_of=None if reason else side.other,
    )  # fmt: skip
    if reason is not None:
        notifications.tell_answered(session, introduction, side.other)


def withdraw(session: Session, introduction: Introduction, side: Side, *, person: User) -> None:
    """Take it back: a request before it is answered, or what was agreed, from either side.

    From that moment nothing is disclosed any more. Raises Moved.
    """
    now = _lock(session, introduction)
    if introduction.state != IntroductionState.ACCEPTED and not introduction.is_open_to(side):
        raise Moved(introduction)
    was_known = introduction.delivered_at is not None and not introduction.silently_declined
    _end(session, introduction, IntroductionState.WITHDRAWN, side, now)
    if was_known:
        notifications.tell_withdrawn(session, introduction, side.other)


def forget_person(session: Session, person: User) -> None:
    """End every introduction in which a person who is being erased stands for a side; the other side is told."""
    for introduction in _standing(session, Consent.user_id == person.id):
        now = _lock(session, introduction)
        side = next((c.side for c in introduction.consents if c.user_id == person.id and c.ended_at is None), None)
        if side is None or not introduction.active:
            continue
        was_known = introduction.delivered_at is not None and not introduction.silently_declined
        _end(session, introduction, IntroductionState.WITHDRAWN, side, now, erased=side)
        if was_known:
            notifications.tell_withdrawn(session, introduction, side.other)


def forget_organisation(session: Session, organisation: Organisation) -> None:
    """Do what is to be done before the introductions of an organisation that is being erased vanish with it."""
    sides = ((Side.ASKER, Introduction.from_organisation_id), (Side.ASKED, Introduction.to_organisation_id))
    for side, column in sides:
        for introduction in _standing(session, column == organisation.id):
            if introduction.state == IntroductionState.ACCEPTED:
                endings.prepare(session, introduction, erased=side)
            notifications.forget(session, introduction)


def _standing(session: Session, condition: Any) -> list[Introduction]:
    """The introductions that are under way or hold, and satisfy a condition on them or on their consents."""
    found = select(Introduction).join(Introduction.consents, isouter=True).where(Introduction.active, condition)
    return list(session.scalars(found.order_by(Introduction.id)).unique())


def expire_due(session: Session, now: datetime) -> int:
    """End what nobody answered in time; gives how many. What was silently declined ends with it, alike."""
    due = session.scalars(
        select(Introduction.id).where(
            Introduction.active,
            Introduction.state != IntroductionState.ACCEPTED,
            Introduction.expires_at <= now,
        )
    ).all()
    ended = 0
    for introduction_id in due:
        introduction = session.get_one(Introduction, introduction_id)
        _lock(session, introduction)
        if not introduction.active or introduction.state == IntroductionState.ACCEPTED:
            continue
        if introduction.silently_declined:
            introduction.active, introduction.ended_at = False, now
            _forget_consents(session, introduction, now)
        else:
            _end(session, introduction, IntroductionState.EXPIRED, None, now)
        notifications.tell_expired(session, introduction)
        ended += 1
    return ended


def deliver_due(session: Session, now: datetime) -> int:
    """Hand over what waited because enough others came, as far as they take more now; gives how many."""
    waiting = session.scalars(
        select(Introduction)
        .where(Introduction.state == IntroductionState.REQUESTED, Introduction.delivered_at.is_(None))
        .order_by(Introduction.requested_at, Introduction.id)
    ).all()
    return sum(deliver(session, introduction, now) for introduction in waiting if introduction.expires_at > now)


def remind_due(session: Session, now: datetime) -> int:
    """Remind those who have not answered, once; gives how many introductions."""
    open_ = (IntroductionState.PROPOSED, IntroductionState.REQUESTED)
    due = session.scalars(
        select(Introduction).where(
            Introduction.state.in_(open_),
            Introduction.delivered_at.is_not(None),
            Introduction.reminded_at.is_(None),
            Introduction.expires_at <= now + REMINDER,
            Introduction.expires_at > now,
        )
    ).all()
    for introduction in due:
        introduction.reminded_at = now
        for side in Side:
            if introduction.waits_for(side):
                notifications.remind(session, introduction, side)
    session.flush()
    return len(due)


def _lock(session: Session, introduction: Introduction) -> datetime:
    """Read the introduction anew, and keep others from changing it until the commit."""
    session.flush()
    session.refresh(introduction, with_for_update=True)
    session.expire(introduction, ["consents"])
    return utcnow()


def _check_shown(session: Session, introduction: Introduction, side: Side, agreement: Agreement) -> disclosure.Offer:
    offered = queries.offer_of(session, introduction, side, agreement.person)
    if offered.digest != agreement.shown:
        raise ShownChanged
    return queries.offer_of(session, introduction, side, agreement.person, agreement.phone)


def _agree(session: Session, introduction: Introduction, side: Side, agreement: Agreement, now: datetime) -> None:
    """Keep what a side agreed to disclose. Raises ShownChanged where the screen showed something else."""
    disclosed = _check_shown(session, introduction, side, agreement).chosen(agreement.optional)
    given = Consent(
        side=side,
        user=agreement.person,
        fields=list(disclosed),
        disclosed=disclosed,
        digest=disclosure.digest_of(disclosed),
        text_version=disclosure.TEXT_VERSION,
        given_at=now,
    )
    introduction.consents.append(given)
    session.flush()
    audit.record(
        session, Event.CONSENT_GIVEN, actor_id=agreement.person.id, thing=introduction,
        organisation_id=introduction.organisation_of(side).id,
        facts={"side": side, "fields": given.fields, "digest": given.digest, "text": given.text_version},
    )  # fmt: skip


def _end(
    session: Session,
    introduction: Introduction,
    state: IntroductionState,
    by: Side | None,
    now: datetime,
    *,
    reason: DeclineReason | None = None,
    kind_words: str = "",
    keep_consent_of: Side | None = None,
    erased: Side | None = None,
) -> None:
    """The end of an introduction: nothing is disclosed any more, and the pair may be introduced anew."""
    if introduction.state == IntroductionState.ACCEPTED:
        endings.prepare(session, introduction, erased)
    introduction.state, introduction.ended_by, introduction.ended_at = state, by, now
    introduction.reason, introduction.kind_words = reason, kind_words
    introduction.active = introduction.silently_declined
    _forget_consents(session, introduction, now, but=keep_consent_of)
    notifications.forget(session, introduction)


def _forget_consents(session: Session, introduction: Introduction, now: datetime, but: Side | None = None) -> None:
    for consent in introduction.consents:
        if consent.ended_at is None and consent.side != but:
            consent.end(now)
            audit.record(
                session, Event.CONSENT_WITHDRAWN, actor_id=None, thing=introduction,
                organisation_id=introduction.organisation_of(consent.side).id,
                facts={"side": consent.side, "digest": consent.digest, "state": introduction.state},
            )  # fmt: skip
    session.flush()


# --- Interest, blocks, limits ---------------------------------------------------------------------------------------


def mark_interest(session: Session, *, organisation: Organisation, target: Target, user: User) -> Introduction | None:
    """Mark interest and tell nobody. Where the other side is interested too, both are told: the introduction is given.

    Raises NotYourself.
    """
    other = target.organisation
    if other.id == organisation.id:
        raise NotYourself
    item_id = target.item.id if target.kind else 0
    if queries.interest_in(session, organisation.id, other.id, target.kind, item_id) is None:
        marked = Interest(
            from_organisation_id=organisation.id,
            to_organisation_id=other.id,
            user_id=user.id,
            about_kind=target.kind or "",
            about_id=item_id,
            blind=target.hidden,
        )
        try:
            with session.begin_nested():
                session.add(marked)
        except IntegrityError:
            return None
    if queries.is_blocked(session, other.id, organisation.id) or queries.is_blocked(session, organisation.id, other.id):
        return None
    theirs = session.scalar(
        select(Interest)
        .where(Interest.from_organisation_id == other.id, Interest.to_organisation_id == organisation.id)
        .order_by(Interest.about_kind != About.NEED, Interest.id)
        .limit(1)
    )
    if theirs is None:
        return None
    about = (target.kind, target.item) if target.kind else _thing_of(session, theirs)
    made, _new = propose(session, one=organisation, other=other, about=about)
    return made


def _thing_of(session: Session, interest: Interest) -> tuple[About, Any] | None:
    if not interest.about_kind:
        return None
    found = things.thing(session, About(interest.about_kind), interest.about_id)
    return (About(interest.about_kind), found) if found is not None else None


def take_interest_back(session: Session, *, organisation: Organisation, target: Target) -> None:
    """Take a mark back, where there is one; what came of it stays."""
    marked = queries.interest_in(
        session, organisation.id, target.organisation.id, target.kind, target.item.id if target.kind else None
    )
    if marked is not None:
        session.delete(marked)
        session.flush()


def block_organisation(session: Session, *, organisation: Organisation, blocked: Organisation, user: User) -> Block:
    """Want nothing from another organisation. Its requests look sent, wait, and expire; it can't tell.

    Raises NotYourself.
    """
    if organisation.id == blocked.id:
        raise NotYourself
    made = queries.block_of(session, organisation.id, blocked.id)
    if made is None:
        made = Block(organisation_id=organisation.id, blocked_id=blocked.id, user_id=user.id)
        session.add(made)
        session.flush()
    waiting = session.scalars(
        select(Introduction).where(
            Introduction.from_organisation_id == blocked.id,
            Introduction.to_organisation_id == organisation.id,
            Introduction.state == IntroductionState.REQUESTED,
        )
    ).all()
    for introduction in waiting:
        _lock(session, introduction)
        if introduction.state == IntroductionState.REQUESTED:
            introduction.delivered_at = None
            notifications.forget(session, introduction)
    session.flush()
    return made


def unblock(session: Session, block: Block) -> None:
    """Let an organisation ask again; what it asked meanwhile arrives with the next delivery."""
    session.delete(block)
    session.flush()


def set_limits(
    session: Session, organisation: Organisation, *, per_week: int | None, paused: bool, paused_until: Any = None
) -> Limits:
    """Say how many requests a week an organisation wants, or none for now."""
    limits = session.get(Limits, organisation.id)
    if limits is None:
        limits = Limits(organisation_id=organisation.id)
        session.add(limits)
    limits.per_week, limits.paused = per_week, paused
    limits.paused_until = paused_until if paused else None
    session.flush()
    return limits
