"""What the first page shows: to visitors what the cluster can do, to members what waits for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.clusters.models import (
    SECTOR_OF,
    Membership,
    MembershipState,
    Organisation,
    OrganisationType,
    Sector,
)
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.curation.queries import standing
from matchmaker.db import today
from matchmaker.items.models import Field, Item, ItemState
from matchmaker.items.queries import findable
from matchmaker.needs.models import Need
from matchmaker.permissions import Viewer
from matchmaker.profiles.models import Competence
from matchmaker.suggestions.asking import Suggestion
from matchmaker.suggestions.queries import suggest_for_need
from matchmaker.testfields.models import TestField

#: How many days before its end an item's owner is asked to renew it.
RENEWAL_NOTICE = timedelta(days=30)


@dataclass(frozen=True)
class Overview:
    """The cluster in numbers that the viewer may see."""

    organisations: int
    competences: int
    needs: int
    test_fields: int
    #: Live competences in each field of activity by the sector that offers them, fullest field first.
    map: list[tuple[Field, dict[Sector, int]]]


@dataclass(frozen=True)
class Waiting:
    """What waits for a member, most pressing first."""

    join_requests: int
    drafts: Sequence[Item]
    expiring: Sequence[Item]

    @property
    def nothing(self) -> bool:
        return not (self.join_requests or self.drafts or self.expiring)


def overview(session: Session, viewer: Viewer) -> Overview:
    """Counts of what this viewer can find."""

    def count(model: type[Competence] | type[Need] | type[TestField]) -> int:
        return session.scalar(select(func.count()).select_from(model).where(findable(model, viewer))) or 0

    offers: dict[str, Counter[Sector]] = {}
    listed = select(Competence.fields, Organisation.type).join(Competence.organisation)
    for names, type_ in session.execute(listed.where(findable(Competence, viewer))):
        for name in names:
            offers.setdefault(name, Counter())[SECTOR_OF[OrganisationType(type_)]] += 1
    filled = [(field, dict(offers[field])) for field in Field if field in offers]
    return Overview(
        organisations=session.scalar(select(func.count()).select_from(Organisation)) or 0,
        competences=count(Competence),
        needs=count(Need),
        test_fields=count(TestField),
        map=sorted(filled, key=lambda row: (-sum(row[1].values()), row[0])),
    )


def newest(session: Session, model: type[Need] | type[TestField], viewer: Viewer, limit: int) -> Sequence[Item]:
    """The items published last among those the viewer can find, the own organisation's left out."""
    query = select(model).where(findable(model, viewer)).options(joinedload(model.organisation))
    if viewer.organisation_ids:
        query = query.where(model.organisation_id.not_in(viewer.organisation_ids))
    return session.scalars(query.order_by(model.published_at.desc(), model.id.desc()).limit(limit)).all()


def own_open_needs(session: Session, viewer: Viewer, limit: int) -> Sequence[Need]:
    """The own organisation's open needs, the nearest deadline first."""
    live = findable(Need, viewer)
    query = select(Need).where(live, Need.organisation_id.in_(viewer.organisation_ids))
    return session.scalars(query.order_by(Need.deadline.is_(None), Need.deadline, Need.id).limit(limit)).all()


def waiting(session: Session, viewer: Viewer) -> Waiting:
    """Requests to join, drafts, and what expires soon or has just expired."""
    requests = session.scalar(
        select(func.count())
        .select_from(Membership)
        .where(Membership.organisation_id.in_(viewer.admin_of), Membership.state == MembershipState.ASKED)
    )
    drafts: list[Item] = []
    expiring: list[Item] = []
    for model in (Need, Competence, TestField):
        own = select(model).where(model.organisation_id.in_(viewer.organisation_ids))
        drafts += session.scalars(own.where(model.state == ItemState.DRAFT).order_by(model.id.desc()).limit(5))
        ending = own.where(model.state == ItemState.PUBLISHED, model.expires_on <= today() + RENEWAL_NOTICE)
        expiring += session.scalars(ending.order_by(model.expires_on).limit(5))
    return Waiting(join_requests=requests or 0, drafts=drafts, expiring=expiring)


@dataclass(frozen=True)
class Idea:
    """A suggestion for one of the own needs, short enough for the first page."""

    need: Need
    suggestion: Suggestion

    @property
    def offer(self) -> str:
        """The title of what they offer; '' where it is the name already, or a manager's word alone speaks for them."""
        if not self.suggestion.pairs or self.suggestion.organisation is None:
            return ""
        return "".join(text for text, _ in self.suggestion.pairs[0].offer.title)


def ideas(session: Session, viewer: Viewer, needs: Sequence[Need]) -> list[Idea]:
    """The best two partners for each of these needs that nobody answered yet."""
    found: list[Idea] = []
    for need in needs:
        suggested = suggest_for_need(session, viewer, need, limit=2).items
        found += [Idea(need, suggestion) for suggestion in suggested if suggestion.answer is None]
    return found


def proposals(session: Session, viewer: Viewer, limit: int = 5) -> Sequence[Verdict]:
    """The pairs that a manager proposed to the own organisation."""
    own = viewer.organisation_ids
    query = (
        select(Verdict)
        .outerjoin(Need, Need.id == Verdict.need_id)
        .outerjoin(Competence, Competence.id == Verdict.competence_id)
        .where(
            Verdict.kind == VerdictKind.PROPOSAL,
            standing(),
            or_(Need.organisation_id.in_(own), Competence.organisation_id.in_(own), Verdict.organisation_id.in_(own)),
        )
        .order_by(Verdict.created_at.desc(), Verdict.id.desc())
    )
    return session.scalars(query.limit(limit)).all()


def live_offers(session: Session, viewer: Viewer) -> int:
    """How many competences of the own organisation are live."""
    own = Competence.organisation_id.in_(viewer.organisation_ids)
    return session.scalar(select(func.count()).select_from(Competence).where(own, findable(Competence, viewer))) or 0
