"""What a viewer may find: decided in SQL before a search, and asked again about all that comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker.clusters.models import Organisation
from matchmaker.db import today
from matchmaker.items.models import Teaser
from matchmaker.items.queries import findable
from matchmaker.permissions import Viewer
from matchmaker.profiles.models import Evidence as EvidenceItem
from matchmaker.suggestions import indexing
from matchmaker.suggestions.catalogue import current_catalogue, item_number
from matchmaker.suggestions.filters import (
    NO_FILTERS,
    Filters,
    item_conditions,
    organisation_conditions,
    place_conditions,
)
from matchmaker.suggestions.indexing import MODELS, Key
from matchmaker.suggestions.models import Audience, ItemKind, StatementRow

#: What organisations are found by.
PARTNER_KINDS = (ItemKind.COMPETENCE, ItemKind.EVIDENCE, ItemKind.ORGANISATION)


def allowed_statements(
    session: Session,
    viewer: Viewer,
    kinds: Collection[ItemKind],
    filters: Filters = NO_FILTERS,
    *,
    speaking: bool = False,
    of: ItemKind | None = None,
) -> np.ndarray:
    """The sorted ids of the statements that this viewer may find and that satisfy the filters; decided in SQL.

    With ``speaking``, an organisation's profile counts only where it says more than its name; with ``of``, only the
    teasers of that kind of item count.
    """
    wanted = tuple(kind for kind in ItemKind if kind in kinds)
    rights = (viewer.organisation_ids, viewer.cluster_ids)

    def ask() -> np.ndarray:
        found = [session.scalars(query).all() for kind in wanted if (query := allowed(kind)) is not None]
        ids = np.fromiter((one for ids in found for one in ids), dtype=np.int64)
        ids.sort()
        return ids

    def allowed(kind: ItemKind) -> Any:
        conditions = findable_conditions(kind, viewer, filters)
        if conditions is None:
            return None
        if speaking and kind is ItemKind.ORGANISATION:
            conditions.append(or_(Organisation.headline != "", Organisation.about != ""))
        model = MODELS[kind]
        query = select(StatementRow.id).join(model, model.id == StatementRow.item_id)
        audience = Audience.READERS
        if kind is ItemKind.TEASER:
            audience = Audience.TEASER
            if of is not None:
                conditions.append(teaser_column(of).is_not(None))
        elif kind is not ItemKind.ORGANISATION:
            query = query.join(Organisation, Organisation.id == model.organisation_id)
        return query.where(
            StatementRow.kind == kind, StatementRow.audience == audience, ~StatementRow.gone, *conditions
        )

    key = ("statements", indexing.clock(session), rights, wanted, filters, speaking, of, today())
    return current_catalogue().keep(key, ask)


def partner_statements(session: Session, viewer: Viewer, filters: Filters = NO_FILTERS) -> np.ndarray:
    """What partners are found by: what organisations say of themselves, and teasers of competences in confidence."""
    kinds = (*PARTNER_KINDS, ItemKind.TEASER)
    return allowed_statements(session, viewer, kinds, filters, speaking=True, of=ItemKind.COMPETENCE)


def findable_conditions(kind: ItemKind, viewer: Viewer, filters: Filters) -> list[ColumnElement[bool]] | None:
    model = MODELS[kind]
    conditions = item_conditions(kind, model, filters)
    if conditions is None or kind is ItemKind.ORGANISATION:
        return conditions
    return [findable(model, viewer), *conditions]


def teaser_column(kind: ItemKind) -> Any:
    """The column of a teaser that names the item of this kind behind it."""
    return getattr(Teaser, f"{kind}_id")


def organisations_within(session: Session, filters: Filters) -> frozenset[int]:
    """The engine's numbers of the organisations that satisfy the filters."""
    conditions = organisation_conditions(filters) + place_conditions(filters)

    def ask() -> frozenset[int]:
        found = session.scalars(select(Organisation.id).where(*conditions))
        return frozenset(item_number(ItemKind.ORGANISATION, one) for one in found)

    part = Filters(
        sector=filters.sector, type=filters.type, sme=filters.sme, country=filters.country, region=filters.region
    )
    return current_catalogue().keep(("organisations", indexing.clock(session), part), ask)


def leave_out(
    session: Session,
    allowed: np.ndarray,
    kinds: Collection[ItemKind],
    organisations: Collection[int],
    keys: Iterable[Key],
) -> np.ndarray:
    """The allowed statements less those of some organisations and items.

    Teasers are left out by nothing that depends on whose they are: what is missing would tell.
    """
    conditions = []
    if organisations:
        conditions.append(StatementRow.organisation_id.in_(organisations) & (StatementRow.kind != ItemKind.TEASER))
    conditions += [(StatementRow.kind == kind) & (StatementRow.item_id == item_id) for kind, item_id in keys]
    if not conditions or not allowed.size:
        return allowed
    gone = session.scalars(select(StatementRow.id).where(StatementRow.kind.in_(kinds), or_(*conditions))).all()
    return np.setdiff1d(allowed, np.array(gone, dtype=np.int64), assume_unique=True)


def load_things(session: Session, viewer: Viewer, keys: Iterable[Key]) -> dict[Key, Any]:
    """The items of these keys that the viewer may find, asked of the database now."""
    found: dict[Key, Any] = {}
    for kind, ids in _by_kind(keys).items():
        model = MODELS[kind]
        query = _findable(kind, viewer, ids, model)
        if kind not in (ItemKind.TEASER, ItemKind.ORGANISATION):
            query = query.options(joinedload(model.organisation))
        if kind is ItemKind.EVIDENCE:
            query = query.options(selectinload(EvidenceItem.organisations))
        found.update(((kind, item.id), item) for item in session.scalars(query))
    return found


def findable_keys(session: Session, viewer: Viewer, keys: Iterable[Key]) -> set[Key]:
    """Those of these keys whose items the viewer may find, asked of the database now; the items are not read."""
    return {
        (kind, item_id)
        for kind, ids in _by_kind(keys).items()
        for item_id in session.scalars(_findable(kind, viewer, ids, MODELS[kind].id))
    }


def _by_kind(keys: Iterable[Key]) -> dict[ItemKind, list[int]]:
    grouped: dict[ItemKind, list[int]] = {}
    for kind, item_id in keys:
        grouped.setdefault(kind, []).append(item_id)
    return grouped


def _findable(kind: ItemKind, viewer: Viewer, ids: Sequence[int], what: Any) -> Select[Any]:
    model = MODELS[kind]
    query = select(what).where(model.id.in_(ids))
    return query if kind is ItemKind.ORGANISATION else query.where(findable(model, viewer))


def load_texts(session: Session, statements: Collection[int]) -> dict[int, Any]:
    """The statements as they stand in the database now."""
    rows = session.execute(
        select(StatementRow.id, StatementRow.text, StatementRow.language).where(
            StatementRow.id.in_(statements), ~StatementRow.gone
        )
    )
    return {row.id: row for row in rows}


def places(session: Session) -> tuple[list[str], list[str]]:
    """The countries and the regions that organisations are in."""

    def ask() -> tuple[list[str], list[str]]:
        def column(column: Any) -> list[str]:
            return sorted(value for value in session.scalars(select(column).distinct()) if value)

        return column(Organisation.country), column(Organisation.region)

    return current_catalogue().keep(("places", indexing.clock(session)), ask)
