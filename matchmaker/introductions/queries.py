"""Reads about introductions; ``contact_for`` is the only way to what a side disclosed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.accounts.models import User
from matchmaker.clusters.models import (
    ClusterManager,
    ClusterMembership,
    Membership,
    MembershipRole,
    MembershipState,
    Organisation,
)
from matchmaker.db import today, utcnow
from matchmaker.introductions import disclosure, things
from matchmaker.introductions.models import (
    OPEN,
    About,
    Block,
    ClusterRules,
    Consent,
    Disclosed,
    Interest,
    Introduction,
    IntroductionState,
    Limits,
    Side,
)
from matchmaker.paging import count
from matchmaker.permissions import NotPermitted, Permission, Viewer, allows
from matchmaker.suggestions.learning import Decided
from matchmaker.suggestions.models import ItemKind

#: Requests are counted over so many days.
WEEK = timedelta(days=7)
#: The tabs of the list.
TABS = ("answer", "open", "current", "done")


# --- The one door ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contact:
    """What the other side disclosed: fields and values as its consent says, and nothing else."""

    side: Side
    values: Mapping[str, str]
    since: datetime

    def __getitem__(self, field: str) -> str:
        return self.values.get(field, "")


def contact_for(introduction: Introduction, viewer: Viewer) -> Contact | None:
    """Whom the viewer was introduced to; None unless both sides agreed, and both still do."""
    side = introduction.side_of(viewer.organisation_ids)
    if side is None or introduction.state != IntroductionState.ACCEPTED:
        return None
    ours, theirs = introduction.consent_of(side), introduction.consent_of(side.other)
    if ours is None or theirs is None:
        return None
    return Contact(side.other, {name: str(theirs.disclosed[name]) for name in theirs.fields}, theirs.given_at)


# --- One introduction -----------------------------------------------------------------------------------------------


def get_or_refuse(session: Session, public_id: str, viewer: Viewer) -> Introduction:
    """An introduction that the viewer has a side in. Raises NotPermitted otherwise."""
    found = session.scalar(select(Introduction).where(Introduction.public_id == public_id))
    if found is None or not allows(viewer, Permission.INTRODUCTION, found):
        raise NotPermitted(public_id)
    return found


def own_or_refuse(session: Session, public_id: str, viewer: Viewer) -> tuple[Introduction, Side]:
    """An introduction that the viewer has a side in, and which. Raises NotPermitted otherwise."""
    introduction = get_or_refuse(session, public_id, viewer)
    side = introduction.side_of(viewer.organisation_ids)
    if side is None:
        raise NotPermitted(public_id)
    return introduction, side


def brokered_or_refuse(session: Session, public_id: str, viewer: Viewer) -> Introduction:
    """A request that waits for, or was moved by, a manager of its cluster. Raises NotPermitted otherwise."""
    found = session.scalar(select(Introduction).where(Introduction.public_id == public_id))
    if found is None or not allows(viewer, Permission.CURATE, found):
        raise NotPermitted(public_id)
    return found


def names_side(session: Session, introduction: Introduction, side: Side) -> bool:
    """Whether the other side may know who this is: both agreed, or nothing that this side brought is confidential."""
    if introduction.state == IntroductionState.ACCEPTED:
        return True
    return not things.hides(session, introduction, side)


def offer_of(
    session: Session, introduction: Introduction, side: Side, person: User, phone: str = ""
) -> disclosure.Offer:
    """What a side could disclose now, in the name of this person or of the test field's accountable contact."""
    item = things.confidential_item(session, introduction, side)
    return disclosure.offer(
        introduction.organisation_of(side), contact_person(session, introduction, side, person), phone=phone, item=item
    )


def contact_person(session: Session, introduction: Introduction, side: Side, person: User) -> User:
    """Who is disclosed: whoever answers, or the contact that a test field names as accountable."""
    for item in things.items_of(session, introduction, side):
        contact: User | None = getattr(item, "contact", None)
        if contact is not None and contact.active:
            return contact
    return person


