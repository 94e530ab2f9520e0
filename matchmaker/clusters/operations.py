"""Changes to clusters, organisations, and who belongs to them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import (
    Cluster,
    ClusterManager,
    ClusterMembership,
    Membership,
    MembershipRole,
    MembershipState,
    Organisation,
    OrganisationType,
)
from matchmaker.db import EditConflict, today
from matchmaker.texts import comparison_key

#: How many requests to join one user may have waiting.
REQUESTS_MOST = 5


class LastAdmin(Exception):
    """Without this admin nobody could look after the organisation."""


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


def ask_second_step(cluster: Cluster, asked: bool) -> None:
    """Say whether managers and organisation admins of a cluster act in their role only with a second step."""
    cluster.asks_second_step = asked


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


def make_member(session: Session, membership: Membership) -> None:
    """Take an admin's rights back. Raises LastAdmin where nobody else holds them."""
    _keep_one_admin(session, membership)
    membership.role = MembershipRole.MEMBER


def remove(session: Session, membership: Membership) -> None:
    """End a membership; what the user wrote stays with the organisation. Raises LastAdmin."""
    _keep_one_admin(session, membership)
    session.delete(membership)
    session.flush()


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


def dismiss_manager(session: Session, user: User, cluster: Cluster) -> None:
    """End a user's management of a cluster; what the user decided stays on record."""
    known = session.scalar(
        select(ClusterManager).where(ClusterManager.user_id == user.id, ClusterManager.cluster_id == cluster.id)
    )
    if known is not None:
        session.delete(known)
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
