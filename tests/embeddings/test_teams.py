"""A team covers the parts of a need with few owners, keeps its requirements and names what it leaves open."""

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings import HashingEncoder, Matcher, Statement
from embeddings.teams import STAND_IN, Candidate, Costs, _Problem, candidates_for, plan_team, split_parts

FREE = Costs(size=0.0, distance=0.0, strangers=0.0, conflict=0.0)
PARTS = ("GMP manufacturing", "a phase I trial", "biostatistics")


def candidate(owner: int, *coverage: float, sector: str = "academia", sme: bool = False) -> Candidate:
    return Candidate(owner, coverage, sector, sme)


def worth(
    team: Sequence[Candidate],
    costs: Costs,
    conflicts: Sequence[frozenset[int]] = (),
    distances: Mapping[frozenset[int], float] | None = None,
    collaboration: Mapping[frozenset[int], float] | None = None,
) -> float:
    """The objective, written down once more from its description."""
    total = -costs.size * len(team)
    for coverings in zip(*(c.coverage for c in team), strict=True):
        best, second = sorted([*coverings, 0.0, 0.0], reverse=True)[:2]
        total += best + STAND_IN * second
    for one, other in itertools.combinations(team, 2):
        pair = frozenset({one.owner, other.owner})
        total -= costs.distance * (distances or {}).get(pair, 0.0)
        total -= costs.conflict * (pair in conflicts)
        if collaboration is not None:
            total -= costs.strangers * (1.0 - collaboration.get(pair, 0.0))
    return total


def keeps(team: Sequence[Candidate], sectors: Sequence[str], sme: bool) -> bool:
    return set(sectors) <= {c.sector for c in team} and (not sme or any(c.sme for c in team))


# --- What a team is ---------------------------------------------------------------------------------------


def test_three_specialists_cover_three_parts_and_each_stands_for_its_own() -> None:
    team = plan_team(PARTS, [candidate(1, 0.9, 0, 0), candidate(2, 0, 0.8, 0), candidate(3, 0, 0, 0.7)])
    assert team.owners == (1, 2, 3)
    assert [[c.part for c in m.covers] for m in team.members] == [[0], [1], [2]]
    assert team.gaps == ()
    assert team.coverage == (0.9, 0.8, 0.7)


def test_one_owner_that_covers_everything_is_a_team() -> None:
    team = plan_team(PARTS, [candidate(1, 0.9, 0.9, 0), candidate(2, 0, 0, 0.9), candidate(3, 0.9, 0.8, 0.85)])
    assert team.owners == (3,)


def test_a_part_that_nobody_covers_is_named() -> None:
    team = plan_team(PARTS, [candidate(1, 0.9, 0, 0.1), candidate(2, 0, 0.8, 0)])
    assert [(g.text, g.nobody) for g in team.gaps] == [("biostatistics", True)]


def test_a_part_left_open_for_want_of_seats_is_told_apart() -> None:
    team = plan_team(PARTS, [candidate(1, 0.9, 0, 0), candidate(2, 0, 0.8, 0), candidate(3, 0, 0, 0.7)], at_most=2)
    assert team.owners == (1, 2)
    assert [(g.text, g.nobody) for g in team.gaps] == [("biostatistics", False)]


def test_without_candidates_every_part_is_a_gap() -> None:
    team = plan_team(PARTS, [], required_sectors=["industry"], at_least_one_sme=True)
    assert team.members == ()
    assert [g.part for g in team.gaps] == [0, 1, 2]
    assert team.missing_sectors == ("industry",)
    assert team.missing_sme
    assert team.score == 0.0


def test_of_two_that_complete_a_team_the_better_stand_in_joins() -> None:
    people = [candidate(1, 0.9, 0, 0), candidate(2, 0, 0.8, 0), candidate(3, 0.7, 0.8, 0)]
    assert plan_team(PARTS, people).owners == (1, 3)


