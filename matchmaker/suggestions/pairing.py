"""All pairs: every need that somebody may ask with, each with the partners that fit it best.

The vectors of the needs pass over the board in blocks; what stands near each is then ranked as on its own page, under
the same rights, filters, verdicts and answers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from embeddings.pairs import BLOCK, nearest_pairs
from matchmaker.items.queries import findable
from matchmaker.needs.models import Need
from matchmaker.permissions import Permission, Viewer, allows
from matchmaker.suggestions.allowed import partner_statements
from matchmaker.suggestions.asking import SuggestionList
from matchmaker.suggestions.catalogue import current_catalogue
from matchmaker.suggestions.filters import NO_FILTERS, Filters
from matchmaker.suggestions.indexing import text_of
from matchmaker.suggestions.models import ItemKind
from matchmaker.suggestions.queries import suggest_for_need

#: Statements by meaning among which the partners of one need are ranked.
SHORTLIST = 400


def needs_of(session: Session, viewer: Viewer) -> list[int]:
    """The needs that the viewer may ask with: those of the own organisation, and for a manager the clusters'."""
    query = select(Need).where(findable(Need, viewer)).options(joinedload(Need.organisation)).order_by(Need.id)
    return [need.id for need in session.scalars(query) if allows(viewer, Permission.SUGGEST, need)]


def pairs(
    session: Session, viewer: Viewer, *, filters: Filters = NO_FILTERS, limit: int = 5
) -> Iterator[tuple[Need, SuggestionList]]:
    """Each of the viewer's needs with its best partners, oldest need first."""
    ids = needs_of(session, viewer)
    catalogue = current_catalogue()
    for start in range(0, len(ids), BLOCK):
        needs = session.scalars(select(Need).where(Need.id.in_(ids[start : start + BLOCK])).order_by(Need.id)).all()
        matcher = catalogue.matcher()
        asked = [catalogue.prepare(matcher, text_of(ItemKind.NEED, need), need.language or None) for need in needs]
        near: dict[int, np.ndarray] = {}
        if matcher.vectors is not None:
            known = [
                (need.id, query.vector) for need, query in zip(needs, asked, strict=True) if query.vector is not None
            ]
            allowed = partner_statements(session, viewer, filters)
            vectors = np.stack([vector for _, vector in known]) if known else np.zeros((0, 1), np.float32)
            found = nearest_pairs(matcher.vectors, vectors, SHORTLIST, allowed)
            near = {need: np.sort(hits.ids) for (need, _), hits in zip(known, found, strict=True)}
        for need in needs:
            # A need without a vector is compared by words, with everything.
            yield need, suggest_for_need(session, viewer, need, filters=filters, limit=limit, among=near.get(need.id))
