"""Reads about clusters, organisations and who belongs to them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import PLATFORM_ADMIN, User
from matchmaker.clusters.models import (
    ClusterManager,
    ClusterMembership,
    Membership,
    MembershipRole,
    MembershipState,
)
from matchmaker.permissions import Viewer


def viewer_for(session: Session, user: User) -> Viewer:
    """The facts that this user's rights are decided on, read from the database now."""
    memberships = session.execute(
        select(Membership.organisation_id, Membership.role)
        .where(Membership.user_id == user.id, Membership.state == MembershipState.ACTIVE)
        .order_by(Membership.id)
    ).all()
    organisations = [row.organisation_id for row in memberships]
    manages = frozenset(session.scalars(select(ClusterManager.cluster_id).where(ClusterManager.user_id == user.id)))
    clusters = frozenset(
        session.scalars(
            select(ClusterMembership.cluster_id).where(ClusterMembership.organisation_id.in_(organisations))
        )
    )
    return Viewer(
        user_id=user.id,
        organisation_id=organisations[0] if organisations else None,
        organisation_ids=frozenset(organisations),
        admin_of=frozenset(r.organisation_id for r in memberships if r.role == MembershipRole.ADMIN),
        cluster_ids=clusters | manages,
        manages=manages,
        platform_admin=user.has_role(PLATFORM_ADMIN),
    )
