"""What can be reported, who reads a report, and what stands taken down."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session, object_session

from matchmaker.accounts.models import PLATFORM_ADMIN, Role, User
from matchmaker.clusters.models import ClusterManager, ClusterMembership, Membership, MembershipState, Organisation
from matchmaker.items.models import Teaser
from matchmaker.permissions import NotPermitted, Permission, Viewer, allows
from matchmaker.reports.models import KINDS, Decision, Report


def reportable_or_refuse(session: Session, public_id: str, viewer: Viewer) -> tuple[Any, bool]:
    """What somebody reads of another organisation, and whether they know it by its teaser alone.

    Raises NotPermitted for everything else.
    """
    teaser = session.scalar(select(Teaser).where(Teaser.public_id == public_id))
    if teaser is not None:
        found, readable = teaser.item, allows(viewer, Permission.READ_TEASER, teaser)
    else:
        found = next(
            (
                one
                for model in (Organisation, *KINDS.values())
                if (one := session.scalar(select(model).where(model.public_id == public_id))) is not None
            ),
            None,
        )
        readable = found is not None and found.is_live and allows(viewer, Permission.READ, found)
    if not readable or found.organisation_id in viewer.organisation_ids:
        raise NotPermitted(public_id)
    return found, teaser is not None


def is_about(thing: Any) -> ColumnElement[bool]:
    """The reports about this very thing."""
    for column, model in KINDS.items():
        if isinstance(thing, model):
            return getattr(Report, column) == thing.id
    return and_(Report.organisation_id == thing.id, *(getattr(Report, column).is_(None) for column in KINDS))


def _for_moderators(viewer: Viewer) -> ColumnElement[bool]:
    """The same rule as Permission.MODERATE, inside a query."""
    if viewer.platform_admin:
        return true()
    members = select(ClusterMembership.organisation_id).where(ClusterMembership.cluster_id.in_(viewer.manages))
    return and_(
        Report.on_teaser.is_(False),
        Report.organisation_id.in_(members),
        Report.organisation_id.not_in(viewer.organisation_ids),
    )


def queue(viewer: Viewer) -> Select[tuple[Report]]:
    """The reports the viewer looks after: those that wait first, the oldest of them on top; then the latest decided."""
    waits = case((Report.decision.is_(None), 0), else_=1)
    return (
        select(Report)
        .where(_for_moderators(viewer))
        .order_by(waits, case((Report.decision.is_(None), Report.id), else_=-Report.id))
    )


def waiting(session: Session, viewer: Viewer) -> int:
    """How many of them wait for a decision."""
    counted = select(func.count()).select_from(Report).where(_for_moderators(viewer), Report.decision.is_(None))
    return session.scalar(counted) or 0


def report_or_refuse(session: Session, public_id: str, viewer: Viewer) -> Report:
    """A report, for those who decide on it, for its reporter, and for the owner of what was taken down because of it.

    Raises NotPermitted for everybody else.
    """
    found = session.scalar(select(Report).where(Report.public_id == public_id))
    if found is None or not (
        allows(viewer, Permission.MODERATE, found)
        or (viewer.user_id is not None and found.reporter_id == viewer.user_id)
        or (found.decision is Decision.TAKEN_DOWN and found.organisation_id in viewer.organisation_ids)
    ):
        raise NotPermitted(public_id)
    return found


def taken_down(thing: Any) -> Report | None:
    """The report because of which a thing, or its whole organisation, is down; None where it is not."""
    session = object_session(thing)
    if session is None:
        return None
    return session.scalar(
        select(Report)
        .where(
            or_(is_about(thing), is_about(thing.organisation)),
            Report.decision == Decision.TAKEN_DOWN,
            Report.lifted_at.is_(None),
        )
        .order_by(Report.id)
        .limit(1)
    )


def moderators(session: Session, report: Report) -> list[User]:
    """Who is told of a report: the managers of the organisation's clusters who don't belong to it, or, where the owner
    is hidden or there is no such manager, the platform admins.
    """
    own = select(Membership.user_id).where(
        Membership.organisation_id == report.organisation_id, Membership.state == MembershipState.ACTIVE
    )
    managers = (
        select(User)
        .where(
            User.id.in_(
                select(ClusterManager.user_id).where(ClusterManager.cluster_id.in_(report.organisation.cluster_ids))
            ),
            User.id.not_in(own),
            User.active,
        )
        .order_by(User.id)
    )
    found = [] if report.on_teaser else list(session.scalars(managers))
    admins = select(User).where(User.roles.any(Role.name == PLATFORM_ADMIN), User.active).order_by(User.id)
    return found or list(session.scalars(admins))


def owners(session: Session, report: Report) -> list[User]:
    """The people of the organisation whose it is."""
    people = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organisation_id == report.organisation_id,
            Membership.state == MembershipState.ACTIVE,
            User.active,
        )
        .order_by(User.id)
    )
    return list(session.scalars(people))