def active_between(session: Session, pair: str, matter: str) -> Introduction | None:
    """The introduction that takes the place of this pair and matter."""
    return session.scalar(
        select(Introduction).where(Introduction.pair == pair, Introduction.matter == matter, Introduction.active)
    )


def by_key(session: Session, organisation_id: int, key: str) -> Introduction | None:
    """The introduction that this very form already asked for."""
    return session.scalar(
        select(Introduction).where(Introduction.from_organisation_id == organisation_id, Introduction.key == key)
    )


def people_of(session: Session, introduction: Introduction, side: Side) -> list[User]:
    """Whom to tell on a side: who speaks for it, else who stands behind its item, else those who look after it.

    Never anybody outside the organisation.
    """
    organisation = introduction.organisation_of(side)
    members = {
        row.User.id: (row.User, row.role)
        for row in session.execute(
            select(User, Membership.role)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.organisation_id == organisation.id, Membership.state == MembershipState.ACTIVE)
            .where(User.active)
            .order_by(User.id)
        )
    }
    speaks = introduction.user_of(side)
    if speaks is not None and speaks.id in members:
        return [speaks]
    for item in things.items_of(session, introduction, side):
        for person_id in (getattr(item, "contact_id", None), getattr(item, "author_id", None)):
            if person_id in members:
                return [members[person_id][0]]
    admins = [user for user, role in members.values() if role == MembershipRole.ADMIN]
    return admins or [user for user, _role in members.values()]


def has_people(session: Session, organisation_id: int) -> bool:
    """Whether anybody acts for the organisation here."""
    return bool(
        session.scalar(
            select(Membership.id)
            .where(Membership.organisation_id == organisation_id, Membership.state == MembershipState.ACTIVE)
            .limit(1)
        )
    )


# --- Lists ----------------------------------------------------------------------------------------------------------


def _waits_for(side: Side) -> ColumnElement[bool]:
    """Introductions in which this side has not agreed yet, and has to say something."""
    given = (
        select(Consent.id)
        .where(Consent.introduction_id == Introduction.id, Consent.side == side, Consent.ended_at.is_(None))
        .exists()
    )
    waiting = (IntroductionState.PROPOSED, IntroductionState.REQUESTED)
    looks_open = or_(Introduction.state.in_(waiting), _silent(side.other))
    return and_(looks_open, ~given)


def _silent(ended_by: Side) -> ColumnElement[bool]:
    """Declined silently by that side, which the other may not notice before the time is over."""
    return and_(
        Introduction.state == IntroductionState.DECLINED,
        Introduction.reason.is_(None),
        Introduction.active,
        Introduction.ended_by == ended_by,
    )


def _on_side(viewer: Viewer, side: Side) -> ColumnElement[bool]:
    if side is Side.ASKER:
        return Introduction.from_organisation_id.in_(viewer.organisation_ids)
    return and_(Introduction.to_organisation_id.in_(viewer.organisation_ids), Introduction.delivered_at.is_not(None))


def _in_tab(tab: str, side: Side) -> ColumnElement[bool]:
    waits = _waits_for(side)
    if tab == "answer":
        return waits
    looks_open = or_(Introduction.state.in_(OPEN), _silent(side.other))
    if tab == "open":
        return and_(looks_open, ~waits)
    if tab == "current":
        return Introduction.state == IntroductionState.ACCEPTED
    return and_(~looks_open, Introduction.state != IntroductionState.ACCEPTED)


def listed(viewer: Viewer, tab: str) -> Select[Any]:
    """A tab of the list: what to answer, what others have to answer, who one was introduced to, what has ended."""
    sides = or_(*(and_(_on_side(viewer, side), _in_tab(tab, side)) for side in Side))
    wanted = select(Introduction).where(sides if viewer.organisation_ids else false())
    soonest = (Introduction.expires_at, Introduction.id)
    latest = (func.coalesce(Introduction.answered_at, Introduction.requested_at).desc(), Introduction.id.desc())
    return wanted.options(
        joinedload(Introduction.from_organisation), joinedload(Introduction.to_organisation)
    ).order_by(*(soonest if tab in ("answer", "open") else latest))


