"""Who fits, and why: suggestions for a need, a competence, an organisation or a text; and the search over everything.

The engine proposes among the statements that the viewer may find; the database decides which those are before the
search, and is asked again about everything that comes back.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from embeddings import Band, Evidence, Match, Matcher, Query, apply_verdicts
from embeddings.feedback import score
from embeddings.ranking import band_of
from embeddings.teams import Candidate, candidates_for
from matchmaker.clusters.models import SECTOR_OF, Organisation
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.curation.queries import Verdicts, verdicts_for, verdicts_on
from matchmaker.db import today
from matchmaker.items.models import Teaser
from matchmaker.items.queries import findable
from matchmaker.needs.models import Need
from matchmaker.permissions import CONFIDENTIAL, Viewer
from matchmaker.profiles.models import Competence, Profile, competence_evidence, evidence_organisation
from matchmaker.profiles.models import Evidence as EvidenceItem
from matchmaker.suggestions import explaining, exposure, indexing
from matchmaker.suggestions.catalogue import Catalogue, current_catalogue, item_key, item_number
from matchmaker.suggestions.explaining import Because, Pair, Quote, Reason, Standing, Wish, quote
from matchmaker.suggestions.filters import (
    NO_FILTERS,
    Filters,
    item_conditions,
    organisation_conditions,
    place_conditions,
)
from matchmaker.suggestions.indexing import MODELS, Key, text_of
from matchmaker.suggestions.models import (
    Answer,
    Audience,
    Feedback,
    ItemKind,
    LearnedOrder,
    Objection,
    StatementRow,
)
from matchmaker.testfields.models import TestField
from matchmaker.texts import comparison_key

#: Suggestions that are ranked; who is not among them is not shown, however far one pages.
CUT = 100
#: Statements looked at for the explanation of one suggestion, and shown.
LOOKED_AT, SHOWN = 8, 3
#: From this chance of relevance on, a statement counts among those that fit.
FITTING = 0.15
#: Below this chance of relevance a suggestion is shown only where there are few.
FAINT, FEW = 0.05, 10
#: Needs and offers of an organisation that are searched with, the newest first.
SEARCHED_WITH = 24
#: Hits of one search.
FOUND = 400
#: Words that are named as unsaid in one text.
UNSAID = 5

#: What organisations are found by.
PARTNER_KINDS = (ItemKind.COMPETENCE, ItemKind.EVIDENCE, ItemKind.ORGANISATION)


class Target(StrEnum):
    """What is suggested."""

    PARTNERS = "partners"
    TEST_FIELDS = "test_fields"
    NEEDS = "needs"
    #: Look-alikes: who offers the same, or seeks the same.
    PEERS = "peers"


class Sort(StrEnum):
    """The order of suggestions. What a manager recommends stays first in each."""

    BEST = "best"
    NEWEST = "newest"
    NEAREST = "nearest"


@dataclass(frozen=True)
class Suggestion:
    """A match that is shown to somebody who may see it, with its reasons."""

    #: What is suggested: an organisation, a test field, a need, or one of these and a competence by its teaser.
    kind: ItemKind
    thing: Any
    #: None behind a teaser.
    organisation: Organisation | None
    #: None where only a manager's verdict speaks for it.
    band: Band | None
    pairs: tuple[Pair, ...] = ()
    wishes: tuple[Wish, ...] = ()
    why: tuple[Reason, ...] = ()
    why_yes: tuple[Reason, ...] = ()
    #: The manager's pin or proposal.
    verdict: Verdict | None = None
    #: What the asking organisation answered.
    answer: Feedback | None = None
    #: Sources and licences of imported texts that it rests on.
    sources: tuple[tuple[str, str, str], ...] = ()
    #: What the asking side could say to raise it; only where somebody asked for this very one.
    raises: tuple[Reason, ...] = ()

    @property
    def key(self) -> Key:
        return self.kind, self.thing.id

    @property
    def name(self) -> str:
        return self.thing.name if self.kind is ItemKind.ORGANISATION else self.thing.title


@dataclass(frozen=True)
class SuggestionList:
    """One page of suggestions, and what surrounds it."""

    items: tuple[Suggestion, ...]
    #: How many there are on all pages.
    total: int
    #: What the asking organisation hid, with the thing itself.
    hidden: tuple[tuple[Feedback, Any], ...] = ()
    #: Vetoes in force with what they remove; for managers only.
    vetoed: tuple[tuple[Verdict, Any], ...] = ()
    #: Whether only words were compared.
    words_only: bool = False


# --- What may be found ----------------------------------------------------------------------------------------------


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
        conditions = _findable_conditions(kind, viewer, filters)
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
                conditions.append(_item_of(of).is_not(None))
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


def _findable_conditions(kind: ItemKind, viewer: Viewer, filters: Filters) -> list[ColumnElement[bool]] | None:
    model = MODELS[kind]
    conditions = item_conditions(kind, model, filters)
    if conditions is None or kind is ItemKind.ORGANISATION:
        return conditions
    return [findable(model, viewer), *conditions]


def _item_of(kind: ItemKind) -> Any:
    """The column of a teaser that names the item of this kind behind it."""
    return getattr(Teaser, f"{kind}_id")


def _organisations(session: Session, filters: Filters) -> frozenset[int]:
    """The engine's numbers of the organisations that satisfy the filters."""
    conditions = organisation_conditions(filters) + place_conditions(filters)

    def ask() -> frozenset[int]:
        found = session.scalars(select(Organisation.id).where(*conditions))
        return frozenset(item_number(ItemKind.ORGANISATION, one) for one in found)

    part = Filters(
        sector=filters.sector, type=filters.type, sme=filters.sme, country=filters.country, region=filters.region
    )
    return current_catalogue().keep(("organisations", indexing.clock(session), part), ask)


