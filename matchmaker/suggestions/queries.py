"""Who fits, and why: suggestions for a need, a competence, an organisation or a text.

The engine proposes among the statements that the viewer may find; the database decides which those are before the
search (``allowed``), and is asked again about everything that comes back (``ranking``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from embeddings.ranking import band_of
from embeddings.teams import Candidate, candidates_for
from matchmaker.clusters.models import SECTOR_OF, Organisation
from matchmaker.items.models import Teaser
from matchmaker.items.queries import findable
from matchmaker.needs.models import Need
from matchmaker.permissions import Viewer
from matchmaker.profiles.models import Competence
from matchmaker.suggestions import indexing
from matchmaker.suggestions.allowed import PARTNER_KINDS, allowed_statements, leave_out
from matchmaker.suggestions.asking import Asking, Sort, Source, SuggestionList, Target, source_of
from matchmaker.suggestions.catalogue import item_key
from matchmaker.suggestions.filters import NO_FILTERS, Filters
from matchmaker.suggestions.indexing import MODELS, Key
from matchmaker.suggestions.models import ItemKind
from matchmaker.suggestions.ranking import (
    CUT,
    answered,
    eligible_partners,
    items_for,
    of_objecting_people,
    partners_for,
)
from matchmaker.suggestions.reasons import LOOKED_AT

#: Needs and offers of an organisation that are searched with, the newest first.
SEARCHED_WITH = 24


def suggest_for_need(
    session: Session,
    viewer: Viewer,
    need: Need,
    *,
    target: Target | str = Target.PARTNERS,
    filters: Filters | None = None,
    sort: Sort | str = Sort.BEST,
    offset: int = 0,
    limit: int = 10,
    only: Collection[str] | None = None,
    among: np.ndarray | None = None,
    raising: str = "",
) -> SuggestionList:
    """Partners or test fields for a need; the caller has made sure that the viewer may ask with it.

    ``among`` narrows partners to what these statements speak for.
    """
    sources = [source_of(ItemKind.NEED, need)]
    asking = _asking(
        session,
        viewer,
        filters,
        sort,
        offset,
        limit,
        subject=need,
        sources=sources,
        only=only,
        among=among,
        raising=raising,
    )
    return partners_for(asking) if Target(target) is Target.PARTNERS else items_for(asking, ItemKind.TEST_FIELD)


def suggest_for_teaser(
    session: Session,
    viewer: Viewer,
    teaser: Teaser,
    *,
    target: Target | str = Target.PARTNERS,
    filters: Filters | None = None,
    sort: Sort | str = Sort.BEST,
    offset: int = 0,
    limit: int = 10,
) -> SuggestionList:
    """Partners or test fields for a need of which a manager knows the teaser: compared by the teaser alone.

    Its owner is suggested like everybody else, because who is missing would be known to be the owner.
    """
    sources = [source_of(ItemKind.TEASER, teaser)]
    asking = _asking(session, viewer, filters, sort, offset, limit, subject=teaser, sources=sources)
    return partners_for(asking) if Target(target) is Target.PARTNERS else items_for(asking, ItemKind.TEST_FIELD)


def suggest_for_competence(
    session: Session,
    viewer: Viewer,
    competence: Competence,
    *,
    filters: Filters | None = None,
    sort: Sort | str = Sort.BEST,
    offset: int = 0,
    limit: int = 10,
    only: Collection[str] | None = None,
    raising: str = "",
) -> SuggestionList:
    """The needs that a competence could answer."""
    sources = [source_of(ItemKind.COMPETENCE, competence)]
    asking = _asking(
        session, viewer, filters, sort, offset, limit, subject=competence, sources=sources, only=only, raising=raising
    )
    return items_for(asking, ItemKind.NEED)


def suggest_for_text(
    session: Session,
    viewer: Viewer,
    text: str,
    *,
    target: Target | str = Target.PARTNERS,
    filters: Filters | None = None,
    sort: Sort | str = Sort.BEST,
    offset: int = 0,
    limit: int = 10,
) -> SuggestionList:
    """The same for a text that is kept nowhere."""
    text = text.strip()
    asking = _asking(session, viewer, filters, sort, offset, limit, sources=[Source(None, None, text, "")])
    if viewer.organisation_id is not None:
        asking.organisation = session.get(Organisation, viewer.organisation_id)
    if not text:
        return SuggestionList((), 0, words_only=asking.matcher.encoder is None)
    target = Target(target)
    if target is Target.PARTNERS:
        return partners_for(asking)
    return items_for(asking, ItemKind.TEST_FIELD if target is Target.TEST_FIELDS else ItemKind.NEED)


def suggest_for_organisation(
    session: Session,
    viewer: Viewer,
    organisation: Organisation,
    *,
    filters: Filters | None = None,
    sort: Sort | str = Sort.BEST,
    offset: int = 0,
    limit: int = 10,
    only: Collection[str] | None = None,
    raising: str = "",
) -> SuggestionList:
    """Partners with whom both sides gain: they offer what we seek, and seek what we offer."""
    needs = _own(session, viewer, organisation, ItemKind.NEED)
    offers = _own(session, viewer, organisation, ItemKind.COMPETENCE) + _own(
        session, viewer, organisation, ItemKind.TEST_FIELD
    )
    offers = offers or _own(session, viewer, organisation, ItemKind.EVIDENCE)
    sources = [*needs, *offers]
    asking = _asking(
        session, viewer, filters, sort, offset, limit, subject=organisation, sources=sources, only=only, raising=raising
    )
    if not sources:
        return SuggestionList((), 0, words_only=asking.matcher.encoder is None)
    eligible = eligible_partners(asking)
    matches = asking.matcher.rank_partners(
        [asking.query(source) for source in needs],
        [asking.query(source) for source in offers],
        allowed_offers=leave_out(
            session,
            allowed_statements(session, viewer, PARTNER_KINDS, asking.filters, speaking=True),
            PARTNER_KINDS,
            (),
            of_objecting_people(session),
        ),
        allowed_needs=allowed_statements(session, viewer, [ItemKind.NEED]),
        owners=eligible,
        limit=CUT,
        evidence=LOOKED_AT,
        explain=False,
    )
    return answered(asking, ItemKind.ORGANISATION, matches, eligible, first_offer=len(needs))


def partners_by_part(
    session: Session, viewer: Viewer, need: Need, parts: Sequence[str], *, without: Collection[int] = ()
) -> list[Candidate]:
    """Who could answer which part of a need, and by what: among the same organisations that suggestions come from."""
    asking = _asking(session, viewer, None, Sort.BEST, 0, 0, subject=need, sources=[source_of(ItemKind.NEED, need)])
    allowed = allowed_statements(session, viewer, PARTNER_KINDS, speaking=True)
    ruled_out = [(ItemKind.COMPETENCE, one) for one in asking.verdicts.vetoed_competences]
    eligible = {item_key(one)[1]: one for one in eligible_partners(asking)}
    facts = session.execute(
        select(Organisation.id, Organisation.type, Organisation.is_sme).where(
            Organisation.id.in_(eligible.keys() - set(without))
        )
    ).all()
    found = candidates_for(
        asking.matcher,
        parts,
        allowed=leave_out(session, allowed, PARTNER_KINDS, (), ruled_out),
        owners=[eligible[row.id] for row in facts],
        sectors={eligible[row.id]: str(SECTOR_OF[row.type]) for row in facts},
        smes={eligible[row.id] for row in facts if row.is_sme},
        limit=CUT // 2,
    )
    return [replace(one, owner=item_key(one.owner)[1]) for one in found]


def suggest_peers(
    session: Session,
    viewer: Viewer,
    subject: Need | Competence | Organisation,
    *,
    filters: Filters | None = None,
    sort: Sort | str = Sort.BEST,
    offset: int = 0,
    limit: int = 10,
) -> SuggestionList:
    """Look-alikes: competences like a competence, needs like a need, organisations that offer what this one offers."""
    if not isinstance(subject, Organisation):
        kind = indexing.KIND_OF[type(subject)]
        sources = [source_of(kind, subject)]
        asking = _asking(session, viewer, filters, sort, offset, limit, subject=subject, sources=sources, alike=True)
        return items_for(asking, kind)
    sources = _own(session, viewer, subject, ItemKind.COMPETENCE)
    asking = _asking(session, viewer, filters, sort, offset, limit, subject=subject, sources=sources, alike=True)
    eligible = eligible_partners(asking)
    matches = asking.matcher.rank_partners(
        [asking.query(source) for source in sources],
        [],
        allowed_offers=allowed_statements(session, viewer, [ItemKind.COMPETENCE], asking.filters),
        allowed_needs=np.zeros(0, dtype=np.int64),
        owners=eligible,
        limit=CUT,
        evidence=LOOKED_AT,
        explain=False,
    )
    # Only one direction is asked, so the band is that of its best pair.
    matches = [replace(match, band=band_of(max(one.strength for one in match.evidence))) for match in matches]
    return answered(asking, ItemKind.ORGANISATION, matches, frozenset(), first_offer=len(sources))


def features_for(
    session: Session, viewer: Viewer, subject: Need | Competence, kind: ItemKind, also: Collection[int]
) -> dict[Key, dict[str, float]]:
    """The features of everything that is ranked for a subject, best first, as if nobody had decided anything.

    ``also`` names things that are ranked wherever the engine would have left them.
    """
    noted: dict[Key, dict[str, float]] = {}
    sources = [source_of(indexing.KIND_OF[type(subject)], subject)]
    asking = _asking(session, viewer, None, Sort.BEST, 0, 0, sources=sources, also=also, noted=noted)
    asking.organisation = subject.organisation
    partners_for(asking) if kind is ItemKind.ORGANISATION else items_for(asking, kind)
    return noted


def _own(session: Session, viewer: Viewer, organisation: Organisation, kind: ItemKind) -> list[Source]:
    """What an organisation seeks or offers and this viewer may find, the newest first."""
    model = MODELS[kind]
    rows = session.scalars(
        select(model)
        .where(model.organisation_id == organisation.id, findable(model, viewer))
        .order_by(model.published_at.desc(), model.id.desc())
        .limit(SEARCHED_WITH)
    )
    return [source_of(kind, item) for item in rows]


def _asking(
    session: Session,
    viewer: Viewer,
    filters: Filters | None,
    sort: Sort | str,
    offset: int,
    limit: int,
    **more: Any,
) -> Asking:
    return Asking(session, viewer, filters or NO_FILTERS, Sort(sort), max(offset, 0), limit, **more)
