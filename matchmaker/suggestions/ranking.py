"""From a question to the answers as they are shown: who is eligible, ranks, verdicts, fairness, one page explained."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from embeddings import Match, apply_verdicts
from embeddings.feedback import score
from matchmaker.clusters.models import Organisation
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.items.models import Teaser
from matchmaker.items.queries import findable
from matchmaker.profiles.models import Competence, Profile
from matchmaker.suggestions import explaining, exposure
from matchmaker.suggestions.allowed import (
    PARTNER_KINDS,
    allowed_statements,
    findable_keys,
    leave_out,
    load_texts,
    load_things,
    organisations_within,
    partner_statements,
    teaser_column,
)
from matchmaker.suggestions.asking import Asking, Sort, SuggestionList, organisation_of, since
from matchmaker.suggestions.catalogue import item_key, item_number
from matchmaker.suggestions.explaining import Standing
from matchmaker.suggestions.feedback import is_hidden
from matchmaker.suggestions.indexing import Key
from matchmaker.suggestions.models import Feedback, ItemKind, LearnedOrder, Objection, StatementRow
from matchmaker.suggestions.reasons import LOOKED_AT, Explainer, competence_among, wishes_between

#: Suggestions that are ranked; who is not among them is not shown, however far one pages.
CUT = 100
#: Below this chance of relevance a suggestion is shown only where there are few.
FAINT, FEW = 0.05, 10
#: What a learned order goes by: the parts of a score, what of the wishes is met, and how near both are.
FEATURES = {"meaning": 1.0, "words": 1.0, "breadth": 1.0, "wishes": 0.0, "nearness": 0.0}


def partners_for(asking: Asking) -> SuggestionList:
    """Who could answer the one text that is asked with, by the statements that stand nearest to it.

    These are organisations, and competences in confidence, each apart from all else that its organisation says.
    """
    query = asking.query(asking.sources[0])
    # Against everything the viewer may read it is told what is unusual, so that no filter changes a band.
    background = partner_statements(asking.session, asking.viewer)
    allowed = partner_statements(asking.session, asking.viewer, asking.filters)
    ruled_out = [(ItemKind.COMPETENCE, one) for one in asking.verdicts.vetoed_competences]
    ruled_out += of_objecting_people(asking.session)
    allowed = leave_out(asking.session, allowed, PARTNER_KINDS, (), ruled_out)
    eligible = eligible_partners(asking) | _eligible_teasers(asking)

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
    return answered(asking, ItemKind.ORGANISATION, matches, eligible)


def items_for(asking: Asking, kind: ItemKind) -> SuggestionList:
    """Test fields or needs, each by its own statements; those that are confidential by their teasers."""
    # Look-alikes are told from whole texts.
    session, kinds = asking.session, (kind,) if asking.alike else (kind, ItemKind.TEASER)
    decided, vetoed = _decided(asking, kind)
    query = asking.query(asking.sources[0])
    background = allowed_statements(session, asking.viewer, kinds, of=kind)
    own_teasers = session.scalars(_own_teasers(asking))
    allowed = leave_out(
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
    return answered(asking, kind, matches, frozenset(item_number(row.kind, row.item_id) for row in first))


def _objecting(session: Session) -> frozenset[int]:
    """The organisations that do not want to be suggested to others."""
    return frozenset(session.scalars(select(Objection.organisation_id).where(Objection.organisation_id.is_not(None))))


def of_objecting_people(session: Session) -> list[Key]:
    """The competences of people who do not want to be suggested to others."""
    theirs = select(Competence.id).join(Profile).join(Objection, Objection.user_id == Profile.user_id)
    return [(ItemKind.COMPETENCE, one) for one in session.scalars(theirs)]


def eligible_partners(asking: Asking) -> frozenset[int]:
    """The engine's numbers of the organisations that may be suggested."""
    left_out = asking.own | asking.verdicts.vetoed_partners.keys() | _objecting(asking.session)
    keys = asking.hidden(ItemKind.ORGANISATION) | {(ItemKind.ORGANISATION, one) for one in left_out}
    return organisations_within(asking.session, asking.filters) - {item_number(*key) for key in keys}


def _eligible_teasers(asking: Asking) -> frozenset[int]:
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


def _own_teasers(asking: Asking) -> Select[tuple[int]]:
    """The teasers that a member does not need to be shown.

    For whoever asks in another's name those of the other would be missing from the list, which would tell whose they
    are; so the asking organisation plays no part.
    """
    return select(Teaser.id).where(Teaser.organisation_id.in_(asking.viewer.organisation_ids))


def _decided(asking: Asking, kind: ItemKind) -> tuple[dict[Key, Verdict], dict[Key, Verdict]]:
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
        item = teaser_column(kind)
        rows = asking.session.execute(select(item, Teaser.id).where(item.in_([*first, *vetoed])))
        teasers = {row[0]: row[1] for row in rows}

    def by_key(given: Mapping[int, Verdict]) -> dict[Key, Verdict]:
        keyed = {(kind, one): verdict for one, verdict in given.items()}
        return keyed | {(ItemKind.TEASER, teasers[one]): v for one, v in given.items() if one in teasers}

    return by_key(first), by_key(vetoed)


