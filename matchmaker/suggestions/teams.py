"""The smallest plausible team for a need of several parts: who covers which part, by which text, what stays open."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import select
from sqlalchemy.orm import Session

from embeddings import Band
from embeddings.ranking import band_of
from embeddings.teams import Member, Pair, plan_team, split_parts
from matchmaker.clusters.models import Organisation
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.curation.queries import standing
from matchmaker.items.queries import findable
from matchmaker.needs.models import Need
from matchmaker.permissions import Viewer
from matchmaker.profiles.models import Evidence, evidence_organisation
from matchmaker.suggestions import explaining
from matchmaker.suggestions.allowed import load_texts, load_things
from matchmaker.suggestions.catalogue import current_catalogue, item_key
from matchmaker.suggestions.explaining import Quote, quote
from matchmaker.suggestions.queries import partners_by_part

#: Parts that a need may have, letters of one, and members that a team may have.
PARTS, LONGEST_PART, SMALLEST, LARGEST = 8, 300, 2, 6
#: Organisations that are combined: those that cover most.
COMBINED = 120
#: How long the search for a still better team may go on, in candidates looked at.
EFFORT = 60_000


@dataclass(frozen=True)
class Wishes:
    """What the team should be like."""

    parts: tuple[str, ...]
    size: int = 4
    #: At least one small or medium-sized enterprise.
    sme: bool = False
    #: At least one member of each of these sectors.
    sectors: tuple[str, ...] = ()
    #: Organisations that are left out, by id.
    without: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Covered:
    """A part that a member stands for, and the text that shows it."""

    part: int
    text: str
    band: Band
    #: Whether nobody else of the team covers it better.
    leads: bool
    quote: Quote


@dataclass(frozen=True)
class Seat:
    """A member of the team."""

    organisation: Organisation
    covers: tuple[Covered, ...]


@dataclass(frozen=True)
class Plan:
    """A team, and what it leaves open."""

    seats: tuple[Seat, ...]
    #: Parts that stay open, with whether nobody at all covers them.
    gaps: tuple[tuple[str, bool], ...]
    missing_sectors: tuple[str, ...] = ()
    missing_sme: bool = False


def parts_of(need: Need) -> tuple[str, ...]:
    """The things a need asks for, as far as its text tells them apart."""
    text = "\n".join(part for part in (need.description, need.expected_result) if part)
    return tuple(part[:LONGEST_PART] for part in split_parts(text, at_most=PARTS)) if text else (need.title,)


def plan(session: Session, viewer: Viewer, need: Need, wishes: Wishes) -> Plan:
    """The best team among those whose texts this viewer may read."""
    if not wishes.parts:
        return Plan((), ())
    candidates = partners_by_part(session, viewer, need, wishes.parts, without=wishes.without)
    candidates = sorted(candidates, key=lambda one: (-sum(one.coverage), one.owner))[:COMBINED]
    owners = {one.owner: one for one in candidates}
    organisations = {one.id: one for one in session.scalars(select(Organisation).where(Organisation.id.in_(owners)))}
    team = plan_team(
        wishes.parts,
        candidates,
        at_most=max(wishes.size, len(set(wishes.sectors)), 1),
        required_sectors=wishes.sectors,
        at_least_one_sme=wishes.sme,
        conflicts=_kept_apart(session, need, owners),
        distances={
            frozenset((one, other)): explaining.proximity(organisations[one], organisations[other]) / 2
            for one, other in combinations(sorted(organisations), 2)
        },
        collaboration=dict.fromkeys(_known_to_each_other(session, viewer, owners), 1.0),
        effort=EFFORT,
    )
    seats = _seats(session, viewer, need, wishes.parts, team.members, organisations)
    return Plan(
        seats=seats,
        gaps=tuple((gap.text, gap.nobody) for gap in team.gaps),
        missing_sectors=team.missing_sectors,
        missing_sme=team.missing_sme,
    )


def _seats(
    session: Session,
    viewer: Viewer,
    need: Need,
    parts: Sequence[str],
    members: Sequence[Member],
    organisations: dict[int, Organisation],
) -> tuple[Seat, ...]:
    shown = [cover.evidence for member in members for cover in member.covers if cover.evidence]
    texts = load_texts(session, [one.statement for one in shown])
    things = load_things(session, viewer, {item_key(one.item) for one in shown if one.statement in texts})
    glossary = current_catalogue().glossary
    seats = []
    for member in members:
        covered = []
        for cover in member.covers:
            one = cover.evidence
            key = item_key(one.item) if one else None
            if one is None or one.statement not in texts or key not in things:
                # Withdrawn since the index was asked: what can't be shown is no reason.
                continue
            row, part = texts[one.statement], parts[cover.part]
            terms = explaining.terms_of(part, need.language, row.text, row.language, glossary)
            covered.append(
                Covered(
                    part=cover.part,
                    text=part,
                    band=band_of(cover.coverage),
                    leads=cover.leads,
                    quote=quote(key[0], things[key], row.text, terms, row.language, limit=240, glossary=glossary),
                )
            )
        if covered:
            seats.append(Seat(organisations[member.owner], tuple(covered)))
    return tuple(seats)


def _kept_apart(session: Session, need: Need, owners: Collection[int]) -> set[Pair]:
    """Organisations that a manager of the need's clusters does not want to see together."""
    rows = session.execute(
        select(Verdict.organisation_id, Verdict.partner_id).where(
            standing(),
            Verdict.kind == VerdictKind.VETO,
            Verdict.cluster_id.in_(need.organisation.cluster_ids),
            Verdict.organisation_id.in_(owners),
            Verdict.partner_id.in_(owners),
        )
    )
    return {frozenset(pair) for pair in rows}


def _known_to_each_other(session: Session, viewer: Viewer, owners: Collection[int]) -> set[Pair]:
    """Organisations that stand behind one record that the viewer may read."""
    one, other = evidence_organisation.alias(), evidence_organisation.alias()
    rows = session.execute(
        select(one.c.organisation_id, other.c.organisation_id)
        .join(other, (other.c.evidence_id == one.c.evidence_id) & (other.c.organisation_id > one.c.organisation_id))
        .join(Evidence, Evidence.id == one.c.evidence_id)
        .where(one.c.organisation_id.in_(owners), other.c.organisation_id.in_(owners), findable(Evidence, viewer))
        .distinct()
    )
    return {frozenset(pair) for pair in rows}
