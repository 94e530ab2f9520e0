"""Reads of verdicts: what holds for a subject, and the log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.clusters.models import Organisation
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.items.models import Teaser
from matchmaker.items.queries import kept_from
from matchmaker.needs.models import Need
from matchmaker.permissions import Viewer
from matchmaker.profiles.models import Competence
from matchmaker.testfields.models import TestField

Subject = Need | Competence | Organisation


@dataclass
class Verdicts:
    """What managers decided for one subject: for organisations, test fields and needs, by id."""

    #: Pins and proposals, the latest of each pair.
    partners: dict[int, Verdict] = field(default_factory=dict)
    test_fields: dict[int, Verdict] = field(default_factory=dict)
    wanted: dict[int, Verdict] = field(default_factory=dict)
    #: Vetoes.
    vetoed_partners: dict[int, Verdict] = field(default_factory=dict)
    vetoed_test_fields: dict[int, Verdict] = field(default_factory=dict)
    vetoed_wanted: dict[int, Verdict] = field(default_factory=dict)
    #: Competences that were ruled out as answers to the need.
    vetoed_competences: dict[int, Verdict] = field(default_factory=dict)


def standing() -> ColumnElement[bool]:
    """Verdicts that were not withdrawn."""
    return Verdict.withdrawn_at.is_(None)


def verdicts_for(session: Session, subject: Subject) -> Verdicts:
    """The verdicts that hold when partners are suggested for this need, competence or organisation.

    A veto on two organisations holds for everything they seek or offer, in both directions; a veto on a need and an
    organisation also holds when the organisation asks which needs it could answer. Only verdicts of the clusters that
    the subject's organisation belongs to count.
    """
    own = subject.organisation_id
    between = [Verdict.organisation_id == own, Verdict.partner_id == own]
    if isinstance(subject, Need):
        direct = Verdict.need_id == subject.id
        reverse = Verdict.wanted_id == subject.id
    elif isinstance(subject, Competence):
        direct = Verdict.competence_id == subject.id
        reverse = and_(Verdict.need_id.is_not(None), Verdict.partner_id == own)
    else:
        direct = Verdict.organisation_id == own
        reverse = and_(Verdict.organisation_id.is_not(None), Verdict.partner_id == own)
    rows = session.scalars(
        select(Verdict)
        .where(
            standing(),
            Verdict.cluster_id.in_(subject.organisation.cluster_ids),
            or_(
                direct,
                and_(Verdict.kind == VerdictKind.VETO, or_(reverse, *between)),
            ),
        )
        .options(joinedload(Verdict.manager))
        .order_by(Verdict.id)
    )
    found = Verdicts()
    for verdict in rows:
        _sort_in(found, verdict, subject)
    return found


def _sort_in(found: Verdicts, verdict: Verdict, subject: Subject) -> None:
    own = subject.organisation_id
    mine = (
        (isinstance(subject, Need) and verdict.need_id == subject.id)
        or (isinstance(subject, Competence) and verdict.competence_id == subject.id)
        or (isinstance(subject, Organisation) and verdict.organisation_id == own)
    )
    if verdict.kind != VerdictKind.VETO:
        if mine and verdict.partner_id:
            found.partners[verdict.partner_id] = verdict
        elif mine and verdict.test_field_id:
            found.test_fields[verdict.test_field_id] = verdict
        elif mine and verdict.wanted_id:
            found.wanted[verdict.wanted_id] = verdict
    elif verdict.organisation_id and verdict.partner_id:
        other = verdict.partner_id if verdict.organisation_id == own else verdict.organisation_id
        found.vetoed_partners[other] = verdict
    elif mine and verdict.partner_id:
        found.vetoed_partners[verdict.partner_id] = verdict
    elif mine and verdict.test_field_id:
        found.vetoed_test_fields[verdict.test_field_id] = verdict
    elif mine and verdict.wanted_id:
        found.vetoed_wanted[verdict.wanted_id] = verdict
    elif isinstance(subject, Need) and verdict.competence_id:
        found.vetoed_competences[verdict.competence_id] = verdict
    elif isinstance(subject, Competence) and verdict.need_id:
        found.vetoed_wanted[verdict.need_id] = verdict


def verdicts_on(session: Session, teaser: Teaser, clusters: Collection[int]) -> Verdicts:
    """What managers of these clusters decided on a need that they know by its teaser alone."""
    rows = session.scalars(
        select(Verdict)
        .where(standing(), Verdict.on_teaser, Verdict.cluster_id.in_(clusters), Verdict.need_id == teaser.need_id)
        .options(joinedload(Verdict.manager))
        .order_by(Verdict.id)
    )
    found = Verdicts()
    for verdict in rows:
        vetoed = verdict.kind == VerdictKind.VETO
        if verdict.partner_id:
            (found.vetoed_partners if vetoed else found.partners)[verdict.partner_id] = verdict
        elif verdict.test_field_id:
            (found.vetoed_test_fields if vetoed else found.test_fields)[verdict.test_field_id] = verdict
    return found


def shown_to(viewer: Viewer) -> ColumnElement[bool]:
    """The verdicts of the managed clusters, less those of others on texts that are not for this manager.

    A verdict tells of the text it was given on: its partner, its reason, and that the text exists.
    """
    known = [
        or_(
            Verdict.manager_id == viewer.user_id,
            column.is_(None),
            column.not_in(select(model.id).where(kept_from(model, viewer))),
        )
        for model, column in (
            (Need, Verdict.need_id),
            (Competence, Verdict.competence_id),
            (TestField, Verdict.test_field_id),
            (Need, Verdict.wanted_id),
        )
    ]
    return and_(Verdict.cluster_id.in_(viewer.manages), or_(Verdict.on_teaser, and_(*known)))


def log(viewer: Viewer) -> Select[tuple[Verdict]]:
    """Every verdict of the managed clusters that this manager may know of, the latest first."""
    return (
        select(Verdict)
        .where(shown_to(viewer))
        .options(
            joinedload(Verdict.manager),
            joinedload(Verdict.withdrawn_by),
            joinedload(Verdict.need),
            joinedload(Verdict.competence),
            joinedload(Verdict.organisation),
            joinedload(Verdict.partner),
            joinedload(Verdict.test_field),
            joinedload(Verdict.wanted),
        )
        .order_by(Verdict.id.desc())
    )
