"""Reads about clusters, organisations and who belongs to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.accounts.models import PLATFORM_ADMIN, User
from matchmaker.alphabets import order_of
from matchmaker.clusters.identity import domain_of
from matchmaker.clusters.models import (
    Cluster,
    ClusterManager,
    ClusterMembership,
    Invitation,
    Membership,
    MembershipRole,
    MembershipState,
    Organisation,
)
from matchmaker.db import utcnow
from matchmaker.permissions import NotPermitted, Permission, Viewer, allows
from matchmaker.texts import as_it_looks, comparison_key


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
    looks_after = frozenset(r.organisation_id for r in memberships if r.role == MembershipRole.ADMIN)
    platform_admin = user.has_role(PLATFORM_ADMIN)
    owes = not user.has_second_step and _asked_for_second_step(session, manages, looks_after, platform_admin)
    if owes:
        # Who owes it acts as a plain member: the rest waits until it is set up.
        manages, looks_after, platform_admin = frozenset(), frozenset(), False
    return Viewer(
        user_id=user.id,
        organisation_id=organisations[0] if organisations else None,
        organisation_ids=frozenset(organisations),
        admin_of=looks_after,
        cluster_ids=clusters | manages,
        manages=manages,
        platform_admin=platform_admin,
        owes_second_step=owes,
    )


def _asked_for_second_step(
    session: Session, manages: Collection[int], looks_after: Collection[int], platform_admin: bool
) -> bool:
    """Whether a cluster asks it of whoever manages it, looks after one of its organisations or the installation."""
    asking = select(Cluster.id).where(Cluster.asks_second_step)
    if platform_admin:
        return session.scalar(asking.limit(1)) is not None
    if not manages and not looks_after:
        return False
    of_organisations = select(ClusterMembership.cluster_id).where(ClusterMembership.organisation_id.in_(looks_after))
    return (
        session.scalar(asking.where(or_(Cluster.id.in_(manages), Cluster.id.in_(of_organisations))).limit(1))
        is not None
    )


def clusters(session: Session) -> list[Cluster]:
    """Every cluster of this installation, by name."""
    return list(session.scalars(select(Cluster).order_by(Cluster.name, Cluster.id)))


def managed_clusters(session: Session, viewer: Viewer) -> list[Cluster]:
    """The clusters that the viewer manages, by name."""
    return list(session.scalars(select(Cluster).where(Cluster.id.in_(viewer.manages)).order_by(Cluster.name)))


def managed_or_refuse(session: Session, public_id: str, viewer: Viewer) -> Cluster:
    """A cluster that the viewer manages. Raises NotPermitted otherwise."""
    found = next((one for one in managed_clusters(session, viewer) if one.public_id == public_id), None)
    if found is None:
        raise NotPermitted(public_id)
    return found


def organisation_or_refuse(session: Session, public_id: str, viewer: Viewer, permission: Permission) -> Organisation:
    """The organisation, where the viewer holds the permission for it. Raises NotPermitted otherwise."""
    found = session.scalar(select(Organisation).where(Organisation.public_id == public_id))
    if found is None or not allows(viewer, permission, found):
        raise NotPermitted(public_id)
    return found


def organisation_by_public_id(session: Session, public_id: str) -> Organisation:
    """An organisation whose public facts are asked for. Raises NotPermitted where it does not exist."""
    found = session.scalar(select(Organisation).where(Organisation.public_id == public_id))
    if found is None:
        raise NotPermitted(public_id)
    return found


def membership_or_refuse(session: Session, public_id: str, viewer: Viewer) -> Membership:
    """A membership in an organisation whose people the viewer looks after. Raises NotPermitted otherwise."""
    found = session.scalar(select(Membership).where(Membership.public_id == public_id))
    if found is None or not allows(viewer, Permission.PEOPLE, found.organisation):
        raise NotPermitted(public_id)
    return found


def own_request_or_refuse(session: Session, public_id: str, user_id: int | None) -> Membership:
    """A user's own waiting request to join. Raises NotPermitted otherwise."""
    found = session.scalar(
        select(Membership).where(
            Membership.public_id == public_id,
            Membership.user_id == user_id,
            Membership.state == MembershipState.ASKED,
        )
    )
    if found is None:
        raise NotPermitted(public_id)
    return found


