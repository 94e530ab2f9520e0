"""Teams: a need with several parts → the smallest plausible group of owners that covers them.

A team is worth what it covers, less what it costs to hold together. The best covering of a part counts fully
and the second best, who could stand in, a little; each further member covers less that is new (the value is
submodular), while size, distance and known conflicts cost. Parts and requirements that no team can meet are
named, never passed over. Pure functions but for `candidates_for`, which asks the matcher.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.language import is_stop_word, words
from embeddings.matcher import Matcher
from embeddings.ranking import BAND_FROM, Band, Evidence

#: From this coverage on a part counts as covered: the chance of relevance from which a match is called good.
COVERED = BAND_FROM[Band.GOOD]
#: What the second-best covering of a part is worth beside the best: it decides between equals, and does not pay
#: for a seat of its own.
STAND_IN = 0.03
#: Values closer than this are equal, and ids decide.
EQUAL = 1e-9

Pair = frozenset[int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An owner who may join, and how well it covers each part (0 to 1), with what shows it."""

    owner: int
    coverage: tuple[float, ...]
    sector: str = ""
    sme: bool = False
    evidence: tuple[Evidence | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Costs:
    """What holding a team together costs, in parts fully covered."""

    #: Of each member: it must bring more than this.
    size: float = 0.2
    #: Of each pair, times their distance (0 to 1).
    distance: float = 0.05
    #: Of each pair that has never worked together, where earlier collaboration is told.
    strangers: float = 0.03
    #: Of each pair with a known conflict.
    conflict: float = 1.0


@dataclass(frozen=True, slots=True)
class Cover:
    """A part that a member stands for, and why."""

    part: int
    coverage: float
    #: Whether it covers the part best of all members.
    leads: bool
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """An owner of a team with the parts it stands for, strongest first."""

    owner: int
    sector: str
    sme: bool
    covers: tuple[Cover, ...]
    #: What the team would lose without it, costs included; below zero if only a requirement keeps it.
    adds: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A part that the team leaves open."""

    part: int
    text: str
    #: Whether none of the candidates covers it; otherwise the costs or the seats did not allow it.
    nobody: bool


@dataclass(frozen=True, slots=True)
class Team:
    """Owners who together cover the parts, in the order of their ids, and what is still missing."""

    members: tuple[Member, ...]
    #: How well each part is covered by its best member.
    coverage: tuple[float, ...]
    gaps: tuple[Gap, ...]
    missing_sectors: tuple[str, ...]
    missing_sme: bool
    #: Pairs of members with a known conflict, which the team is worth having all the same.
    conflicts: tuple[tuple[int, int], ...]
    score: float
    #: Whether every better team was ruled out.
    proven: bool

    @property
    def owners(self) -> tuple[int, ...]:
        """The members' ids."""
        return tuple(member.owner for member in self.members)


def plan_team(
    parts: Sequence[str],
    candidates: Sequence[Candidate],
    *,
    at_most: int = 6,
    required_sectors: Collection[str] = (),
    at_least_one_sme: bool = False,
    conflicts: Collection[Pair] = (),
    distances: Mapping[Pair, float] | None = None,
    collaboration: Mapping[Pair, float] | None = None,
    costs: Costs = Costs(),
    effort: int = 300_000,
) -> Team:
    """The best team of at most `at_most` candidates for the parts.

    It has a member of each required sector and, if asked, an SME, wherever a candidate with something to
    contribute can meet that; what cannot be met is named in the team. `distances` and `collaboration` are 0 to 1
    for pairs of owners; a pair without a distance costs none, a pair without collaboration are strangers.
    A greedy choice is improved by swaps, then by branch and bound until `effort` candidates are looked at (0
    leaves it out).
    """
    problem = _Problem(
        parts,
        candidates,
        at_most=at_most,
        sectors=required_sectors,
        sme=at_least_one_sme,
        conflicts=conflicts,
        distances=distances or {},
        collaboration=collaboration,
        costs=costs,
    )
    chosen = problem.improved(problem.greedy())
    proven = False
    if effort:
        chosen, proven = problem.searched(chosen, effort)
        chosen = problem.improved(chosen)
    return problem.team(chosen, proven)


def candidates_for(
    matcher: Matcher,
    parts: Sequence[str],
    *,
    allowed: np.ndarray | None,
    owners: Collection[int] | None = None,
    sectors: Mapping[int, str] | None = None,
    smes: Collection[int] = (),
    limit: int = 200,
) -> list[Candidate]:
    """The owners whose allowed statements answer at least one part, at most `limit` for each, by id.

    How well a part is covered is the chance of relevance of the owner's best statement, which is the evidence.
    """
    found: dict[int, dict[int, Evidence]] = {}
    for part, text in enumerate(parts):
        query = matcher.prepare(text)
        for match in matcher.rank_owners(query, allowed=allowed, owners=owners, limit=limit):
            if match.evidence:
                found.setdefault(match.key, {})[part] = max(match.evidence, key=lambda e: (e.strength, -e.statement))
    return [
        Candidate(
            owner=owner,
            coverage=tuple(answers[n].strength if n in answers else 0.0 for n in range(len(parts))),
            sector=(sectors or {}).get(owner, ""),
            sme=owner in smes,
            evidence=tuple(answers.get(n) for n in range(len(parts))),
        )
        for owner, answers in sorted(found.items())
    ]


class _Problem:
    """The candidates as arrays, in the order of their ids; a choice is a sorted tuple of rows."""

    def __init__(
        self,
        parts: Sequence[str],
        candidates: Sequence[Candidate],
        *,
        at_most: int,
        sectors: Collection[str],
        sme: bool,
        conflicts: Collection[Pair],
        distances: Mapping[Pair, float],
        collaboration: Mapping[Pair, float] | None,
        costs: Costs,
    ) -> None:
        _check(parts, candidates, distances, collaboration, costs)
        asked = sorted(set(sectors))
        if at_most < max(1, len(asked)):
            raise ValueError(f"expected room for at least {max(1, len(asked))} members, got {at_most}")
        self.parts, self.at_most, self.costs = tuple(parts), at_most, costs
        # Who covers nothing has no place in a team, not even to fill a required seat.
        self.candidates = sorted((c for c in candidates if any(c.coverage)), key=lambda c: c.owner)
        self.coverage = np.array([c.coverage for c in self.candidates], dtype=np.float64).reshape(-1, len(parts))
        self._pairs(conflicts, distances, collaboration)
        there = {c.sector for c in self.candidates}
        self.sectors = frozenset(s for s in asked if s in there)
        self.missing_sectors = tuple(s for s in asked if s not in there)
        self.sme = sme and any(c.sme for c in self.candidates)
        self.shared_seats = frozenset(c.sector for c in self.candidates if c.sme)
        if self.seats_needed(()) > at_most:
            self.sme = False
        self.missing_sme = sme and not self.sme

    def _pairs(
        self, conflicts: Collection[Pair], distances: Mapping[Pair, float], collaboration: Mapping[Pair, float] | None
    ) -> None:
        """What each pair costs: the same for all pairs, and what the named ones cost more or less."""
        row = {c.owner: n for n, c in enumerate(self.candidates)}
        self.any_pair = 0.0 if collaboration is None else self.costs.strangers
        self.pair: list[dict[int, float]] = [{} for _ in self.candidates]
        named = [(pair, self.costs.distance * far) for pair, far in distances.items()]
        named += [(pair, -self.costs.strangers * known) for pair, known in (collaboration or {}).items()]
        named += [(pair, self.costs.conflict) for pair in frozenset(conflicts)]
        for pair, cost in named:
            if len(pair) == 2 and all(owner in row for owner in pair):
                one, other = (row[owner] for owner in pair)
                self.pair[one][other] = self.pair[other][one] = self.pair[one].get(other, 0.0) + cost
        self.conflicts = frozenset(
            (min(pair), max(pair)) for pair in conflicts if len(pair) == 2 and all(owner in row for owner in pair)
        )

    # --- What a choice is worth ---------------------------------------------------------------------

    def value(self, chosen: Sequence[int]) -> float:
        """The worth of a choice: coverage less costs."""
        if not chosen:
            return 0.0
        best, second = self._two_best(chosen)
        held = sum(self.pair[a].get(b, 0.0) for n, a in enumerate(chosen) for b in chosen[:n])
        held += self.any_pair * len(chosen) * (len(chosen) - 1) / 2
        return float(best.sum() + STAND_IN * second.sum()) - self.costs.size * len(chosen) - held

    def gains(self, chosen: Sequence[int]) -> np.ndarray:
        """What each candidate would add to a choice; rounded, so that equal candidates are equal."""
        best, second = self._two_best(chosen)
        better = np.maximum(self.coverage - best, 0.0)
        spare = np.maximum(np.minimum(self.coverage, best), second) - second
        gains = (better + STAND_IN * spare).sum(axis=1) - self.costs.size - self.any_pair * len(chosen)
        for member in chosen:
            for other, cost in self.pair[member].items():
                gains[other] -= cost
        return np.asarray(gains.round(12))

    def _two_best(self, chosen: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        rows = np.zeros((len(chosen) + 2, len(self.parts)))
        rows[: len(chosen)] = self.coverage[list(chosen)]
        rows.sort(axis=0)
        return rows[-1], rows[-2]

    def better(self, one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        """Whether one choice is preferred: worth more, or as much with fewer members or smaller ids."""
        first, second = self.value(one), self.value(other)
        if abs(first - second) > EQUAL:
            return first > second
        return (len(one), one) < (len(other), other)

    # --- What a choice must have --------------------------------------------------------------------

    def seats_needed(self, chosen: Sequence[int]) -> int:
        """How many members more the requirements need at least."""
        members = [self.candidates[n] for n in chosen]
        open_sectors = self.sectors - {m.sector for m in members}
        sme_open = self.sme and not any(m.sme for m in members)
        # One SME of an open sector fills both seats.
        return len(open_sectors) + (sme_open and not open_sectors & self.shared_seats)

    def fits(self, chosen: Sequence[int]) -> bool:
        """Whether the requirements can still be met in the seats that are left."""
        return self.seats_needed(chosen) <= self.at_most - len(chosen)

    # --- Choosing -----------------------------------------------------------------------------------

    def greedy(self) -> tuple[int, ...]:
        """Take whoever adds most while that is worth it, keeping seats for the requirements.

        All gains are computed at once, which costs less here than looking them up lazily one by one.
        """
        chosen: tuple[int, ...] = ()
        while len(chosen) < self.at_most:
            gains = self.gains(chosen)
            needed = self.seats_needed(chosen)
            for n in np.argsort(-gains, kind="stable").tolist():
                grown = _with(chosen, n)
                if gains[n] <= EQUAL and not (needed and self.seats_needed(grown) < needed):
                    continue
                if n not in chosen and self.fits(grown):
                    chosen = grown
                    break
            else:
                break
        return chosen

    def improved(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The choice after every single leaving, joining or swap that makes it better."""
        while True:
            best = chosen
            for leaving in (None, *chosen):
                rest = chosen if leaving is None else tuple(n for n in chosen if n != leaving)
                for change in self._changes(rest, chosen):
                    if self.better(change, best):
                        best = change
            if best == chosen:
                return chosen
            chosen = best

    def _changes(self, rest: tuple[int, ...], chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """The rest alone, and the rest with the best newcomer, as far as the requirements are met."""
        if not self.seats_needed(rest):
            yield rest
        if len(rest) == self.at_most:
            return
        gains = self.gains(rest)
        for n in np.argsort(-gains, kind="stable").tolist():
            if n not in chosen and not self.seats_needed(grown := _with(rest, n)):
                yield grown
                return

    def searched(self, chosen: tuple[int, ...], effort: int) -> tuple[tuple[int, ...], bool]:
        """The best choice that branch and bound finds with this effort, and whether it saw everything."""
        search = _BranchAndBound(self, chosen, effort)
        search.visit((), np.arange(len(self.candidates)))
        return search.best, search.effort >= 0

    # --- Telling ------------------------------------------------------------------------------------

    def team(self, chosen: tuple[int, ...], proven: bool) -> Team:
        """The choice as a team with its reasons and gaps."""
        best, _ = self._two_best(chosen)
        reach = self.coverage.max(axis=0, initial=0.0)
        leaders = {p: max(chosen, key=lambda n: (self.coverage[n, p], -n)) for p in range(len(self.parts)) if chosen}
        value = self.value(chosen)
        owners = {self.candidates[n].owner for n in chosen}
        return Team(
            members=tuple(
                self._member(n, leaders, value - self.value(tuple(m for m in chosen if m != n))) for n in chosen
            ),
            coverage=tuple(best.tolist()),
            gaps=tuple(
                Gap(p, text, nobody=bool(reach[p] < COVERED)) for p, text in enumerate(self.parts) if best[p] < COVERED
            ),
            missing_sectors=self.missing_sectors,
            missing_sme=self.missing_sme,
            conflicts=tuple(sorted(pair for pair in self.conflicts if owners.issuperset(pair))),
            score=value,
            proven=proven,
        )

    def _member(self, n: int, leaders: Mapping[int, int], adds: float) -> Member:
        candidate = self.candidates[n]
        order = sorted(range(len(self.parts)), key=lambda p: (-candidate.coverage[p], p))
        # Who covers no part well stands for the one it covers best.
        stands_for = [p for p in order if candidate.coverage[p] >= COVERED] or order[:1]
        covers = tuple(
            Cover(p, candidate.coverage[p], leaders[p] == n, candidate.evidence[p] if candidate.evidence else None)
            for p in stands_for
        )
        return Member(candidate.owner, candidate.sector, candidate.sme, covers, adds)


class _BranchAndBound:
    """Tries every choice that could still be better than the best known."""

    def __init__(self, problem: _Problem, start: tuple[int, ...], effort: int) -> None:
        self.problem, self.best, self.effort = problem, start, effort
        self.worth = problem.value(start)

    def visit(self, chosen: tuple[int, ...], rest: np.ndarray) -> None:
        """Try `chosen` with any of the `rest`."""
        self.effort -= 1 + rest.size
        if self.effort < 0:
            return
        worth = self.problem.value(chosen)
        if worth > self.worth + EQUAL and not self.problem.seats_needed(chosen):
            self.best, self.worth = chosen, worth
        seats = self.problem.at_most - len(chosen)
        if not seats or not rest.size or worth + self._within_reach(chosen, rest) <= self.worth + EQUAL:
            return
        gains = self.problem.gains(chosen)[rest]
        order = np.argsort(-gains, kind="stable")
        rest, gains = rest[order], gains[order]
        welcome = np.concatenate([[0.0], np.cumsum(np.maximum(gains, 0.0))])
        for place in range(rest.size):
            # Later members add at most what they would add now, so this is the most that can come of it.
            most = worth + gains[place] + welcome[min(place + seats, rest.size)] - welcome[place + 1]
            if most <= self.worth + EQUAL:
                return
            grown = _with(chosen, int(rest[place]))
            if self.problem.fits(grown):
                self.visit(grown, rest[place + 1 :])
            if self.effort < 0:
                return

    def _within_reach(self, chosen: tuple[int, ...], rest: np.ndarray) -> float:
        """The most that any number of the rest could add: every part by its two best, for the cost of one that knows
        every member.
        """
        problem = self.problem
        now, then = problem._two_best(chosen), problem._two_best((*chosen, *rest.tolist()))
        more = float((then[0] - now[0]).sum() + STAND_IN * (then[1] - now[1]).sum())
        return more - problem.costs.size


def _with(chosen: tuple[int, ...], n: int) -> tuple[int, ...]:
    return tuple(sorted((*chosen, n)))


def _check(
    parts: Sequence[str],
    candidates: Sequence[Candidate],
    distances: Mapping[Pair, float],
    collaboration: Mapping[Pair, float] | None,
    costs: Costs,
) -> None:
    if not parts:
        raise ValueError("expected at least one part, got none")
    seen: set[int] = set()
    for candidate in candidates:
        if candidate.owner in seen:
            raise ValueError(f"expected each owner once, got {candidate.owner} twice")
        seen.add(candidate.owner)
        for what, found in (("coverages", candidate.coverage), ("pieces of evidence", candidate.evidence)):
            if len(found) != len(parts) and (found or what == "coverages"):
                raise ValueError(f"expected {len(parts)} {what} of owner {candidate.owner}, got {len(found)}")
        if not all(0.0 <= c <= 1.0 for c in candidate.coverage):
            raise ValueError(f"expected coverages of 0 to 1 of owner {candidate.owner}, got {candidate.coverage}")
    for name, values in (("distances", distances), ("collaboration", collaboration or {})):
        wrong = [v for v in values.values() if not 0.0 <= v <= 1.0]
        if wrong:
            raise ValueError(f"expected {name} of 0 to 1, got {wrong[0]}")
    for field in dataclasses.fields(costs):
        cost = getattr(costs, field.name)
        if not (math.isfinite(cost) and cost >= 0.0):
            raise ValueError(f"expected a finite cost of {field.name}, zero or more, got {cost}")


# --- The parts of a need --------------------------------------------------------------------------------

#: What opens an item of a list: a bullet, "1.", "2)", "(a)", "b)".
_ITEM = re.compile(r"^\s*(?:[-–—•*·‣▪]\s+|\(?\d{1,2}[.)]\s+|\(?[a-hA-H]\)\s+)")
_INLINE_ITEM = re.compile(r"(?:(?<=\s)|^)(?:\(\d{1,2}\)|\([a-h]\)|\(?\d{1,2}\))\s+")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'»“”)\]]*\s+(?=[\"'«„“(]*[A-ZÄÖÜÅ0-9])|;\s+")
#: A full stop after these ends no sentence.
_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|etc|cf|ca|approx|vs|dr|prof|no|nr|bzw|evtl|ggf|inkl|exkl|ex|bl|dvs|osv|inc|ltd|co|[a-z])\.$",
    re.IGNORECASE,
)
#: A sentence that only greets or thanks asks for nothing.
_COURTESY = re.compile(
    r"(?:(?:hello|hi|dear|hallo|liebe|hej)(?:\W+\w+)?"
    r"|(?:(?:many )?thanks?|(?:kind|best) regards|danke|vielen dank|(?:viele|beste) grüße|tack|vänliga hälsningar)"
    r"(?:\W+\w+){0,3})\W*$",
    re.IGNORECASE,
)
#: A joint that adds a second thing rather than a second word, and what must not stand before it.
_STRONG_JOINT = re.compile(
    r",?\s+(?:as well as|and also|and additionally|sowie(?: auch)?|und außerdem|samt|och dessutom)\s+"
)
_WEAK_JOINT = re.compile(
    r",?\s+(?:and|und|och)\s+(?=(?:a|an|access|someone|support|help|advice"
    r"|ein|eine|einen|einem|einer|jemanden?|Zugang|Unterstützung|Hilfe|Beratung"
    r"|en|ett|någon|tillgång|stöd|hjälp|rådgivning)\s)"
)
_PAIRED = re.compile(r"\b(?:between|both|either|zwischen|sowohl|weder|mellan|både|varken)\b", re.IGNORECASE)
#: Fewest words that carry a topic on each side of a joint.
_SIDE = 2


def split_parts(text: str, *, at_most: int = 12) -> list[str]:
    """The things a need asks for, as written: the items of a list, else its sentences and clauses.

    It cuts where a cut is safe: "research and development" stays one part. A line that only introduces a list,
    greetings and thanks are left out; everything else is kept, and beyond `at_most` parts the shortest neighbours
    are joined.
    """
    if at_most < 1:
        raise ValueError(f"expected room for at least one part, got {at_most}")
    items, rest = _listed(text)
    parts = items if len(items) > 1 else [piece for line in rest for piece in _clauses(line)]
    if len(items) > 1:
        parts = [p for line in rest if not line.endswith(":") for p in _sentences(line)] + parts
    cleaned = (part.strip(" \t,;–—-") for part in parts)
    parts = list(dict.fromkeys(part for part in cleaned if part and not _COURTESY.match(part)))
    while len(parts) > at_most:
        n = min(range(len(parts) - 1), key=lambda i: len(parts[i].split()) + len(parts[i + 1].split()))
        parts[n : n + 2] = [f"{parts[n]} {parts[n + 1]}"]
    return parts


def _listed(text: str) -> tuple[list[str], list[str]]:
    """The items of a list written in lines, and the other lines as paragraphs; with one item, all is text."""
    items: list[str] = []
    rest: list[str] = []
    open_item = open_line = False
    for line in text.splitlines():
        body = " ".join(line.split())
        if not body:
            open_item = open_line = False
        elif mark := _ITEM.match(line):
            items.append(" ".join(line[mark.end() :].split()))
            open_item, open_line = True, False
        elif open_item:
            items[-1] = f"{items[-1]} {body}"
        elif open_line:
            rest[-1] = f"{rest[-1]} {body}"
        else:
            rest.append(body)
            open_line = True
    if len(items) == 1:
        return [], [" ".join(text.split())]
    return [item for item in items if item], rest


def _clauses(text: str) -> Iterator[str]:
    """The items counted inside a line, else its sentences, cut at joints that add a second thing."""
    numbered = [piece for piece in _INLINE_ITEM.split(text) if piece.strip()]
    if len(_INLINE_ITEM.findall(text)) > 1:
        yield from (piece for n, piece in enumerate(numbered) if n or not piece.rstrip().endswith(":"))
        return
    for sentence in _sentences(text):
        yield from _unjoined(sentence)


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    start = 0
    for end in _SENTENCE.finditer(text):
        if text[end.start()] != ";" and _ABBREVIATION.search(text[start : end.start()]):
            continue
        sentences.append(text[start : end.start()])
        start = end.end()
    return [*sentences, text[start:]]


def _unjoined(sentence: str) -> Iterator[str]:
    for joint in (_STRONG_JOINT, _WEAK_JOINT):
        for found in joint.finditer(sentence):
            left, right = sentence[: found.start()], sentence[found.end() :]
            if left.endswith("-") or _PAIRED.search(left):
                continue
            if min(_topic_words(left), _topic_words(right)) >= _SIDE:
                yield from _unjoined(left)
                yield from _unjoined(right)
                return
    yield sentence


def _topic_words(text: str) -> int:
    """The words that are not grammar in any of our languages."""
    return sum(not is_stop_word(match.group().lower(), "") for match in words(text))