def counts(session: Session, viewer: Viewer) -> dict[str, int]:
    """How many introductions stand in each tab."""
    return {tab: count(session, listed(viewer, tab)) for tab in TABS}


def count_to_answer(session: Session, viewer: Viewer) -> int:
    """How many introductions wait for an answer of the viewer's."""
    if not viewer.organisation_ids:
        return 0
    return count(session, listed(viewer, "answer"))


def for_managers(viewer: Viewer) -> Select[Any]:
    """Requests that wait for a manager of these clusters, the oldest first."""
    return (
        select(Introduction)
        .where(Introduction.state == IntroductionState.BROKERED, Introduction.cluster_id.in_(viewer.manages))
        .order_by(Introduction.requested_at, Introduction.id)
    )


def moved_by_managers(viewer: Viewer) -> Select[Any]:
    """What managers of these clusters passed on or brought together, the latest first."""
    return (
        select(Introduction)
        .where(Introduction.broker_id.is_not(None), Introduction.cluster_id.in_(viewer.manages))
        .order_by(Introduction.requested_at.desc(), Introduction.id.desc())
    )


def managers_of(session: Session, cluster_id: int) -> list[User]:
    """The active managers of a cluster."""
    return list(
        session.scalars(
            select(User)
            .join(ClusterManager, ClusterManager.user_id == User.id)
            .where(ClusterManager.cluster_id == cluster_id, User.active)
            .order_by(User.id)
        )
    )


def managers_around(session: Session, organisation: Organisation) -> list[User]:
    """The active managers of all clusters that an organisation belongs to."""
    return list(
        session.scalars(
            select(User)
            .where(
                User.active,
                User.id.in_(
                    select(ClusterManager.user_id).where(ClusterManager.cluster_id.in_(organisation.cluster_ids))
                ),
            )
            .order_by(User.id)
        )
    )


def asked_where_nobody_is(viewer: Viewer) -> Select[Any]:
    """Members of the viewer's clusters whose answer is wanted and where nobody has an account.

    Those asked by a teaser are left out, since the list would tell whose it is.
    """
    wanted = (IntroductionState.PROPOSED, IntroductionState.REQUESTED)
    members = select(ClusterMembership.organisation_id).where(ClusterMembership.cluster_id.in_(viewer.manages))
    people = select(Membership.organisation_id).where(Membership.state == MembershipState.ACTIVE)
    asked = (
        select(column).where(
            Introduction.state.in_(wanted), Introduction.delivered_at.is_not(None), ~Introduction.blind
        )
        for column in (Introduction.to_organisation_id, Introduction.from_organisation_id)
    )
    return (
        select(Organisation)
        .where(Organisation.id.in_(members), Organisation.id.not_in(people), or_(*map(Organisation.id.in_, asked)))
        .order_by(Organisation.name_key, Organisation.id)
    )


# --- Limits, blocks, interest, rules --------------------------------------------------------------------------------


def limits_of(session: Session, organisation_id: int) -> Limits:
    """How many requests an organisation wants; without a row of its own: any number."""
    return session.get(Limits, organisation_id) or Limits(organisation_id=organisation_id, paused=False)


def is_paused(limits: Limits) -> bool:
    """Whether new requests wait for now."""
    return limits.paused and (limits.paused_until is None or limits.paused_until > today())


def takes_requests(session: Session, organisation_id: int, now: datetime | None = None) -> bool:
    """Whether an organisation takes another request now."""
    limits = limits_of(session, organisation_id)
    if is_paused(limits):
        return False
    if limits.per_week is None:
        return True
    came = session.scalar(
        select(func.count(Introduction.id)).where(
            Introduction.to_organisation_id == organisation_id,
            Introduction.delivered_at > (now or utcnow()) - WEEK,
        )
    )
    return (came or 0) < limits.per_week


def block_of(session: Session, organisation_id: int, blocked_id: int) -> Block | None:
    """The block by which an organisation wants nothing from the other."""
    return session.scalar(select(Block).where(Block.organisation_id == organisation_id, Block.blocked_id == blocked_id))