def own_membership_or_refuse(session: Session, public_id: str, user_id: int | None) -> Membership:
    """A user's own active membership. Raises NotPermitted otherwise."""
    found = session.scalar(
        select(Membership).where(
            Membership.public_id == public_id,
            Membership.user_id == user_id,
            Membership.state == MembershipState.ACTIVE,
        )
    )
    if found is None:
        raise NotPermitted(public_id)
    return found


def _open_invitations(now: datetime) -> Select[tuple[Invitation]]:
    return (
        select(Invitation)
        .where(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > now)
        .order_by(Invitation.id)
        .options(joinedload(Invitation.organisation))
    )


def invitation_or_refuse(session: Session, public_id: str) -> Invitation:
    """An invitation that can still be accepted, for whoever has its link. Raises NotPermitted otherwise."""
    found = session.scalar(_open_invitations(utcnow()).where(Invitation.public_id == public_id))
    if found is None:
        raise NotPermitted(public_id)
    return found


def sent_invitation_or_refuse(session: Session, public_id: str, viewer: Viewer) -> Invitation:
    """An open invitation to an organisation whose people the viewer looks after. Raises NotPermitted otherwise."""
    found = invitation_or_refuse(session, public_id)
    if not allows(viewer, Permission.PEOPLE, found.organisation):
        raise NotPermitted(public_id)
    return found


def invitations_to(session: Session, organisation: Organisation) -> list[Invitation]:
    """Whom an organisation has invited and waits for."""
    return list(session.scalars(_open_invitations(utcnow()).where(Invitation.organisation_id == organisation.id)))


def invitations_for(session: Session, user: User) -> list[Invitation]:
    """The open invitations to a user's own, confirmed address."""
    if user.confirmed_at is None:
        return []
    return list(session.scalars(_open_invitations(utcnow()).where(func.lower(Invitation.email) == user.email.lower())))


def memberships_of(session: Session, user_id: int | None) -> list[Membership]:
    """What a user is or asked to be, in the order it came about."""
    return list(
        session.scalars(
            select(Membership)
            .where(Membership.user_id == user_id)
            .options(joinedload(Membership.organisation))
            .order_by(Membership.id)
        )
    )


def people_of(session: Session, organisation: Organisation) -> list[Membership]:
    """Everybody in an organisation and everybody who asked: requests first, then admins, then members, by name."""
    rows = session.scalars(
        select(Membership).where(Membership.organisation_id == organisation.id).options(joinedload(Membership.user))
    )

    def place(m: Membership) -> tuple[bool, bool, str, int]:
        return m.state != MembershipState.ASKED, m.role != MembershipRole.ADMIN, comparison_key(m.user.name), m.id

    return sorted(rows, key=place)


def admins_of(session: Session, organisation: Organisation) -> list[User]:
    """Who looks after an organisation's people: its admins, or the managers of its clusters where it has none."""
    admins = session.scalars(
        select(User)
        .join(Membership)
        .where(
            Membership.organisation_id == organisation.id,
            Membership.role == MembershipRole.ADMIN,
            Membership.state == MembershipState.ACTIVE,
            User.active,
        )
        .order_by(User.id)
    ).all()
    if admins:
        return list(admins)
    managers = (
        select(User)
        .join(ClusterManager)
        .where(ClusterManager.cluster_id.in_(organisation.cluster_ids), User.active)
        .order_by(User.id)
        .distinct()
    )
    return list(session.scalars(managers))