def test_many_weak_coverings_do_not_make_a_strong_one() -> None:
    crowd = [candidate(n, 0.3) for n in range(1, 9)]
    assert plan_team(["GMP"], [*crowd, candidate(9, 0.8)]).owners == (9,)
    assert len(plan_team(["GMP"], crowd).members) == 1


# --- Requirements -----------------------------------------------------------------------------------------


def test_an_sme_joins_even_where_a_larger_owner_covers_more() -> None:
    large, small = candidate(1, 0.9, 0.9, 0.9), candidate(2, 0.4, 0, 0, sme=True)
    team = plan_team(PARTS, [large, small], at_least_one_sme=True)
    assert team.owners == (1, 2)
    assert team.members[1].adds < 0
    assert plan_team(PARTS, [large, small]).owners == (1,)


def test_seats_are_kept_for_the_required_sectors() -> None:
    strong = [candidate(n, *(1.0 if p == n - 1 else 0.0 for p in range(3))) for n in (1, 2, 3)]
    care = candidate(4, 0.1, 0, 0, sector="care")
    team = plan_team(PARTS, [*strong, care], at_most=3, required_sectors=["academia", "care"])
    assert 4 in team.owners
    assert len(team.members) == 3


def test_one_sme_of_an_asked_sector_fills_both_seats() -> None:
    people = [candidate(1, 0.9, 0, 0, sector="industry"), candidate(2, 0.5, 0, 0, sector="industry", sme=True)]
    team = plan_team(PARTS, people, at_most=1, required_sectors=["industry"], at_least_one_sme=True)
    assert team.owners == (2,)
    assert not team.missing_sme


def test_an_sme_that_covers_nothing_does_not_fill_the_seat() -> None:
    team = plan_team(PARTS, [candidate(1, 0.9, 0, 0), candidate(2, 0, 0, 0, sme=True)], at_least_one_sme=True)
    assert team.owners == (1,)
    assert team.missing_sme


def test_more_asked_sectors_than_seats_are_refused() -> None:
    with pytest.raises(ValueError, match="expected room for at least 2 members, got 1"):
        plan_team(PARTS, [], at_most=1, required_sectors=["care", "industry"])


# --- Costs ------------------------------------------------------------------------------------------------


def test_owners_in_conflict_are_not_put_together_while_another_can_stand_in() -> None:
    people = [candidate(1, 0.9, 0, 0), candidate(2, 0, 0.9, 0), candidate(3, 0, 0.6, 0)]
    assert plan_team(PARTS, people).owners == (1, 2)
    assert plan_team(PARTS, people, conflicts=[frozenset({1, 2})]).owners == (1, 3)


def test_a_conflict_that_is_accepted_is_named() -> None:
    people = [candidate(1, 0.9, 0, 0), candidate(2, 0, 0.9, 0)]
    team = plan_team(PARTS, people, conflicts=[frozenset({1, 2})], costs=Costs(conflict=0.1))
    assert team.conflicts == ((1, 2),)


def test_the_nearer_of_two_equal_owners_joins() -> None:
    people = [candidate(1, 0.9, 0, 0), candidate(2, 0, 0.8, 0), candidate(3, 0, 0.8, 0)]
    far = {frozenset({1, 2}): 0.9, frozenset({1, 3}): 0.2}
    assert plan_team(PARTS, people, distances=far).owners == (1, 3)


def test_of_two_equal_owners_the_earlier_partner_joins() -> None:
    people = [candidate(1, 0.9, 0, 0), candidate(2, 0, 0.8, 0), candidate(3, 0, 0.8, 0)]
    assert plan_team(PARTS, people, collaboration={frozenset({1, 3}): 1.0}).owners == (1, 3)


