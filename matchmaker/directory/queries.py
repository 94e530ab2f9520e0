"""Reads of the directory: organisations by what they are, and the facets beside a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, false, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.alphabets import order_of
from matchmaker.clusters.models import ClusterMembership, Organisation, OrganisationType
from matchmaker.items.models import Teaser
from matchmaker.items.queries import findable, standing_is
from matchmaker.needs.models import Need
from matchmaker.permissions import Viewer
from matchmaker.profiles.models import Competence, Evidence
from matchmaker.suggestions.filters import (
    Filters,
    holds,
    item_conditions,
    organisation_conditions,
    place_conditions,
)
from matchmaker.suggestions.models import ItemKind
from matchmaker.testfields.models import TestField
from matchmaker.texts import comparison_key

MODELS: dict[ItemKind, Any] = {
    ItemKind.COMPETENCE: Competence,
    ItemKind.NEED: Need,
    ItemKind.TEST_FIELD: TestField,
    ItemKind.EVIDENCE: Evidence,
}


def newest(kind: ItemKind, viewer: Viewer, filters: Filters) -> Select[Any]:
    """Everything of a kind that the viewer may find and the filters let through, the latest first."""
    if kind is ItemKind.ORGANISATION:
        return organisations(viewer, filters)
    if kind is ItemKind.TEASER:
        return _teasers(viewer, filters)
    model = MODELS[kind]
    conditions = item_conditions(kind, model, filters)
    query = select(model).join(Organisation, Organisation.id == model.organisation_id)
    if conditions is None:
        return query.where(false())
    return (
        query.where(findable(model, viewer), *conditions)
        .options(joinedload(model.organisation))
        .order_by(model.published_at.desc(), model.id.desc())
    )


def own(kind: ItemKind, viewer: Viewer, filters: Filters, standing: str = "") -> Select[Any]:
    """What the organisation that the viewer acts for has of a kind, drafts included, or what of it stands somewhere."""
    model = MODELS[kind]
    conditions = item_conditions(kind, model, filters)
    wanted = select(model).join(Organisation, Organisation.id == model.organisation_id)
    wanted = wanted.where(model.organisation_id == viewer.organisation_id)
    if standing:
        wanted = wanted.where(standing_is(model, standing))
    return wanted.where(false()) if conditions is None else wanted.where(*conditions)


def _teasers(viewer: Viewer, filters: Filters) -> Select[Any]:
    """Teasers in an order that says nothing: neither when they came nor whose they are."""
    conditions = item_conditions(ItemKind.TEASER, Teaser, filters)
    query = select(Teaser).order_by(Teaser.public_id)
    return query.where(false()) if conditions is None else query.where(findable(Teaser, viewer), *conditions)


def organisations(viewer: Viewer, filters: Filters, words: str = "", language: str = "") -> Select[tuple[Organisation]]:
    """Organisations by name, in a language's alphabet, narrowed by filters and by words of name, place or headline."""
    query = (
        select(Organisation)
        .where(*organisation_conditions(filters), *place_conditions(filters))
        .options(selectinload(Organisation.cluster_memberships).selectinload(ClusterMembership.cluster))
        .order_by(order_of(Organisation.name, Organisation.name_key, language), Organisation.id)
    )
    if filters.field:
        offering = select(Competence.organisation_id).where(findable(Competence, viewer))
        offering = offering.where(holds(Competence.fields, filters.field))
        query = query.where(or_(holds(Organisation.fields, filters.field), Organisation.id.in_(offering)))
    for word in comparison_key(words).split()[:8]:
        query = query.where(
            or_(
                Organisation.name_key.contains(word, autoescape=True),
                func.lower(Organisation.city).contains(word, autoescape=True),
                func.lower(Organisation.headline).contains(word, autoescape=True),
            )
        )
    return query


@dataclass(frozen=True)
class Offered:
    """What an organisation on a list offers, as far as the viewer can find it."""

    count: int = 0
    titles: tuple[str, ...] = ()


def offered(session: Session, viewer: Viewer, organisation_ids: Iterable[int]) -> dict[int, Offered]:
    """For each organisation how many competences the viewer can find, and the titles of the latest two."""
    rows = session.execute(
        select(Competence.organisation_id, Competence.title)
        .where(findable(Competence, viewer), Competence.organisation_id.in_(list(organisation_ids)))
        .order_by(Competence.published_at.desc(), Competence.id.desc())
    ).all()
    titles: dict[int, list[str]] = {}
    for row in rows:
        titles.setdefault(row.organisation_id, []).append(row.title)
    return {owner: Offered(len(found), tuple(found[:2])) for owner, found in titles.items()}


def type_counts(session: Session) -> dict[OrganisationType, int]:
    """How many organisations there are of each type."""
    rows = session.execute(select(Organisation.type, func.count()).group_by(Organisation.type))
    return {OrganisationType(kind): count for kind, count in rows}


def countries(session: Session) -> list[str]:
    """The countries that organisations are in, most of them first."""
    rows = select(Organisation.country).where(Organisation.country != "").group_by(Organisation.country)
    return list(session.scalars(rows.order_by(func.count().desc(), Organisation.country)))


def regions(session: Session) -> list[str]:
    """The regions that organisations are in, most of them first."""
    rows = select(Organisation.region).where(Organisation.region != "").group_by(Organisation.region)
    return list(session.scalars(rows.order_by(func.count().desc(), Organisation.region).limit(40)))