def by_name(session: Session, words: str, *, limit: int = 20) -> list[Organisation]:
    """Organisations whose name holds every word, those that begin with it first."""
    key = comparison_key(words)[:100]
    parts = key.split()
    if not parts:
        return []
    matching = [Organisation.name_key.contains(part, autoescape=True) for part in parts]
    return list(
        session.scalars(
            select(Organisation)
            .where(*matching)
            .order_by(
                case((Organisation.name_key.startswith(key, autoescape=True), 0), else_=1),
                func.length(Organisation.name),
                Organisation.id,
            )
            .limit(limit)
        )
    )


class Likeness(StrEnum):
    """Why two records look like the same organisation."""

    ROR = "ror"
    NAME = "name"
    WEBSITE = "website"


def look_alikes(
    session: Session, *, name: str, ror: str, website: str, besides: int | None = None
) -> list[tuple[Organisation, Likeness]]:
    """Organisations that are probably the same one: same ROR id, same name when compared, or same website."""
    # A name in other letters that looks like one that is here is taken for it by every reader.
    keys = {comparison_key(name)[:200], comparison_key(as_it_looks(name))[:200]}
    domain = domain_of(website)
    same = [Organisation.name_key.in_(keys)]
    if ror:
        same.append(Organisation.ror == ror)
    if domain:
        same.append(Organisation.domain == domain)
    found = session.scalars(
        select(Organisation).where(or_(*same), Organisation.id != (besides or 0)).order_by(Organisation.id).limit(10)
    )
    reasons = [
        (o, Likeness.ROR if ror and o.ror == ror else Likeness.NAME if o.name_key in keys else Likeness.WEBSITE)
        for o in found
    ]
    order = list(Likeness)
    return sorted(reasons, key=lambda pair: order.index(pair[1]))


@dataclass(frozen=True)
class MemberRow:
    """One organisation in the manager's list."""

    organisation: Organisation
    people: int
    admins: int
    asking: int


@dataclass(frozen=True)
class Totals:
    """The manager's list in numbers."""

    organisations: int
    without_admin: int
    asking: int


@dataclass(frozen=True)
class MemberList:
    """One page of the manager's list."""

    rows: list[MemberRow]
    #: How many organisations the words were found in, on all pages.
    found: int
    page: int
    pages: int
    totals: Totals


def members_of(
    session: Session,
    cluster_ids: Collection[int],
    *,
    words: str = "",
    language: str = "",
    page: int = 1,
    size: int = 50,
) -> MemberList:
    """The organisations in clusters, those that wait for the manager first; beyond the last page is the last page."""
    active, admin = Membership.state == MembershipState.ACTIVE, Membership.role == MembershipRole.ADMIN

    def number(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
        return (
            select(func.count(Membership.id))
            .where(Membership.organisation_id == Organisation.id, *conditions)
            .correlate(Organisation)
            .scalar_subquery()
        )

    people, admins, asking = number(active), number(active, admin), number(Membership.state == MembershipState.ASKED)
    within = Organisation.id.in_(
        select(ClusterMembership.organisation_id).where(ClusterMembership.cluster_id.in_(cluster_ids))
    )
    matching = [Organisation.name_key.contains(part, autoescape=True) for part in comparison_key(words).split()]
    everybody = select(Organisation.id, admins.label("admins"), asking.label("asking")).where(within).subquery()
    totals = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((everybody.c.admins == 0, 1), else_=0)), 0),
            func.coalesce(func.sum(everybody.c.asking), 0),
        ).select_from(everybody)
    ).one()
    found = session.scalar(select(func.count(Organisation.id)).where(within, *matching)) or 0
    pages = max(1, ceil(found / size))
    page = min(max(1, page), pages)
    rows = session.execute(
        select(Organisation, people, admins, asking)
        .where(within, *matching)
        .order_by(
            case((and_(asking > 0, admins == 0), 0), else_=1),
            order_of(Organisation.name, Organisation.name_key, language),
            Organisation.id,
        )
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return MemberList([MemberRow(*row) for row in rows], found, page, pages, Totals(*totals))
