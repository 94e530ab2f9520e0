"""Reads about organisations' pages, competences, evidence and profiles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from matchmaker.clusters.models import ClusterMembership, Organisation
from matchmaker.items.models import ItemState
from matchmaker.items.queries import findable, visible_to_others
from matchmaker.permissions import NotPermitted, Permission, Viewer, allows
from matchmaker.profiles.models import Competence, Evidence, Profile, competence_evidence, evidence_organisation


def organisation_or_refuse(session: Session, public_id: str) -> Organisation:
    """The organisation of that public id; its page is for everybody. Raises NotPermitted where there is none."""
    found = session.scalar(
        select(Organisation)
        .where(Organisation.public_id == public_id)
        .options(selectinload(Organisation.cluster_memberships).joinedload(ClusterMembership.cluster))
    )
    if found is None:
        raise NotPermitted(public_id)
    return found


def competences_of(organisation: Organisation, viewer: Viewer) -> Select[Any]:
    """What an organisation can do, as far as the viewer finds it; the best backed first."""
    backing = (
        select(func.count())
        .select_from(competence_evidence)
        .where(competence_evidence.c.competence_id == Competence.id)
        .correlate(Competence)
        .scalar_subquery()
    )
    return (
        select(Competence)
        .where(Competence.organisation_id == organisation.id, findable(Competence, viewer))
        .options(
            selectinload(Competence.evidence).selectinload(Evidence.organisation),
            selectinload(Competence.profile),
        )
        .order_by(backing.desc(), Competence.published_at.desc(), Competence.id)
    )


def competences_by(profile: Profile, viewer: Viewer) -> Select[Any]:
    """What a group or person can do, as far as the viewer finds it."""
    return competences_of(profile.organisation, viewer).where(Competence.profile_id == profile.id)


def evidence_of(organisation: Organisation, viewer: Viewer) -> Select[Any]:
    """Every record an organisation stands behind, as far as the viewer finds it, the latest first."""
    behind = select(evidence_organisation.c.evidence_id).where(
        evidence_organisation.c.organisation_id == organisation.id
    )
    return (
        select(Evidence)
        .where(or_(Evidence.organisation_id == organisation.id, Evidence.id.in_(behind)), findable(Evidence, viewer))
        .order_by(func.coalesce(Evidence.year, 0).desc(), Evidence.id.desc())
    )


def readable_evidence(competence: Competence, viewer: Viewer) -> list[Evidence]:
    """The records behind a competence that the viewer may read."""
    return [evidence for evidence in competence.evidence if allows(viewer, Permission.READ, evidence)]


def backed_competences(session: Session, evidence: Evidence, viewer: Viewer) -> list[Competence]:
    """The competences a record backs, as far as the viewer finds them."""
    return list(
        session.scalars(
            select(Competence)
            .join(competence_evidence, competence_evidence.c.competence_id == Competence.id)
            .where(competence_evidence.c.evidence_id == evidence.id, findable(Competence, viewer))
            .order_by(Competence.title, Competence.id)
        )
    )


def own_competences(session: Session, organisation_id: int) -> list[Competence]:
    """All of an organisation's competences, by title: what a record can be attached to."""
    return list(
        session.scalars(
            select(Competence)
            .where(Competence.organisation_id == organisation_id)
            .order_by(Competence.title, Competence.id)
            .limit(200)
        )
    )


def attachable_evidence(session: Session, competence: Competence) -> list[Evidence]:
    """The organisation's records that do not back this competence yet."""
    backing = select(competence_evidence.c.evidence_id).where(competence_evidence.c.competence_id == competence.id)
    behind = select(evidence_organisation.c.evidence_id).where(
        evidence_organisation.c.organisation_id == competence.organisation_id
    )
    return list(
        session.scalars(
            select(Evidence)
            .where(Evidence.id.in_(behind), Evidence.id.not_in(backing))
            .order_by(Evidence.title, Evidence.id)
            .limit(100)
        )
    )


def backing_or_refuse(competence: Competence, evidence_id: str) -> Evidence:
    """A record that backs this very competence. Raises NotPermitted for any other."""
    for record in competence.evidence:
        if record.public_id == evidence_id:
            return record
    raise NotPermitted(evidence_id)


def sources(things: Iterable[Any]) -> list[tuple[str, str]]:
    """Where imported texts on a page came from: each source with its licence, once."""
    return list(dict.fromkeys((thing.source, thing.licence) for thing in things if thing.source))


def profiles_of(session: Session, organisation: Organisation, viewer: Viewer) -> list[Profile]:
    """The groups and people of an organisation that the viewer may read, groups first."""
    readable: ColumnElement[bool] = and_(Profile.state == ItemState.PUBLISHED, visible_to_others(Profile, viewer))
    if organisation.id in viewer.organisation_ids:
        readable = Profile.organisation_id == organisation.id
    return list(
        session.scalars(
            select(Profile)
            .where(Profile.organisation_id == organisation.id, readable)
            .order_by(Profile.kind, Profile.name, Profile.id)
        )
    )


def profile_or_refuse(session: Session, public_id: str, viewer: Viewer) -> Profile:
    """The profile of that public id. Raises NotPermitted where there is none or the viewer may not read it."""
    found = session.scalar(select(Profile).where(Profile.public_id == public_id))
    if found is None or not allows(viewer, Permission.READ, found):
        raise NotPermitted(public_id)
    return found