def test_of_equal_owners_the_smaller_id_joins() -> None:
    people = [candidate(n, 0.8, 0.4, 0.6) for n in (7, 3, 5)]
    assert plan_team(PARTS, people).owners == (3,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"parts": ()}, "expected at least one part, got none"),
        ({"candidates": [candidate(1, 0.5)]}, "expected 3 coverages of owner 1, got 1"),
        ({"candidates": [candidate(1, 0.5, 0, math.nan)]}, "expected coverages of 0 to 1 of owner 1"),
        ({"candidates": [candidate(1, 0, 0, 1)] * 2}, "expected each owner once, got 1 twice"),
        ({"at_most": 0}, "expected room for at least 1 members, got 0"),
        ({"distances": {frozenset({1, 2}): 7.0}}, "expected distances of 0 to 1, got 7.0"),
        ({"costs": Costs(conflict=math.inf)}, "expected a finite cost of conflict"),
    ],
)
def test_what_cannot_be_planned_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plan_team(**({"parts": PARTS, "candidates": []} | arguments))


# --- Against the exact answer -----------------------------------------------------------------------------

values = st.one_of(st.just(0.0), st.floats(0.0, 1.0).map(lambda v: round(v, 2)))


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    """A few candidates, some of them in conflict, near, or known to each other."""
    count, parts = draw(st.integers(1, 8)), draw(st.integers(1, 4))
    people = [
        candidate(
            owner,
            *draw(st.lists(values, min_size=parts, max_size=parts)),
            sector=draw(st.sampled_from(["academia", "industry", "care"])),
            sme=draw(st.booleans()),
        )
        for owner in range(1, count + 1)
    ]
    pairs = st.sets(st.integers(1, count), min_size=2, max_size=2).map(frozenset) if count > 1 else st.nothing()
    sectors = draw(st.lists(st.sampled_from(["academia", "industry", "care"]), unique=True, max_size=2))
    return {
        "parts": [f"part {n}" for n in range(parts)],
        "candidates": people,
        "at_most": draw(st.integers(max(1, len(sectors)), 4)),
        "required_sectors": sectors,
        "at_least_one_sme": draw(st.booleans()),
        "conflicts": draw(st.lists(pairs, max_size=3)) if count > 1 else [],
        "distances": draw(st.dictionaries(pairs, st.floats(0, 1), max_size=5)) if count > 1 else {},
        "collaboration": draw(st.none() | st.dictionaries(pairs, st.floats(0, 1), max_size=5)) if count > 1 else None,
    }


def every_team(people: Sequence[Candidate], at_most: int) -> list[tuple[Candidate, ...]]:
    able = [c for c in people if any(c.coverage)]
    return [team for size in range(at_most + 1) for team in itertools.combinations(able, size)]


@settings(max_examples=250, deadline=None)
@given(problem=problems())
def test_the_search_finds_the_best_of_all_teams_that_keep_the_requirements(problem: dict[str, Any]) -> None:
    costs = Costs()
    extra = {name: problem[name] for name in ("conflicts", "distances", "collaboration")}
    teams = every_team(problem["candidates"], problem["at_most"])
    sectors = [s for s in problem["required_sectors"] if any(keeps(t, [s], False) for t in teams)]
    sme = problem["at_least_one_sme"] and any(keeps(t, sectors, True) for t in teams)
    best = max(worth(t, costs, **extra) for t in teams if keeps(t, sectors, sme))

    team = plan_team(**problem)
    by_owner = {c.owner: c for c in problem["candidates"]}
    members = [by_owner[owner] for owner in team.owners]
    assert team.proven
    assert team.score == pytest.approx(best, abs=1e-6)
    assert team.score == pytest.approx(worth(members, costs, **extra), abs=1e-6)
    assert keeps(members, sectors, sme)
    assert set(team.missing_sectors) == set(problem["required_sectors"]) - set(sectors)
    assert team.missing_sme == (problem["at_least_one_sme"] and not sme)


@settings(max_examples=150, deadline=None)
@given(problem=problems())
def test_the_greedy_choice_keeps_the_requirements_and_the_seats_too(problem: dict[str, Any]) -> None:
    team, best = plan_team(**problem, effort=0), plan_team(**problem)
    by_owner = {c.owner: c for c in problem["candidates"]}
    members = [by_owner[owner] for owner in team.owners]
    asked = [s for s in problem["required_sectors"] if s not in team.missing_sectors]
    assert keeps(members, asked, problem["at_least_one_sme"] and not team.missing_sme)
    assert len(members) <= problem["at_most"]
    assert team.score <= best.score + 1e-9
    assert all(m.covers for m in team.members)


