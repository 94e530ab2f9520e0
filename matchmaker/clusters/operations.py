"""Changes to clusters, organisations, and who belongs to them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, and_, delete, func, select, update
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.accounts.models import User
from matchmaker.accounts.operations import end_sign_ins, spend
from matchmaker.audit import Event
from matchmaker.clusters.models import (
    Cluster,
    ClusterManager,
    ClusterMembership,
    Invitation,
    Membership,
    MembershipRole,
    MembershipState,
    Organisation,
    OrganisationType,
)
from matchmaker.db import EditConflict, today, utcnow
from matchmaker.texts import comparison_key

#: How many requests to join one user may have waiting.
REQUESTS_MOST = 5
#: How long an invitation can be accepted, and how many one user may send in a day; fewer while the account is new.
INVITATION_LASTS = timedelta(days=14)
INVITATION_KEPT = timedelta(days=30)
INVITATIONS_A_DAY, INVITATIONS_WHILE_NEW = 50, 10

OPEN_INVITATION = and_(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))


class LastAdmin(Exception):
    """Without this admin nobody could look after the organisation."""


class NotActive(Exception):
    """Only somebody else who acts for the same organisation can take it over."""


class NotInvited(Exception):
    """The invitation is for another address, or it was used, withdrawn or is over."""


class TooManyRequests(Exception):
    """The user already waits for as many organisations as one may."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What people say about their organisation in the form."""

    name: str
    type: OrganisationType
    country: str
    region: str = ""
    city: str = ""
    website: str = ""
    ror: str = ""
    employees: int | None = None
    headline: str = ""
    about: str = ""
    fields: list[str] = field(default_factory=list)


def create_cluster(session: Session, name: str, *, description: str = "") -> Cluster:
    """Found a cluster; its short name for addresses is made from the name."""
    base = re.sub(r"[^a-z0-9]+", "-", comparison_key(name)).strip("-")[:50] or "cluster"
    taken = set(session.scalars(select(Cluster.slug).where(Cluster.slug.like(f"{base}%"))))
    slug = next(s for s in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if s not in taken)
    cluster = Cluster(name=name, slug=slug, description=description)
    session.add(cluster)
    session.flush()
    return cluster


def ask_second_step(session: Session, cluster: Cluster, asked: bool, *, by: int) -> None:
    """Say whether managers and organisation admins of a cluster act in their role only with a second step."""
    cluster.asks_second_step = asked
    audit.record(session, Event.SETTING_CHANGED, actor_id=by, thing=cluster, facts={"asks_second_step": asked})


def create_organisation(session: Session, user: User, facts: Facts, cluster: Cluster | None) -> Organisation:
    """Create an organisation in a cluster; whoever creates it is its first admin."""
    organisation = Organisation()
    _apply(organisation, facts)
    if cluster is not None:
        organisation.cluster_memberships.append(ClusterMembership(cluster=cluster, since=today()))
    organisation.memberships.append(Membership(user=user, role=MembershipRole.ADMIN, state=MembershipState.ACTIVE))
    session.add(organisation)
    session.flush()
    return organisation


def edit_organisation(organisation: Organisation, facts: Facts, *, version: int) -> None:
    """Change what an organisation says about itself. Raises EditConflict if somebody saved it meanwhile."""
    if organisation.version != version:
        raise EditConflict(organisation)
    if (organisation.headline, organisation.about) != (facts.headline, facts.about):
        # The texts' language is found out anew.
        organisation.language = ""
    _apply(organisation, facts)


def _apply(organisation: Organisation, facts: Facts) -> None:
    for name in Facts.__dataclass_fields__:
        setattr(organisation, name, getattr(facts, name))
    organisation.is_sme = facts.type == OrganisationType.SME


def ask_to_join(session: Session, user: User, organisation: Organisation, message: str) -> tuple[Membership, bool]:
    """Ask to act for an organisation; gives the membership and whether it is new. Raises TooManyRequests."""
    known = session.scalar(
        select(Membership).where(Membership.user_id == user.id, Membership.organisation_id == organisation.id)
    )
    if known is not None:
        return known, False
    waiting = session.scalar(
        select(func.count(Membership.id)).where(
            Membership.user_id == user.id, Membership.state == MembershipState.ASKED
        )
    )
    if (waiting or 0) >= REQUESTS_MOST:
        raise TooManyRequests
    membership = Membership(user=user, organisation=organisation, state=MembershipState.ASKED, message=message)
    session.add(membership)
    session.flush()
    return membership, True


def accept(session: Session, membership: Membership) -> None:
    """Let a user act for the organisation; the first one becomes its admin."""
    first = not membership.organisation.has_admin
    membership.state = MembershipState.ACTIVE
    if first:
        membership.role = MembershipRole.ADMIN
    session.flush()


def refuse(session: Session, membership: Membership) -> None:
    """Turn down a request to join; the user may ask again."""
    session.delete(membership)
    session.flush()


def make_admin(membership: Membership) -> None:
    """Let a member look after the organisation's profile and people."""
    membership.role = MembershipRole.ADMIN


def make_member(session: Session, membership: Membership, *, here: str = "") -> None:
    """Take an admin's rights back; every sign-in ends but the one of the cookie ``here``. Raises LastAdmin."""
    _keep_one_admin(session, membership)
    membership.role = MembershipRole.MEMBER
    _after_losing(session, membership, here)


