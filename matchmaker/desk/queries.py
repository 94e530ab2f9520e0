"""What a cluster manager looks at first: needs to broker, gaps, members who can't be found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.clusters.models import ClusterMembership, Organisation
from matchmaker.curation.models import Verdict
from matchmaker.curation.queries import shown_to, standing
from matchmaker.items.models import Field, Teaser
from matchmaker.items.queries import entrusted, findable
from matchmaker.needs.models import Need
from matchmaker.permissions import Viewer
from matchmaker.profiles.models import Competence


@dataclass(frozen=True)
class Gap:
    """A field of activity in which more is sought than offered."""

    field: Field
    sought: int
    offered: int


def _members(viewer: Viewer) -> Select[tuple[int]]:
    return select(ClusterMembership.organisation_id).where(ClusterMembership.cluster_id.in_(viewer.manages))


def needs_to_broker(viewer: Viewer) -> Select[tuple[Need]]:
    """Open needs of the managed clusters that the manager may read, entrusted ones too: those without a verdict first,
    then by deadline.
    """
    given = select(Verdict.id).where(Verdict.need_id == Need.id, standing()).exists()
    return (
        select(Need)
        .where(or_(findable(Need, viewer), entrusted(Need, viewer)), Need.organisation_id.in_(_members(viewer)))
        .options(joinedload(Need.organisation))
        .order_by(case((given, 1), else_=0), Need.deadline.is_(None), Need.deadline, Need.id)
    )


def teasers(session: Session, viewer: Viewer, limit: int) -> Sequence[Teaser]:
    """Needs in confidence that the manager knows by their teasers, in an order that says nothing."""
    listed = select(Teaser).where(findable(Teaser, viewer), Teaser.need_id.is_not(None))
    return session.scalars(listed.order_by(Teaser.public_id).limit(limit)).all()


def verdict_counts(session: Session, needs: Sequence[Need]) -> dict[int, int]:
    """How many standing verdicts each of these needs has."""
    counted = (
        select(Verdict.need_id, func.count())
        .where(Verdict.need_id.in_([need.id for need in needs]), standing())
        .group_by(Verdict.need_id)
    )
    return {need_id: count for need_id, count in session.execute(counted) if need_id is not None}


def gaps(session: Session, viewer: Viewer) -> list[Gap]:
    """Fields in which the cluster seeks more than it offers, the widest gap first."""

    return widest_gaps(
        session,
        *(
            select(model).where(findable(model, viewer), model.organisation_id.in_(_members(viewer)))
            for model in (Need, Competence)
        ),
    )


def widest_gaps(session: Session, needs: Select[tuple[Need]], competences: Select[tuple[Competence]]) -> list[Gap]:
    """Fields in which these needs are more than these competences, the widest gap first."""

    def by_field(listed: Select[Any], model: Any) -> Counter[str]:
        return Counter(name for names in session.scalars(listed.with_only_columns(model.fields)) for name in names)

    sought, offered = by_field(needs, Need), by_field(competences, Competence)
    found = [Gap(field, sought[field], offered[field]) for field in Field if sought[field] > offered[field]]
    return sorted(found, key=lambda gap: (gap.offered - gap.sought, gap.field))


def members_without_offer(viewer: Viewer) -> Select[tuple[Organisation]]:
    """Members of the managed clusters that nobody can find, because they offer nothing that others may read."""
    offering = select(Competence.organisation_id).where(findable(Competence, viewer))
    return (
        select(Organisation)
        .where(Organisation.id.in_(_members(viewer)), Organisation.id.not_in(offering))
        .order_by(Organisation.name_key, Organisation.id)
    )


def latest_verdicts(session: Session, viewer: Viewer, limit: int) -> Sequence[Verdict]:
    """The verdicts given last in the managed clusters, withdrawn ones included."""
    listed = select(Verdict).where(shown_to(viewer))
    return session.scalars(listed.order_by(Verdict.created_at.desc(), Verdict.id.desc()).limit(limit)).all()