def as_problem(problem: dict[str, Any]) -> _Problem:
    """The free problem: nobody is required."""
    facts = {name: problem[name] for name in ("at_most", "conflicts", "distances", "collaboration")}
    return _Problem(problem["parts"], problem["candidates"], sectors=(), sme=False, costs=Costs(), **facts)


@settings(max_examples=150, deadline=None)
@given(problem=problems())
def test_branch_and_bound_needs_no_good_start(problem: dict[str, Any]) -> None:
    extra = {name: problem[name] for name in ("conflicts", "distances", "collaboration")}
    best = max(worth(team, Costs(), **extra) for team in every_team(problem["candidates"], problem["at_most"]))
    free = as_problem(problem)
    found, proven = free.searched((), 300_000)
    assert proven
    assert free.value(found) == pytest.approx(best, abs=1e-6)


def test_branch_and_bound_counts_on_newcomers_who_are_no_strangers() -> None:
    """Who has worked with a member before costs less beside it than the first glance at the costs says."""
    free = _Problem(
        PARTS[:2],
        [candidate(1, 0.9, 0.0), candidate(2, 0.0, 0.09)],
        at_most=2,
        sectors=(),
        sme=False,
        conflicts=(),
        distances={},
        collaboration={frozenset({1, 2}): 1.0},
        costs=Costs(size=0.05, distance=0.0, strangers=0.1, conflict=0.0),
    )
    assert free.searched((), 1_000) == ((0, 1), True)


@settings(max_examples=150, deadline=None)
@given(problem=problems(), data=st.data())
def test_a_gain_is_the_difference_of_two_values_and_never_grows(problem: dict[str, Any], data: st.DataObject) -> None:
    free = as_problem(problem)
    rows = list(range(len(free.candidates)))
    chosen = tuple(sorted(data.draw(st.sets(st.sampled_from(rows)) if rows else st.just(set()))))
    fewer = chosen[1:]
    for row in set(rows) - set(chosen):
        grown = tuple(sorted((*chosen, row)))
        assert free.gains(chosen)[row] == pytest.approx(free.value(grown) - free.value(chosen), abs=1e-9)
        assert free.gains(chosen)[row] <= free.gains(fewer)[row] + 1e-9


@settings(max_examples=150, deadline=None)
@given(problem=problems())
def test_unconstrained_greedy_reaches_its_share_of_the_best(problem: dict[str, Any]) -> None:
    people, at_most = problem["candidates"], problem["at_most"]
    best = max(worth(team, FREE) for team in every_team(people, at_most))
    greedy = plan_team(problem["parts"], people, at_most=at_most, costs=FREE, effort=0)
    assert greedy.score >= (1 - 1 / math.e) * best - 1e-9


@settings(max_examples=60, deadline=None)
@given(problem=problems(), seed=st.integers(0, 9))
def test_the_order_of_the_candidates_decides_nothing(problem: dict[str, Any], seed: int) -> None:
    people = list(problem["candidates"])
    random.Random(seed).shuffle(people)
    assert plan_team(**(problem | {"candidates": people})) == plan_team(**problem)


def test_a_search_that_is_cut_short_says_so_and_still_answers() -> None:
    chance = random.Random(1)
    people = [candidate(n, *(round(chance.random() ** 3, 3) for _ in range(8))) for n in range(1, 61)]
    parts = [f"part {n}" for n in range(8)]
    short, long = plan_team(parts, people, effort=100), plan_team(parts, people)
    assert not short.proven
    assert short.members
    assert short.score <= long.score


# --- From statements --------------------------------------------------------------------------------------