def hand_over(session: Session, giver: Membership, taker: Membership, *, here: str = "") -> None:
    """Let another active member look after the organisation instead of the one who did. Raises NotActive."""
    if taker.state != MembershipState.ACTIVE or taker.organisation_id != giver.organisation_id or taker is giver:
        raise NotActive
    taker.role = MembershipRole.ADMIN
    session.flush()
    make_member(session, giver, here=here)


def remove(session: Session, membership: Membership, *, here: str = "") -> None:
    """End a membership; what the user wrote stays with the organisation, and every sign-in but ``here`` ends.

    Raises LastAdmin.
    """
    _keep_one_admin(session, membership)
    _after_losing(session, membership, here)
    session.delete(membership)
    session.flush()


def _after_losing(session: Session, membership: Membership, here: str) -> None:
    """Who lost rights signs in anew, and nobody joins any more on their word."""
    end_sign_ins(session, membership.user_id, besides=here)
    session.execute(
        update(Invitation)
        .where(
            Invitation.organisation_id == membership.organisation_id,
            Invitation.invited_by_id == membership.user_id,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=utcnow())
    )


def invite(session: Session, inviter: User, organisation: Organisation, email: str, role: MembershipRole) -> Invitation:
    """Invite whoever holds an address to act for an organisation in a role; an open one to the same address ends.

    Raises TooOften beyond what one may invite in a day.
    """
    spend(session, inviter, "invitations", a_day=INVITATIONS_A_DAY, while_new=INVITATIONS_WHILE_NEW)
    for earlier in session.scalars(
        select(Invitation).where(
            Invitation.organisation_id == organisation.id,
            func.lower(Invitation.email) == email.lower(),
            OPEN_INVITATION,
        )
    ):
        earlier.withdrawn_at = utcnow()
    invitation = Invitation(
        organisation=organisation,
        email=email,
        role=role,
        invited_by_id=inviter.id,
        expires_at=utcnow() + INVITATION_LASTS,
    )
    session.add(invitation)
    session.flush()
    audit.record(session, Event.INVITED, actor_id=inviter.id, thing=invitation, facts={"role": role})
    return invitation


def forget_invitations(session: Session, *, now: datetime) -> None:
    """Drop the invitations that have been over for a while, and with them the addresses they were sent to."""
    session.execute(delete(Invitation).where(Invitation.expires_at < now - INVITATION_KEPT))


def withdraw_invitation(invitation: Invitation) -> None:
    """Make an invitation worthless."""
    invitation.withdrawn_at = invitation.withdrawn_at or utcnow()


def accept_invitation(session: Session, invitation: Invitation, user: User) -> Membership:
    """Let the invited user act for the organisation, in the role of the invitation. Raises NotInvited.

    Of two who accept at the same moment one succeeds; nobody has less rights afterwards than before.
    """
    taken: CursorResult[object] = session.execute(  # type: ignore[assignment]
        update(Invitation)
        .where(Invitation.id == invitation.id, OPEN_INVITATION, Invitation.expires_at > utcnow())
        .values(accepted_at=utcnow())
    )
    if taken.rowcount != 1 or invitation.email.lower() != user.email.lower():
        raise NotInvited
    membership = session.scalar(
        select(Membership).where(
            Membership.user_id == user.id, Membership.organisation_id == invitation.organisation_id
        )
    )
    if membership is None:
        membership = Membership(user=user, organisation_id=invitation.organisation_id, role=MembershipRole.MEMBER)
        session.add(membership)
    membership.state = MembershipState.ACTIVE
    if invitation.role == MembershipRole.ADMIN:
        membership.role = MembershipRole.ADMIN
    session.flush()
    return membership


def _keep_one_admin(session: Session, leaving: Membership) -> None:
    if leaving.role != MembershipRole.ADMIN or leaving.state != MembershipState.ACTIVE:
        return
    # Locked, so that two admins who remove each other at the same moment can't both succeed.
    session.execute(select(Organisation.id).where(Organisation.id == leaving.organisation_id).with_for_update())
    others = session.scalar(
        select(func.count(Membership.id)).where(
            Membership.organisation_id == leaving.organisation_id,
            Membership.role == MembershipRole.ADMIN,
            Membership.state == MembershipState.ACTIVE,
            Membership.id != leaving.id,
        )
    )
    if not others:
        raise LastAdmin


def appoint_manager(session: Session, user: User, cluster: Cluster) -> None:
    """Let a user curate for a cluster."""
    known = session.scalar(
        select(ClusterManager).where(ClusterManager.user_id == user.id, ClusterManager.cluster_id == cluster.id)
    )
    if known is None:
        session.add(ClusterManager(user=user, cluster=cluster))
        session.flush()


def dismiss_manager(session: Session, user: User, cluster: Cluster, *, here: str = "") -> None:
    """End a user's management of a cluster, and every sign-in but ``here``; what the user decided stays on record."""
    known = session.scalar(
        select(ClusterManager).where(ClusterManager.user_id == user.id, ClusterManager.cluster_id == cluster.id)
    )
    if known is not None:
        session.delete(known)
        end_sign_ins(session, user.id, besides=here)
        session.flush()


def appoint_admin(session: Session, user: User, organisation: Organisation) -> None:
    """Make a user an admin of an organisation, whatever they were to it before."""
    membership = session.scalar(
        select(Membership).where(Membership.user_id == user.id, Membership.organisation_id == organisation.id)
    )
    if membership is None:
        membership = Membership(user=user, organisation=organisation)
        session.add(membership)
    membership.role, membership.state = MembershipRole.ADMIN, MembershipState.ACTIVE
    session.flush()