def answered(
    asking: Asking, kind: ItemKind, matches: list[Match], eligible: Collection[int], first_offer: int | None = None
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
    keys = {item_key(one.item) for one in evidence if one.statement in texts} | {item_key(m.key) for m in ordered}
    weights = None if first_offer is not None or asking.alike else weights_in_force(session, asking.organisation)
    # Of the hundreds of things behind a list few are shown; where no order is made of them, only these are read.
    orders = kind is not ItemKind.ORGANISATION or asking.sort is not Sort.BEST or weights is not None
    whole = asking.only is not None or asking.noted is not None or (orders and asking.limit > 0)
    things = load_things(session, viewer, keys) if whole else {}
    there = things.keys() if whole else findable_keys(session, viewer, keys)
    sound = []
    for match in ordered:
        key = item_key(match.key)
        kept = tuple(one for one in match.evidence if one.statement in texts and item_key(one.item) in there)
        if key not in there or not (kept or match.key in shown_first):
            continue
        if asking.only is None or things[key].public_id in asking.only:
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
    if not asking.limit:
        # Who only asks how many there are needs no order.
        return SuggestionList((), len(sound), words_only=asking.matcher.encoder is None)
    if weights is not None:
        sound = _as_learned(asking, sound, things, shown_first, weights)
    sound = _shared_fairly(asking, kind, _sorted(asking, sound, things, shown_first), things, shown_first)
    page = sound[asking.offset : asking.offset + asking.limit]
    if not whole:
        shown = [{item_key(match.key), *(item_key(one.item) for one in match.evidence)} for match in page]
        things = load_things(session, viewer, set().union(*shown))
        # What somebody took away between the two questions is not shown.
        page = [match for match, keys in zip(page, shown, strict=True) if keys <= things.keys()]
    explainer = Explainer(asking, things, texts, first_offer, page)
    return SuggestionList(
        items=tuple(explainer.suggestion(match, shown_first.get(match.key)) for match in page),
        total=len(sound),
        hidden=() if asking.alike else _hidden(asking, kind),
        vetoed=_vetoed(asking, vetoed) if asking.as_manager and not asking.alike else (),
        words_only=asking.matcher.encoder is None,
    )


def _features(asking: Asking, key: Key, match: Match, things: Mapping[Key, Any]) -> dict[str, float]:
    """The named numbers of a match that an order may be learned over; of a teaser only what it says itself."""
    thing = things[key]
    found = {part.name: part.contribution for part in match.parts if part.name in FEATURES}
    items = [things[item_key(one.item)] for one in match.evidence]
    wishes = wishes_between(asking.sources[0].item, thing, competence_among(items))
    met = sum((one.standing is Standing.MET) - (one.standing is Standing.UNMET) for one in wishes)
    found["wishes"] = met / len(wishes) if wishes else 0.0
    organisation = organisation_of(thing)
    found["nearness"] = 1.0 - explaining.proximity(asking.organisation, organisation) / 2 if organisation else 0.0
    return found


def _as_learned(
    asking: Asking,
    matches: list[Match],
    things: Mapping[Key, Any],
    first: Collection[int],
    weights: Mapping[str, float],
) -> list[Match]:
    """The matches in the order that the asking organisation's cluster has learned."""
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


def _sorted(asking: Asking, matches: list[Match], things: Mapping[Key, Any], first: Collection[int]) -> list[Match]:
    if asking.sort is Sort.BEST:
        return matches

    def newest(match: Match) -> float:
        dates = [since(things[item_key(one.item)]) for one in match.evidence]
        return -max((day.timestamp() for day in dates if day), default=0.0)

    def nearest(match: Match) -> float:
        organisation = organisation_of(things[item_key(match.key)])
        return explaining.proximity(asking.organisation, organisation) if organisation else math.inf

    order = newest if asking.sort is Sort.NEWEST else nearest
    # Sorting is stable, so that what is equal keeps the order of the best.
    return sorted(matches, key=lambda match: (match.key not in first, 0.0 if match.key in first else order(match)))


def _shared_fairly(
    asking: Asking, kind: ItemKind, matches: list[Match], things: Mapping[Key, Any], first: Collection[int]
) -> list[Match]:
    """Who is asked a lot lets a few others of the same band pass; what a manager put first stays first."""
    if asking.sort is not Sort.BEST or kind is ItemKind.NEED:
        return matches

    def owner_of(match: Match) -> int | None:
        key = item_key(match.key)
        if key[0] is ItemKind.TEASER:
            # Behind a teaser stands nobody.
            return None
        return key[1] if key[0] is ItemKind.ORGANISATION else int(things[key].organisation_id)

    put_first = [match for match in matches if match.key in first]
    return put_first + exposure.reordered(
        [match for match in matches if match.key not in first],
        owner_of,
        lambda match: match.band,
        exposure.stepping_back(asking.session, asking.organisation),
    )


def _hidden(asking: Asking, kind: ItemKind) -> tuple[tuple[Feedback, Any], ...]:
    offered = ItemKind.COMPETENCE if kind is ItemKind.ORGANISATION else kind
    kinds = (kind, ItemKind.TEASER)
    answers = {key: answer for key, answer in asking.answers.items() if key[0] in kinds and is_hidden(answer)}
    things = load_things(asking.session, asking.viewer, answers)
    return tuple(
        (answer, thing)
        for key, answer in answers.items()
        if (thing := things.get(key)) is not None and (key[0] == kind or thing.of == offered)
    )


def _vetoed(asking: Asking, vetoes: Mapping[Key, Verdict]) -> tuple[tuple[Verdict, Any], ...]:
    things = load_things(asking.session, asking.viewer, vetoes)
    return tuple((verdict, things[key]) for key, verdict in vetoes.items() if key in things)
