"""Reads about watches: whose they are, what fits them now, what they found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.directory.queries import MODELS, newest
from matchmaker.items.queries import findable
from matchmaker.permissions import NotPermitted, Viewer
from matchmaker.suggestions.models import ItemKind
from matchmaker.suggestions.searching import search
from matchmaker.watches.models import Find, Watch

#: How often each watch is looked at.
EVERY = timedelta(minutes=15)
#: What fits is looked for among so many of the best hits.
LOOKED_THROUGH = 100
#: From these bands on a hit of words counts as fitting.
FITTING = ("strong", "good")
#: What can be watched. Teasers can't: news would tell when somebody came to have a confidential need.
WATCHED = (ItemKind.COMPETENCE, ItemKind.NEED, ItemKind.TEST_FIELD, ItemKind.ORGANISATION, ItemKind.EVIDENCE)
#: What a search without a kind looks for.
KINDS = (ItemKind.COMPETENCE, ItemKind.NEED, ItemKind.TEST_FIELD)

Key = tuple[ItemKind, int]


def of_user(session: Session, user_id: int) -> list[Watch]:
    """A user's watches, the latest first."""
    return list(session.scalars(select(Watch).where(Watch.user_id == user_id).order_by(Watch.id.desc())))


def own_or_refuse(session: Session, public_id: str, user_id: int | None) -> Watch:
    """A user's own watch. Raises NotPermitted where it does not exist or is somebody else's."""
    found = session.scalar(select(Watch).where(Watch.public_id == public_id, Watch.user_id == user_id))
    if found is None:
        raise NotPermitted(public_id)
    return found


def counts(session: Session, user_id: int) -> dict[int, int]:
    """How many finds a user was told of, by watch."""
    rows = session.execute(
        select(Find.watch_id, func.count().label("number"))
        .join(Watch)
        .where(Watch.user_id == user_id, Find.told_at.is_not(None))
        .group_by(Find.watch_id)
    )
    return {row.watch_id: row.number for row in rows}


def due(session: Session, *, now: datetime, limit: int = 500) -> list[int]:
    """The ids of the watches to look at now, those that waited longest first."""
    return list(
        session.scalars(
            select(Watch.id)
            .join(User)
            .where(User.active, or_(Watch.looked_at.is_(None), Watch.looked_at <= now - EVERY))
            .order_by(Watch.looked_at.is_not(None), Watch.looked_at, Watch.id)
            .limit(limit)
        )
    )


def fitting(session: Session, viewer: Viewer, watch: Watch) -> list[Key]:
    """What fits a watch and its owner may find at this moment, the own organisations' things left out.

    With words: good hits, whenever they were published. Without: what was published since the watch was made.
    """
    kinds = (watch.kind,) if watch.kind else KINDS
    if watch.words:
        hits = search(session, viewer, watch.words, kinds, watch.filters, limit=LOOKED_THROUGH).hits
        found = [(hit.kind, hit.item) for hit in hits if hit.band is None or hit.band in FITTING]
    else:
        found = [(kind, item) for kind in kinds for item in _published_since(session, viewer, watch, kind)]
    return [(kind, item.id) for kind, item in found if item.organisation_id not in viewer.organisation_ids]


def _published_since(session: Session, viewer: Viewer, watch: Watch, kind: ItemKind) -> list[Any]:
    if kind is ItemKind.ORGANISATION:
        since, order = Organisation.created_at > watch.created_at, Organisation.id.desc()
    else:
        since, order = MODELS[kind].published_at > watch.created_at, MODELS[kind].id.desc()
    query = newest(kind, viewer, watch.filters).where(since).order_by(None).order_by(order)
    return list(session.scalars(query.limit(LOOKED_THROUGH)).unique())


def finds(session: Session, viewer: Viewer, watch: Watch) -> list[tuple[ItemKind, Any]]:
    """What a watch found and its owner may still find, the latest first."""
    told = session.execute(
        select(Find.kind, Find.item_id)
        .where(Find.watch_id == watch.id, Find.told_at.is_not(None))
        .order_by(Find.id.desc())
        .limit(LOOKED_THROUGH)
    ).all()
    things: dict[Key, Any] = {}
    for kind in {row.kind for row in told}:
        ids = [row.item_id for row in told if row.kind is kind]
        if kind is ItemKind.ORGANISATION:
            query = select(Organisation).where(Organisation.id.in_(ids))
        else:
            query = select(MODELS[kind]).where(MODELS[kind].id.in_(ids), findable(MODELS[kind], viewer))
        things.update(((kind, item.id), item) for item in session.scalars(query))
    return [(row.kind, things[row.kind, row.item_id]) for row in told if (row.kind, row.item_id) in things]