def _without(
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
    grouped: dict[ItemKind, list[int]] = {}
    for kind, item_id in keys:
        grouped.setdefault(kind, []).append(item_id)
    found: dict[Key, Any] = {}
    for kind, ids in grouped.items():
        model = MODELS[kind]
        query = select(model).where(model.id.in_(ids))
        if kind is ItemKind.TEASER:
            query = query.where(findable(model, viewer))
        elif kind is not ItemKind.ORGANISATION:
            query = query.where(findable(model, viewer)).options(joinedload(model.organisation))
        if kind is ItemKind.EVIDENCE:
            query = query.options(selectinload(EvidenceItem.organisations))
        found.update(((kind, item.id), item) for item in session.scalars(query))
    return found


# --- Asking ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Source:
    """A text that is searched with: an own item, or what somebody typed."""

    kind: ItemKind | None
    item: Any
    text: str
    language: str


@dataclass
class _Asking:
    """One question to the engine and all that its answers depend on."""

    session: Session
    viewer: Viewer
    filters: Filters
    sort: Sort
    offset: int
    limit: int
    #: Who asks; None for a text typed by somebody without an organisation.
    organisation: Organisation | None = None
    #: What the answers are stored under, and what verdicts are looked up by.
    subject: Any = None
    #: The public ids of those that are shown; None shows all.
    only: Collection[str] | None = None
    #: The statements, sorted, that were found by meaning beforehand; None looks among all.
    among: np.ndarray | None = None
    #: The public id of the suggestion that is to be told what would raise it.
    raising: str = ""
    #: Whether look-alikes are asked for, not what complements.
    alike: bool = False
    #: What is ranked wherever the engine would have left it, and the features of all that is, for those who learn.
    also: Collection[int] = ()
    noted: dict[Key, dict[str, float]] | None = None
    catalogue: Catalogue = field(default_factory=current_catalogue)
    verdicts: Verdicts = field(default_factory=Verdicts)
    answers: Mapping[Key, Feedback] = field(default_factory=dict)
    sources: Sequence[_Source] = ()

    def __post_init__(self) -> None:
        self.matcher: Matcher = self.catalogue.matcher()
        if isinstance(self.subject, Teaser):
            self.verdicts = verdicts_on(self.session, self.subject, self.viewer.manages)
        elif self.subject is not None:
            self.organisation = self.subject.organisation
            self.verdicts = verdicts_for(self.session, self.subject)
            if self.subject.organisation_id in self.viewer.organisation_ids:
                self.answers = answers_to(self.session, self.subject)

    @property
    def own(self) -> frozenset[int]:
        """The organisations that are not suggested to themselves."""
        if self.organisation is not None:
            return frozenset({self.organisation.id})
        return self.viewer.organisation_ids

    @property
    def as_manager(self) -> bool:
        if isinstance(self.subject, Teaser):
            return bool(self.viewer.manages)
        return self.organisation is not None and bool(self.viewer.manages & self.organisation.cluster_ids)

    def query(self, source: _Source) -> Query:
        return self.catalogue.prepare(self.matcher, source.text, source.language or None)

    def hidden(self, *kinds: ItemKind) -> set[Key]:
        """What the asking organisation does not want to see now."""
        return {key for key, answer in self.answers.items() if key[0] in kinds and is_hidden(answer)}


def _source_of(kind: ItemKind, item: Any) -> _Source:
    return _Source(kind, item, text_of(kind, item), item.language)


def _asking(
    session: Session,
    viewer: Viewer,
    filters: Filters | None,
    sort: Sort | str,
    offset: int,
    limit: int,
    **more: Any,
) -> _Asking:
    return _Asking(session, viewer, filters or NO_FILTERS, Sort(sort), max(offset, 0), limit, **more)


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
    sources = [_source_of(ItemKind.NEED, need)]
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
    return _partners(asking) if Target(target) is Target.PARTNERS else _items(asking, ItemKind.TEST_FIELD)


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
    sources = [_source_of(ItemKind.TEASER, teaser)]
    asking = _asking(session, viewer, filters, sort, offset, limit, subject=teaser, sources=sources)
    return _partners(asking) if Target(target) is Target.PARTNERS else _items(asking, ItemKind.TEST_FIELD)


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
    sources = [_source_of(ItemKind.COMPETENCE, competence)]
    asking = _asking(
        session, viewer, filters, sort, offset, limit, subject=competence, sources=sources, only=only, raising=raising
    )
    return _items(asking, ItemKind.NEED)


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
    asking = _asking(session, viewer, filters, sort, offset, limit, sources=[_Source(None, None, text, "")])
    if viewer.organisation_id is not None:
        asking.organisation = session.get(Organisation, viewer.organisation_id)
    if not text:
        return SuggestionList((), 0, words_only=asking.matcher.encoder is None)
    target = Target(target)
    if target is Target.PARTNERS:
        return _partners(asking)
    return _items(asking, ItemKind.TEST_FIELD if target is Target.TEST_FIELDS else ItemKind.NEED)


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
    eligible = _eligible_partners(asking)
    matches = asking.matcher.rank_partners(
        [asking.query(source) for source in needs],
        [asking.query(source) for source in offers],
        allowed_offers=_without(
            session,
            allowed_statements(session, viewer, PARTNER_KINDS, asking.filters, speaking=True),
            PARTNER_KINDS,
            (),
            _of_objecting_people(session),
        ),
        allowed_needs=allowed_statements(session, viewer, [ItemKind.NEED]),
        owners=eligible,
        limit=CUT,
        evidence=LOOKED_AT,
        explain=False,
    )
    return _answer(asking, ItemKind.ORGANISATION, matches, eligible, first_offer=len(needs))


def partners_by_part(
    session: Session, viewer: Viewer, need: Need, parts: Sequence[str], *, without: Collection[int] = ()
) -> list[Candidate]:
    """Who could answer which part of a need, and by what: among the same organisations that suggestions come from."""
    asking = _asking(session, viewer, None, Sort.BEST, 0, 0, subject=need, sources=[_source_of(ItemKind.NEED, need)])
    allowed = allowed_statements(session, viewer, PARTNER_KINDS, speaking=True)
    ruled_out = [(ItemKind.COMPETENCE, one) for one in asking.verdicts.vetoed_competences]
    eligible = {item_key(one)[1]: one for one in _eligible_partners(asking)}
    facts = session.execute(
        select(Organisation.id, Organisation.type, Organisation.is_sme).where(
            Organisation.id.in_(eligible.keys() - set(without))
        )
    ).all()
    found = candidates_for(
        asking.matcher,
        parts,
        allowed=_without(session, allowed, PARTNER_KINDS, (), ruled_out),
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
        sources = [_source_of(kind, subject)]
        asking = _asking(session, viewer, filters, sort, offset, limit, subject=subject, sources=sources, alike=True)
        return _items(asking, kind)
    sources = _own(session, viewer, subject, ItemKind.COMPETENCE)
    asking = _asking(session, viewer, filters, sort, offset, limit, subject=subject, sources=sources, alike=True)
    eligible = _eligible_partners(asking)
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
    return _answer(asking, ItemKind.ORGANISATION, matches, frozenset(), first_offer=len(sources))


def _own(session: Session, viewer: Viewer, organisation: Organisation, kind: ItemKind) -> list[_Source]:
    """What an organisation seeks or offers and this viewer may find, the newest first."""
    model = MODELS[kind]
    rows = session.scalars(
        select(model)
        .where(model.organisation_id == organisation.id, findable(model, viewer))
        .order_by(model.published_at.desc(), model.id.desc())
        .limit(SEARCHED_WITH)
    )
    return [_source_of(kind, item) for item in rows]


# --- Ranking --------------------------------------------------------------------------------------------------------


def _objecting(session: Session) -> frozenset[int]:
    """The organisations that do not want to be suggested to others."""
    return frozenset(session.scalars(select(Objection.organisation_id).where(Objection.organisation_id.is_not(None))))


def _of_objecting_people(session: Session) -> list[Key]:
    """The competences of people who do not want to be suggested to others."""
    theirs = select(Competence.id).join(Profile).join(Objection, Objection.user_id == Profile.user_id)
    return [(ItemKind.COMPETENCE, one) for one in session.scalars(theirs)]


def _eligible_partners(asking: _Asking) -> frozenset[int]:
    """The engine's numbers of the organisations that may be suggested."""
    left_out = asking.own | asking.verdicts.vetoed_partners.keys() | _objecting(asking.session)
    keys = asking.hidden(ItemKind.ORGANISATION) | {(ItemKind.ORGANISATION, one) for one in left_out}
    return _organisations(asking.session, asking.filters) - {item_number(*key) for key in keys}


def _eligible_teasers(asking: _Asking) -> frozenset[int]:
    """The engine's numbers of the competences in confidence that may be suggested, each by its teaser and for itself.

    None is left out because of whose it is, except for its own people: what is missing would tell.
    """
    query = select(Teaser.id).where(
        findable(Teaser, asking.viewer),
        Teaser.competence_id.is_not(None),
        Teaser.competence_id.not_in(asking.verdicts.vetoed_competences),
        Teaser.id.not_in(_own_teasers(asking)),
    )
    found = {(ItemKind.TEASER, one) for one in asking.session.scalars(query)} - asking.hidden(ItemKind.TEASER)
    return frozenset(item_number(*key) for key in found)


def _own_teasers(asking: _Asking) -> Select[tuple[int]]:
    """The teasers that a member does not need to be shown.

    For whoever asks in another's name those of the other would be missing from the list, which would tell whose they
    are; so the asking organisation plays no part.
    """
    return select(Teaser.id).where(Teaser.organisation_id.in_(asking.viewer.organisation_ids))


def _partners(asking: _Asking) -> SuggestionList:
    """Who could answer the one text that is asked with, by the statements that stand nearest to it.

    These are organisations, and competences in confidence, each apart from all else that its organisation says.
    """
    query = asking.query(asking.sources[0])
    # Against everything the viewer may read it is told what is unusual, so that no filter changes a band.
    background = partner_statements(asking.session, asking.viewer)
    allowed = partner_statements(asking.session, asking.viewer, asking.filters)
    ruled_out = [(ItemKind.COMPETENCE, one) for one in asking.verdicts.vetoed_competences]
    ruled_out += _of_objecting_people(asking.session)
    allowed = _without(asking.session, allowed, PARTNER_KINDS, (), ruled_out)
    eligible = _eligible_partners(asking) | _eligible_teasers(asking)

    def rank(owners: Collection[int], limit: int, statements: np.ndarray = allowed) -> list[Match]:
        return asking.matcher.rank_owners(
            query,
            allowed=statements,
            owners=owners,
            limit=limit,
            evidence=LOOKED_AT,
            explain=False,
            background=background,
        )

    found_before = allowed if asking.among is None else np.intersect1d(allowed, asking.among, assume_unique=True)
    matches = rank(eligible, CUT, found_before)
    # What a manager put first is explained as well as everything else, wherever the engine ranks it.
    wanted = {item_number(ItemKind.ORGANISATION, one) for one in (*asking.verdicts.partners, *asking.also)}
    missing = (wanted & eligible) - {match.key for match in matches}
    if missing:
        matches += rank(missing, len(missing))
    return _answer(asking, ItemKind.ORGANISATION, matches, eligible)


def _items(asking: _Asking, kind: ItemKind) -> SuggestionList:
    """Test fields or needs, each by its own statements; those that are confidential by their teasers."""
    # Look-alikes are told from whole texts.
    session, kinds = asking.session, (kind,) if asking.alike else (kind, ItemKind.TEASER)
    decided, vetoed = _decided(asking, kind)
    query = asking.query(asking.sources[0])
    background = allowed_statements(session, asking.viewer, kinds, of=kind)
    own_teasers = session.scalars(_own_teasers(asking))
    allowed = _without(
        session,
        allowed_statements(session, asking.viewer, kinds, asking.filters, of=kind),
        kinds,
        asking.own | asking.verdicts.vetoed_partners.keys() | _objecting(session),
        [*vetoed, *asking.hidden(*kinds), *((ItemKind.TEASER, one) for one in own_teasers)],
    )
    # What a manager put first is explained as well as everything else, wherever the engine ranks it.
    wanted = {*decided, *((kind, one) for one in asking.also)}
    first = (
        session.execute(
            select(StatementRow.id, StatementRow.kind, StatementRow.item_id).where(
                or_(*((StatementRow.kind == key[0]) & (StatementRow.item_id == key[1]) for key in wanted))
            )
        ).all()
        if wanted
        else []
    )
    first = [row for row in first if row.id in allowed]

    def rank(statements: np.ndarray, limit: int) -> list[Match]:
        found = asking.matcher.rank_items(
            query, allowed=statements, limit=limit, evidence=1, explain=False, background=background
        )
        return [match for match in found if item_key(match.key)[0] in kinds]

    matches = rank(allowed, CUT)
    known = {match.key for match in matches}
    missing = [row.id for row in first if item_number(row.kind, row.item_id) not in known]
    if missing:
        matches += rank(np.array(sorted(missing), dtype=np.int64), len(missing))
    return _answer(asking, kind, matches, frozenset(item_number(row.kind, row.item_id) for row in first))


def _decided(asking: _Asking, kind: ItemKind) -> tuple[dict[Key, Verdict], dict[Key, Verdict]]:
    """What managers put first among things of this kind, and what they ruled out; a teaser stands for its item."""
    if asking.alike:
        # Verdicts are about who answers whom; they say nothing about who is alike.
        return {}, {}
    verdicts = asking.verdicts
    first, vetoed = {
        ItemKind.ORGANISATION: (verdicts.partners, verdicts.vetoed_partners),
        ItemKind.TEST_FIELD: (verdicts.test_fields, verdicts.vetoed_test_fields),
        ItemKind.NEED: (verdicts.wanted, verdicts.vetoed_wanted),
    }[kind]
    teasers: dict[int, int] = {}
    if kind is not ItemKind.ORGANISATION and (first or vetoed):
        item = _item_of(kind)
        rows = asking.session.execute(select(item, Teaser.id).where(item.in_([*first, *vetoed])))
        teasers = {row[0]: row[1] for row in rows}

    def by_key(given: Mapping[int, Verdict]) -> dict[Key, Verdict]:
        keyed = {(kind, one): verdict for one, verdict in given.items()}
        return keyed | {(ItemKind.TEASER, teasers[one]): v for one, v in given.items() if one in teasers}

    return by_key(first), by_key(vetoed)


def _answer(
    asking: _Asking, kind: ItemKind, matches: list[Match], eligible: Collection[int], first_offer: int | None = None
) -> SuggestionList:
    """Put verdicts beside the scores, ask the database again, sort, and explain one page.

    ``eligible`` says which of the things that a manager put first may be shown at all, by the engine's numbers.
    """
    session, viewer = asking.session, asking.viewer
    decided, vetoed = _decided(asking, kind)
    shown_first = {item_number(*key): v for key, v in decided.items() if item_number(*key) in eligible}
    # A pin stands before a proposal; both stand before what only the engine found.
    pins = {key: v.reason for key, v in shown_first.items() if v.kind == VerdictKind.PIN}
    proposals = {key: v.reason for key, v in shown_first.items() if v.kind == VerdictKind.PROPOSAL}
    ordered = apply_verdicts(apply_verdicts(matches, pinned=proposals, vetoed=()), pinned=pins, vetoed=())

    evidence = [one for match in ordered for one in match.evidence]
    texts = load_texts(session, [one.statement for one in evidence])
    keys = {item_key(one.item) for one in evidence if one.statement in texts}
    things = load_things(session, viewer, keys | {item_key(match.key) for match in ordered})
    sound = []
    for match in ordered:
        kept = tuple(one for one in match.evidence if one.statement in texts and item_key(one.item) in things)
        thing = things.get(item_key(match.key))
        if thing is None or not (kept or match.key in shown_first):
            continue
        if asking.only is None or thing.public_id in asking.only:
            sound.append(replace(match, evidence=kept))
    if asking.noted is not None:
        asking.noted.update(
            (key, _features(asking, key, match, things))
            for match in sound
            # What a teaser leaves out would teach that it does not matter.
            if (key := item_key(match.key))[0] is not ItemKind.TEASER
        )
    sound = [
        match
        for place, match in enumerate(sound)
        if place < FEW or match.key in shown_first or max(one.strength for one in match.evidence) >= FAINT
    ]
    if first_offer is None and not asking.alike:
        sound = _as_learned(asking, sound, things, shown_first)
    sound = _shared_fairly(asking, kind, _sorted(asking, sound, things, shown_first), things, shown_first)
    page = sound[asking.offset : asking.offset + asking.limit]
    explainer = _Explainer(asking, things, texts, first_offer, page)
    return SuggestionList(
        items=tuple(explainer.suggestion(match, shown_first.get(match.key)) for match in page),
        total=len(sound),
        hidden=() if asking.alike else _hidden(asking, kind),
        vetoed=_vetoed(asking, vetoed) if asking.as_manager and not asking.alike else (),
        words_only=asking.matcher.encoder is None,
    )


#: What a learned order goes by: the parts of a score, what of the wishes is met, and how near both are.
FEATURES = {"meaning": 1.0, "words": 1.0, "breadth": 1.0, "wishes": 0.0, "nearness": 0.0}


def _features(asking: _Asking, key: Key, match: Match, things: Mapping[Key, Any]) -> dict[str, float]:
    """The named numbers of a match that an order may be learned over; of a teaser only what it says itself."""
    thing = things[key]
    found = {part.name: part.contribution for part in match.parts if part.name in FEATURES}
    items = [things[item_key(one.item)] for one in match.evidence]
    wishes = _wishes_between(asking.sources[0].item, thing, _competence_among(items))
    met = sum((one.standing is Standing.MET) - (one.standing is Standing.UNMET) for one in wishes)
    found["wishes"] = met / len(wishes) if wishes else 0.0
    organisation = _organisation_of(thing)
    found["nearness"] = 1.0 - explaining.proximity(asking.organisation, organisation) / 2 if organisation else 0.0
    return found


def _as_learned(
    asking: _Asking, matches: list[Match], things: Mapping[Key, Any], first: Collection[int]
) -> list[Match]:
    """The matches in the order that the asking organisation's cluster has learned, where it has."""
    weights = weights_in_force(asking.session, asking.organisation)
    if weights is None or not matches:
        return matches
    put_first = [match for match in matches if match.key in first]
    rest = [match for match in matches if match.key not in first]
    # Sorting is stable: what is equal keeps the default order.
    return put_first + sorted(rest, key=lambda m: -score(_features(asking, item_key(m.key), m, things), weights))


def weights_in_force(session: Session, organisation: Organisation | None) -> Mapping[str, float] | None:
    """The weights by which an organisation's suggestions are ordered; None for the default."""
    if organisation is None or not organisation.cluster_ids:
        return None
    return session.scalar(
        select(LearnedOrder.weights)
        .where(LearnedOrder.cluster_id.in_(organisation.cluster_ids), LearnedOrder.adopted, LearnedOrder.wanted)
        .order_by(LearnedOrder.cluster_id)
        .limit(1)
    )


def features_for(
    session: Session, viewer: Viewer, subject: Need | Competence, kind: ItemKind, also: Collection[int]
) -> dict[Key, dict[str, float]]:
    """The features of everything that is ranked for a subject, best first, as if nobody had decided anything.

    ``also`` names things that are ranked wherever the engine would have left them.
    """
    noted: dict[Key, dict[str, float]] = {}
    sources = [_source_of(indexing.KIND_OF[type(subject)], subject)]
    asking = _asking(session, viewer, None, Sort.BEST, 0, 0, sources=sources, also=also, noted=noted)
    asking.organisation = subject.organisation
    _partners(asking) if kind is ItemKind.ORGANISATION else _items(asking, kind)
    return noted


def _competence_among(items: Iterable[Any]) -> Competence | None:
    return next((item for item in items if isinstance(item, Competence)), None)


def _wishes_between(source: Any, thing: Any, competence: Competence | None) -> list[Wish]:
    """What the one side asks for, and what of it the other has; a teaser says neither."""
    if isinstance(thing, Teaser):
        return []
    if isinstance(source, Need):
        if isinstance(thing, TestField):
            return explaining.wishes_of_test_field(source, thing)
        return explaining.wishes_of_partner(source, thing, competence)
    if isinstance(source, Competence) and isinstance(thing, Need):
        return explaining.wishes_of_partner(thing, source.organisation, source)
    return []


def load_texts(session: Session, statements: Collection[int]) -> dict[int, Any]:
    """The statements as they stand in the database now."""
    rows = session.execute(
        select(StatementRow.id, StatementRow.text, StatementRow.language).where(
            StatementRow.id.in_(statements), ~StatementRow.gone
        )
    )
    return {row.id: row for row in rows}


def _sorted(asking: _Asking, matches: list[Match], things: Mapping[Key, Any], first: Collection[int]) -> list[Match]:
    if asking.sort is Sort.BEST:
        return matches

    def newest(match: Match) -> float:
        dates = [_since(things[item_key(one.item)]) for one in match.evidence]
        return -max((day.timestamp() for day in dates if day), default=0.0)

    def nearest(match: Match) -> float:
        organisation = _organisation_of(things[item_key(match.key)])
        return explaining.proximity(asking.organisation, organisation) if organisation else math.inf

    order = newest if asking.sort is Sort.NEWEST else nearest
    # Sorting is stable, so that what is equal keeps the order of the best.
    return sorted(matches, key=lambda match: (match.key not in first, 0.0 if match.key in first else order(match)))


def _shared_fairly(
    asking: _Asking, kind: ItemKind, matches: list[Match], things: Mapping[Key, Any], first: Collection[int]
) -> list[Match]:
    """Who is asked a lot lets a few others of the same band pass; what a manager put first stays first."""
    if asking.sort is not Sort.BEST or kind is ItemKind.NEED:
        return matches

    def owner_of(match: Match) -> int | None:
        organisation = _organisation_of(things[item_key(match.key)])
        return organisation.id if organisation else None

    put_first = [match for match in matches if match.key in first]
    return put_first + exposure.reordered(
        [match for match in matches if match.key not in first],
        owner_of,
        lambda match: match.band,
        exposure.stepping_back(asking.session, asking.organisation),
    )


def _since(item: Any) -> datetime | None:
    """Since when it is there; of a teaser nobody is told."""
    return None if isinstance(item, Teaser) else getattr(item, "published_at", None) or item.created_at


def _organisation_of(thing: Any) -> Organisation | None:
    """Who stands behind a thing; nobody behind a teaser."""
    return None if isinstance(thing, Teaser) else thing.organisation


def _hidden(asking: _Asking, kind: ItemKind) -> tuple[tuple[Feedback, Any], ...]:
    offered = ItemKind.COMPETENCE if kind is ItemKind.ORGANISATION else kind
    kinds = (kind, ItemKind.TEASER)
    answers = {key: answer for key, answer in asking.answers.items() if key[0] in kinds and is_hidden(answer)}
    things = load_things(asking.session, asking.viewer, answers)
    return tuple(
        (answer, thing)
        for key, answer in answers.items()
        if (thing := things.get(key)) is not None and (key[0] == kind or thing.of == offered)
    )


def _vetoed(asking: _Asking, vetoes: Mapping[Key, Verdict]) -> tuple[tuple[Verdict, Any], ...]:
    things = load_things(asking.session, asking.viewer, vetoes)
    return tuple((verdict, things[key]) for key, verdict in vetoes.items() if key in things)


# --- Explaining -----------------------------------------------------------------------------------------------------


class _Explainer:
    """Makes suggestions of matches; what several of them need from the database is read once."""

    def __init__(
        self,
        asking: _Asking,
        things: Mapping[Key, Any],
        texts: Mapping[int, Any],
        first_offer: int | None,
        page: Sequence[Match],
    ) -> None:
        self.asking, self.things, self.texts, self.first_offer = asking, things, texts, first_offer
        competences = {
            item.id for match in page for one in match.evidence if isinstance(item := self._item(one), Competence)
        }
        owners = {item_id for one, item_id in (item_key(match.key) for match in page) if one is ItemKind.ORGANISATION}
        self.backing = _count_backing(asking.session, asking.viewer, competences)
        self.shared = _shared_records(asking, owners)
        self.seeking = _count_needs(asking.session, asking.viewer, owners)

    def _item(self, evidence: Evidence) -> Any:
        return self.things[item_key(evidence.item)]

    def suggestion(self, match: Match, verdict: Verdict | None) -> Suggestion:
        """The match as it is shown."""
        key = item_key(match.key)
        thing = self.things[key]
        shown = self._choose(match)
        pairs = tuple(self._pair(one) for one in shown)
        return Suggestion(
            kind=key[0],
            thing=thing,
            organisation=_organisation_of(thing),
            band=match.band if pairs else None,
            pairs=pairs,
            wishes=tuple(self._wishes(thing, match)),
            why=tuple(self._why(thing, match, pairs)),
            why_yes=tuple(self._why_yes(thing, match)),
            verdict=verdict,
            answer=self.asking.answers.get(key),
            sources=self._sources([thing, *(self._item(one) for one in shown)]),
            raises=self._raises(thing, shown),
        )

    def _raises(self, thing: Any, shown: Sequence[Evidence]) -> tuple[Reason, ...]:
        """What the asking side's own texts leave unsaid that the quoted ones say: both may be read by the viewer."""
        asking = self.asking
        if not asking.raising or thing.public_id != asking.raising:
            return ()
        made: list[Reason] = []
        told: set[int] = set()
        for one in shown:
            place = one.query if self.first_offer is not None else 0
            if place in told:
                # Of each own text, what its nearest counterpart would have it say.
                continue
            told.add(place)
            source = asking.sources[place]
            unsaid = self._unsaid(source, self.texts[one.statement])
            if unsaid is None:
                made.append(Reason(Because.NOT_INDEXED, (source.item,)))
            elif unsaid:
                made.append(Reason(Because.UNSAID, (source.item, unsaid)))
        if self.first_offer is not None:
            directions = {one.query < self.first_offer for one in shown}
            if True not in directions:
                made.append(Reason(Because.SAY_NEED))
            if False not in directions:
                made.append(Reason(Because.SAY_OFFER))
        return tuple(dict.fromkeys(made)) or (Reason(Because.ALL_SAID),)

    def _unsaid(self, source: _Source, row: Any) -> tuple[str, ...] | None:
        """The telling words of the other side's text that an own text has in no form; None where it is in no index."""
        asking = self.asking
        own = asking.session.scalars(
            select(StatementRow.id).where(
                StatementRow.kind == source.kind, StatementRow.item_id == source.item.id, ~StatementRow.gone
            )
        ).all()
        if not own:
            return None
        theirs = asking.catalogue.prepare(asking.matcher, row.text, row.language)
        readable = allowed_statements(asking.session, asking.viewer, [source.kind or ItemKind.NEED])
        missing: dict[str, float] = {}
        for number, statement in enumerate(own):
            found = asking.matcher.missing_terms(theirs, statement, allowed=readable, limit=4 * UNSAID)
            gains = {one.term: one.gain for one in found}
            # A word is unsaid where no part of the text says it.
            missing = gains if not number else {term: gain for term, gain in missing.items() if term in gains}
        words = sorted(missing, key=lambda term: (-missing[term], term))
        return explaining.telling(words, row.language)[:UNSAID]

    def _choose(self, match: Match) -> list[Evidence]:
        """The best statement of each of the nearest items; where both sides gain, of both directions."""
        chosen: dict[int, Evidence] = {}
        for one in match.evidence:
            chosen.setdefault(one.item, one)
        found = list(chosen.values())
        if self.first_offer is not None:
            theirs = [one for one in found if one.query < self.first_offer]
            ours = [one for one in found if one.query >= self.first_offer]
            return [*theirs[:1], *ours[:1], *theirs[1:2], *ours[1:2]]
        return found[:SHOWN]

    def _pair(self, evidence: Evidence) -> Pair:
        asking = self.asking
        source = asking.sources[evidence.query] if self.first_offer is not None else asking.sources[0]
        kind, item = item_key(evidence.item)[0], self._item(evidence)
        row = self.texts[evidence.statement]
        glossary = asking.catalogue.glossary
        terms = explaining.terms_of(source.text, source.language, row.text, row.language, glossary)
        ours = quote(source.kind, source.item, source.text, terms, source.language, glossary=glossary)
        theirs = quote(kind, item, row.text, terms, row.language, glossary=glossary)
        if asking.alike:
            return Pair(seek=ours, offer=theirs, terms=terms, alike=True)
        we_seek = (item.of if kind is ItemKind.TEASER else kind) != ItemKind.NEED
        return Pair(seek=ours, offer=theirs, terms=terms) if we_seek else Pair(theirs, ours, terms, we_seek=False)

    def _competence(self, match: Match) -> Competence | None:
        return _competence_among(self._item(one) for one in match.evidence)

    def _wishes(self, thing: Any, match: Match) -> list[Wish]:
        if self.first_offer is not None or self.asking.alike:
            return []
        return _wishes_between(self.asking.sources[0].item, thing, self._competence(match))

    def _why(self, thing: Any, match: Match, pairs: Sequence[Pair]) -> list[Reason]:
        made: list[Reason] = []
        if self.first_offer is not None and not self.asking.alike:
            if any(pair.we_seek for pair in pairs):
                made.append(Reason(Because.THEY_OFFER))
            if any(not pair.we_seek for pair in pairs):
                made.append(Reason(Because.WE_OFFER))
        elif pairs:
            meaning = next((part.value for part in match.parts if part.name == "meaning"), 0.0)
            terms = explaining.distinct_terms(pairs[:1])
            if meaning >= 2.5:
                made.append(Reason(Because.SIMILAR))
            if terms:
                made.append(Reason(Because.TERMS, terms))
            fitting = {one.item for one in match.evidence if one.strength >= FITTING}
            if len(fitting) > 1:
                made.append(Reason(Because.SEVERAL, (len(fitting),)))
        competence = self._competence(match)
        if competence is not None and self.backing.get(competence.id):
            made.append(Reason(Because.BACKED, (self.backing[competence.id],)))
        if isinstance(thing, TestField) and thing.response_days:
            made.append(Reason(Because.RESPONSE, (thing.response_days,)))
        organisation = _organisation_of(thing)
        if organisation is None:
            return made
        made += [Reason(Because.TOGETHER, (record,)) for record in self.shared.get(organisation.id, ())[:1]]
        return made + explaining.region_reason(self.asking.organisation, organisation)

    def _why_yes(self, thing: Any, match: Match) -> list[Reason]:
        made: list[Reason] = []
        if self.asking.alike:
            return made
        competence, asker = self._competence(match), self.asking.organisation
        if competence is not None and asker is not None and str(asker.type) in competence.partners_sought:
            made.append(Reason(Because.SEEK_OUR_TYPE, (asker.type,)))
        need = self.asking.sources[0].item
        if competence is not None and competence.cooperation and not (isinstance(need, Need) and need.cooperation):
            made.append(Reason(Because.COOPERATION, tuple(competence.cooperation)))
        if isinstance(thing, TestField) and thing.access_steps:
            made.append(Reason(Because.ACCESS, (len(thing.access_steps),)))
        if isinstance(thing, TestField) and thing.capacity:
            made.append(Reason(Because.CAPACITY, (thing.capacity,)))
        organisation = _organisation_of(thing)
        if self.first_offer is None and organisation is not None and self.seeking.get(organisation.id):
            made.append(Reason(Because.OPEN_NEEDS, (self.seeking[organisation.id],)))
        return made

    def _sources(self, items: Iterable[Any]) -> tuple[tuple[str, str, str], ...]:
        found = {}
        for item in items:
            if not isinstance(item, Teaser) and item.source:
                found.setdefault((item.source, item.licence), getattr(item, "url", "") or "")
        return tuple((source, licence, url) for (source, licence), url in found.items())


def _count_backing(session: Session, viewer: Viewer, competences: Collection[int]) -> dict[int, int]:
    """How many records that the viewer may read back each competence."""
    if not competences:
        return {}
    rows = session.execute(
        select(competence_evidence.c.competence_id, func.count())
        .join(EvidenceItem, EvidenceItem.id == competence_evidence.c.evidence_id)
        .where(competence_evidence.c.competence_id.in_(competences), findable(EvidenceItem, viewer))
        .group_by(competence_evidence.c.competence_id)
    )
    return dict(rows.all())


def _shared_records(asking: _Asking, owners: Collection[int]) -> dict[int, list[EvidenceItem]]:
    """Records that the asking organisation and another stand behind together, the newest first."""
    if not owners or asking.organisation is None:
        return {}
    ours, theirs = evidence_organisation.alias(), evidence_organisation.alias()
    rows = asking.session.execute(
        select(theirs.c.organisation_id, EvidenceItem)
        .join(EvidenceItem, EvidenceItem.id == theirs.c.evidence_id)
        .join(ours, ours.c.evidence_id == theirs.c.evidence_id)
        .where(
            ours.c.organisation_id == asking.organisation.id,
            theirs.c.organisation_id.in_(owners),
            findable(EvidenceItem, asking.viewer),
        )
        .order_by(EvidenceItem.year.desc(), EvidenceItem.id)
    )
    found: dict[int, list[EvidenceItem]] = {}
    for owner, record in rows:
        found.setdefault(owner, []).append(record)
    return found


def _count_needs(session: Session, viewer: Viewer, owners: Collection[int]) -> dict[int, int]:
    """How many open needs of each organisation the viewer may read."""
    if not owners:
        return {}
    rows = session.execute(
        select(Need.organisation_id, func.count())
        .where(Need.organisation_id.in_(owners), findable(Need, viewer))
        .group_by(Need.organisation_id)
    )
    return dict(rows.all())


# --- Members' answers -------------------------------------------------------------------------------------------------


def subject_kind(subject: Any) -> ItemKind:
    """The kind of what is asked with."""
    return indexing.KIND_OF[type(subject)]


def is_hidden(answer: Feedback, day: date | None = None) -> bool:
    """Whether an answer keeps its suggestion out of the list: for good, or until a day."""
    if answer.answer == Answer.NEVER:
        return True
    return answer.answer == Answer.NOT_NOW and (answer.until is None or answer.until > (day or today()))


def answers_to(session: Session, subject: Any) -> dict[Key, Feedback]:
    """What the subject's organisation answered to its suggestions."""
    rows = session.scalars(
        select(Feedback)
        .where(
            Feedback.organisation_id == subject.organisation_id,
            Feedback.subject_kind == subject_kind(subject),
            Feedback.subject_id == subject.id,
        )
        .order_by(Feedback.created_at.desc(), Feedback.id.desc())
    )
    return {(answer.object_kind, answer.object_id): answer for answer in rows}


def saved(session: Session, viewer: Viewer, subject: Any) -> list[tuple[Feedback, Any]]:
    """The suggestions that were kept for later, with what they suggest; what may not be read any more is left out."""
    answers = [answer for answer in answers_to(session, subject).values() if answer.answer == Answer.SAVED]
    things = load_things(session, viewer, [(answer.object_kind, answer.object_id) for answer in answers])
    return [(answer, things[key]) for answer in answers if (key := (answer.object_kind, answer.object_id)) in things]


# --- Searching ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hit:
    """One item that a search found."""

    kind: ItemKind
    item: Any
    #: None behind a teaser.
    organisation: Organisation | None
    #: None where only its title holds what was searched for.
    band: Band | None
    quote: Quote


@dataclass(frozen=True)
class SearchAnswer:
    """One page of hits, and how many there are."""

    hits: tuple[Hit, ...]
    total: int
    #: How many of each kind there are, whichever kinds are shown.
    counts: Mapping[ItemKind, int]
    #: Whether there are more than were counted.
    more: bool = False
    words_only: bool = False


def search(
    session: Session,
    viewer: Viewer,
    text: str,
    kinds: Collection[ItemKind] | None = None,
    filters: Filters | None = None,
    limit: int = 20,
    offset: int = 0,
) -> SearchAnswer:
    """Organisations, competences, needs, test fields and evidence that the viewer may find, by words and by meaning."""
    catalogue = current_catalogue()
    matcher = catalogue.matcher()
    filters = filters or NO_FILTERS
    text = " ".join(text.split())
    if not text:
        return SearchAnswer((), 0, {}, words_only=matcher.encoder is None)
    query = catalogue.prepare(matcher, text)

    def find(wanted: Collection[ItemKind]) -> list[tuple[Key, Match | None]]:
        allowed = allowed_statements(session, viewer, wanted, filters)
        ranked = {
            item_key(m.key): m
            for m in matcher.rank_items(query, allowed=allowed, limit=FOUND, evidence=1, explain=False)
        }
        titled = _titled(session, viewer, text, wanted, filters)
        # Who types a title or a name looks for that very thing.
        first = [key for key in ranked if key in titled] + sorted(titled - ranked.keys())
        return [(key, ranked.get(key)) for key in [*first, *(key for key in ranked if key not in titled)]]

    everything = find(tuple(ItemKind))
    counts = Counter(key[0] for key, _ in everything)
    found = everything if kinds is None else find(tuple(kinds))
    page = found[max(offset, 0) : max(offset, 0) + limit]
    things = load_things(session, viewer, [key for key, _ in page])
    texts = load_texts(session, [match.evidence[0].statement for _, match in page if match])
    hits = []
    for key, match in page:
        item = things.get(key)
        if item is None:
            continue
        best = match.evidence[0] if match and match.evidence[0].statement in texts else None
        shown = texts[best.statement].text if best else text_of(key[0], item)
        language = texts[best.statement].language if best else item.language
        glossary = catalogue.glossary
        terms = explaining.terms_of(text, query.language, shown, language, glossary) or tuple(text.split())
        hits.append(
            Hit(
                kind=key[0],
                item=item,
                organisation=_organisation_of(item),
                band=match.band if match else None,
                quote=quote(key[0], item, shown, terms, language, limit=240, glossary=glossary),
            )
        )
    return SearchAnswer(
        hits=tuple(hits),
        total=len(found),
        counts={kind: counts[kind] for kind in ItemKind},
        more=len(everything) >= FOUND,
        words_only=matcher.encoder is None,
    )


def _titled(session: Session, viewer: Viewer, text: str, kinds: Collection[ItemKind], filters: Filters) -> set[Key]:
    """The items whose title or name holds the very words, in this order; own confidential ones that hold each word."""
    if len(text) < 2:
        return set()
    found: set[Key] = set()
    for kind in kinds:
        conditions = _findable_conditions(kind, viewer, filters)
        if conditions is None or kind is ItemKind.TEASER:
            continue
        model = MODELS[kind]
        if kind is ItemKind.ORGANISATION:
            named = model.name_key.contains(comparison_key(text), autoescape=True)
        else:
            named = or_(
                model.title.icontains(text, autoescape=True),
                # SQLite folds the case of ASCII letters only.
                model.title.contains(text, autoescape=True),
                _own_and_confidential(model, viewer, text),
            )
        query = select(model.id)
        if kind is not ItemKind.ORGANISATION:
            query = query.join(Organisation, Organisation.id == model.organisation_id)
        found |= {(kind, one) for one in session.scalars(query.where(named, *conditions).limit(FOUND))}
    return found


def _own_and_confidential(model: Any, viewer: Viewer, text: str) -> ColumnElement[bool]:
    """The own organisation's confidential texts that hold every word: they stand in no index, so SQL reads them."""
    said = [
        or_(model.title.icontains(word, autoescape=True), model.description.icontains(word, autoescape=True))
        for word in text.split()[:12]
    ]
    return and_(model.organisation_id.in_(viewer.organisation_ids), model.visibility.in_(CONFIDENTIAL), *said)


# --- Choices for the filters ------------------------------------------------------------------------------------------


def places(session: Session) -> tuple[list[str], list[str]]:
    """The countries and the regions that organisations are in."""

    def ask() -> tuple[list[str], list[str]]:
        def column(column: Any) -> list[str]:
            return sorted(value for value in session.scalars(select(column).distinct()) if value)

        return column(Organisation.country), column(Organisation.region)

    return current_catalogue().keep(("places", indexing.clock(session)), ask)