def is_blocked(session: Session, organisation_id: int, blocked_id: int) -> bool:
    """Whether an organisation wants nothing from the other."""
    return block_of(session, organisation_id, blocked_id) is not None


def block_or_refuse(session: Session, organisation_id: int, public_id: str) -> Block:
    """The block of an organisation by its public id. Raises NotPermitted where there is none."""
    found = session.scalar(
        select(Block)
        .join(Organisation, Organisation.id == Block.blocked_id)
        .where(Block.organisation_id == organisation_id, Organisation.public_id == public_id)
    )
    if found is None:
        raise NotPermitted(public_id)
    return found


def blocks_of(session: Session, organisation_id: int) -> list[Block]:
    """Whom an organisation blocked, by name."""
    return list(
        session.scalars(
            select(Block)
            .join(Organisation, Organisation.id == Block.blocked_id)
            .where(Block.organisation_id == organisation_id)
            .order_by(Organisation.name_key, Block.id)
        )
    )


def interest_in(
    session: Session, from_id: int, to_id: int, kind: About | None = None, item_id: int | None = None
) -> Interest | None:
    """An organisation's interest in another, about this very thing."""
    return session.scalar(
        select(Interest).where(
            Interest.from_organisation_id == from_id,
            Interest.to_organisation_id == to_id,
            Interest.about_kind == (kind or ""),
            Interest.about_id == (item_id or 0),
        )
    )


def marks(viewer: Viewer) -> Select[Any]:
    """The silent marks of the viewer's organisation, the latest first."""
    return (
        select(Interest)
        .where(Interest.from_organisation_id.in_(viewer.organisation_ids))
        .order_by(Interest.created_at.desc(), Interest.id.desc())
    )


def rules_of(session: Session, cluster_id: int) -> ClusterRules:
    """How a cluster handles introductions; without a row of its own: requests go straight on, exposure is shared."""
    return session.get(ClusterRules, cluster_id) or ClusterRules(cluster_id=cluster_id, brokered=False, fair_share=True)


def brokering_cluster(session: Session, asker: Organisation) -> int | None:
    """The cluster whose managers look at this asker's requests first. It depends on the asker alone: whose a hidden
    item is must not show in the way a request goes."""
    return session.scalar(
        select(ClusterRules.cluster_id)
        .join(ClusterMembership, ClusterMembership.cluster_id == ClusterRules.cluster_id)
        .where(ClusterMembership.organisation_id == asker.id, ClusterRules.brokered)
        .order_by(ClusterRules.cluster_id)
        .limit(1)
    )


def contact_fields() -> tuple[Disclosed, ...]:
    """The fields of a contact in the order people read them."""
    return tuple(Disclosed)


# --- What others learn from -----------------------------------------------------------------------------------------

_ASKED_WITH = {About.NEED: ItemKind.NEED, About.COMPETENCE: ItemKind.COMPETENCE}


def decided(session: Session, cluster_id: int) -> Iterator[Decided]:
    """Suggestions of a cluster's members that led to an introduction both sides agreed to, for its learned order."""
    members = select(ClusterMembership.organisation_id).where(ClusterMembership.cluster_id == cluster_id)
    rows = session.scalars(
        select(Introduction)
        .where(
            Introduction.state == IntroductionState.ACCEPTED,
            ~Introduction.blind,
            Introduction.from_organisation_id.in_(members),
            Introduction.with_kind.in_(list(_ASKED_WITH)),
            Introduction.with_id.is_not(None),
        )
        .order_by(Introduction.id)
    )
    for row in rows:
        if row.with_kind is None or row.with_id is None:
            continue
        subject = (_ASKED_WITH[row.with_kind], row.with_id)
        if row.about_kind == About.TEST_FIELD and row.about_id is not None:
            yield Decided(subject, (ItemKind.TEST_FIELD, row.about_id), liked=True)
        elif row.with_kind == About.COMPETENCE and row.about_kind == About.NEED and row.about_id is not None:
            yield Decided(subject, (ItemKind.NEED, row.about_id), liked=True)
        elif row.with_kind == About.NEED:
            yield Decided(subject, (ItemKind.ORGANISATION, row.to_organisation_id), liked=True)
