"""Ranking: scored candidates and verdicts in, ordered matches with their reasons out. Pure functions."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Band(StrEnum):
    """How sure we are that a match is worth a look."""

    #: Both sides speak of the same thing; usually worth an introduction.
    STRONG = "strong"
    #: The same field and much in common; worth reading.
    GOOD = "good"
    #: Some relation; worth a look when better matches are few.
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One named component of a score: it adds value × weight."""

    name: str
    value: float
    weight: float

    @property
    def contribution(self) -> float:
        """What this part adds to the score."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class Evidence:
    """One statement that made a match, and why."""

    statement: int
    passage: str
    score: float
    parts: tuple[ScorePart, ...]
    shared_terms: tuple[str, ...] = ()
    item: int = 0
    #: Which of several queries (needs, then offers) this statement answers.
    query: int = 0
    #: The chance, calibrated on judged data, that the pair is relevant.
    strength: float = 0.0


@dataclass(frozen=True, slots=True)
class Match:
    """An item or an owner that fits: its score is the sum of its parts."""

    key: int
    score: float | None
    band: Band | None
    parts: tuple[ScorePart, ...]
    evidence: tuple[Evidence, ...]
    #: The manager's reason when a verdict put this match first.
    pinned: str | None = None


#: The chance of relevance from which a band is given. Judged sets know one right answer where life has several,
#: so the true chances are higher.
BAND_FROM = {Band.STRONG: 0.40, Band.GOOD: 0.12, Band.POSSIBLE: 0.0}


def band_of(strength: float) -> Band:
    """The band of a calibrated chance of relevance."""
    return next(band for band, least in BAND_FROM.items() if strength >= least)


def soft_votes(scores: Sequence[float], temperature: float) -> float:
    """The best score plus what the further ones add: T · log Σ exp(score / T).

    With a small T the best statement decides alone; with a large T every statement counts.
    """
    if not scores:
        raise ValueError("expected at least one score, got none")
    best = max(scores)
    return best + temperature * math.log(math.fsum(math.exp((s - best) / temperature) for s in scores))


def harmonic_mean(one: float, other: float) -> float:
    """High only if both are; 0 if one is."""
    return 0.0 if one <= 0.0 or other <= 0.0 else 2.0 * one * other / (one + other)


def ordered(matches: Collection[Match]) -> list[Match]:
    """Best first; ties by key."""
    return sorted(matches, key=lambda m: (-(m.score if m.score is not None else -math.inf), m.key))


def apply_verdicts(matches: Sequence[Match], *, pinned: Mapping[int, str], vetoed: Collection[int]) -> list[Match]:
    """Vetoed keys are removed; pinned ones (key → reason) come first, even those the index missed.

    A pin never receives an invented score: what was not found has neither score nor band. A veto beats a pin.
    """
    removed = frozenset(vetoed)
    by_key = {match.key: match for match in matches}
    kept = [m for m in matches if m.key not in removed]
    first = [dataclasses.replace(m, pinned=pinned[m.key]) for m in kept if m.key in pinned]
    first += [
        Match(key, None, None, (), (), pinned=pinned[key])
        for key in sorted(pinned)
        if key not in removed and key not in by_key
    ]
    return first + [m for m in kept if m.key not in pinned]