def test_the_matchers_owners_become_candidates_with_the_statement_that_shows_it() -> None:
    encoder = HashingEncoder()
    texts = {
        1: ("GMP manufacturing of viral vectors", 10),
        2: ("Clinical trials in paediatric oncology, phase I", 11),
        3: ("Biobank with frozen tissue samples", 12),
        4: ("GMP manufacturing of viral vectors, confidential", 13),
    }
    matcher = Matcher(encoder)
    matcher.put(
        Statement(n, text, "en", (owner,), 100 + n, encoder.encode_passages([text])[0])
        for n, (text, owner) in texts.items()
    )
    found = candidates_for(
        matcher,
        ["GMP manufacturing of viral vectors", "a phase I clinical trial"],
        allowed=np.array([1, 2, 3]),
        sectors={10: "industry"},
        smes=[10],
    )
    first = next(c for c in found if c.owner == 10)
    assert (first.sector, first.sme) == ("industry", True)
    assert first.coverage[0] > first.coverage[1]
    assert first.evidence[0] is not None
    assert first.evidence[0].statement == 1
    assert 13 not in {c.owner for c in found}
    team = plan_team(["GMP manufacturing of viral vectors", "a phase I clinical trial"], found)
    assert team.owners == (10, 11)
    assert team.members[1].covers[0].evidence is not None
    assert team.members[1].covers[0].evidence.statement == 2


# --- The parts of a need ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "We are looking for:\n- GMP manufacturing\n- Viral vectors,\n  purified\n* Biostatistics\n\nThank you!",
            ["GMP manufacturing", "Viral vectors, purified", "Biostatistics"],
        ),
        (
            "Gesucht: 1) Zellkultur in GMP 2) Prüfarzt für Phase I 3) Beratung zu MDR",
            ["Zellkultur in GMP", "Prüfarzt für Phase I", "Beratung zu MDR"],
        ),
        (
            "1. Fill and finish\n2. Quality control",
            ["Fill and finish", "Quality control"],
        ),
        (
            "Development of implants; biomechanical testing; access to a cohort",
            ["Development of implants", "biomechanical testing", "access to a cohort"],
        ),
        (
            "We need GMP manufacturing of viral vectors and a clinical partner for a trial. Advice is welcome.",
            [
                "We need GMP manufacturing of viral vectors",
                "a clinical partner for a trial.",
                "Advice is welcome.",
            ],
        ),
        (
            "Wir suchen Forschungs- und Entwicklungspartner sowie einen Auftragsfertiger für Kapseln.",
            ["Wir suchen Forschungs- und Entwicklungspartner", "einen Auftragsfertiger für Kapseln."],
        ),
        (
            "Vi söker en partner för klinisk prövning och ett laboratorium för masspektrometri.",
            ["Vi söker en partner för klinisk prövning", "ett laboratorium för masspektrometri."],
        ),
    ],
)
def test_a_need_falls_into_what_it_asks_for(text: str, parts: list[str]) -> None:
    assert split_parts(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "Research and development of implants",
        "Design, manufacture and testing of catheters",
        "Collaboration between a hospital and a company for wound care",
        "Zusammenarbeit zwischen einer Klinik und einem Hersteller von Implantaten",
        "Both a clinical partner and a statistician for one trial",
        "Analysis of e.g. RNA and protein samples, approx. 20 Patients",
        "z. B. Zellkultur",
        "Hello colleagues of the GMP network in Skåne",
    ],
)
def test_what_belongs_together_stays_together(text: str) -> None:
    assert split_parts(text) == [text]


def test_nothing_asked_has_no_parts() -> None:
    assert split_parts(" \n\t ") == []
    assert split_parts("Thank you very much!") == []


def test_more_sentences_than_parts_lose_no_word() -> None:
    text = " ".join(f"We need method {n} for samples." for n in range(20))
    parts = split_parts(text, at_most=5)
    assert len(parts) == 5
    assert " ".join(parts).split() == text.split()


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=300))
def test_any_text_can_be_split(text: str) -> None:
    parts = split_parts(text)
    assert len(parts) <= 12
    assert all(part.strip() for part in parts)
