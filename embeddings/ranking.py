"""Ranking: scored candidates and verdicts in, ordered matches with their reasons out. Pure functions."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

#: Score parts, as explanations name them.
MEANING, WORDS, BREADTH, THEY_OFFER, WE_OFFER = "meaning", "words", "breadth", "they offer", "we offer"


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


@dataclass(frozen=True, slots=True)
class MissingTerm:
    """A word that is asked for, as the asker wrote it, and what a statement's score would gain by saying it."""

    term: str
    gain: float


@dataclass(frozen=True, slots=True)
class Raise:
    """One change that would raise a match: the part it changes, and how far it would bring the match."""

    part: str
    #: What the match's score would gain.
    gain: float
    #: How many of the matches before it would then stand behind it.
    places: int
    #: Words to say, where the part is WORDS: those that gain most first.
    terms: tuple[str, ...] = ()


#: The chance of relevance from which a band is given. Judged sets know one right answer where life has several,
#: so the true chances are higher.
BAND_FROM = {Band.STRONG: 0.40, Band.GOOD: 0.12, Band.POSSIBLE: 0.0}


def band_of(strength: float, *, lone: bool = False) -> Band:
    """The band of a calibrated chance of relevance; nothing fits a lone word strongly, which tells so little."""
    band = next(band for band, least in BAND_FROM.items() if strength >= least)
    return Band.GOOD if lone and band is Band.STRONG else band


#: How soft the votes of an owner's items are (tuned on dev sets, docs/decisions/soft-votes.md).
TEMPERATURE = 4.0


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


def what_would_raise(match: Match, among: Sequence[Match], missing: Sequence[MissingTerm] = ()) -> list[Raise]:
    """What would raise a match in the list it comes from, the most effective change first.

    Each part of its score is compared with the best of that part among the others: what if this match had as much
    of it? Words are told more exactly, by `missing`, which is what `Matcher.missing_terms` found for the match's
    first piece of evidence. Nothing is told of parts in which no other match has more, nor of a match without a
    score. Show it to those who can change the texts: MEANING asks to describe the thing itself (material, method,
    stage) nearer to what is sought; WORDS to name these terms where they are true; BREADTH for a further
    competence or piece of evidence on the same matter; THEY_OFFER and WE_OFFER to state an offer or a need that
    answers the other side's. Facts that are not met (country, stage, regulation) are no part of a score: they
    are told beside it.
    """
    if match.score is None:
        return []
    parts = {part.name: part for part in match.parts}
    best: dict[str, ScorePart] = {}
    for other in among:
        for part in other.parts:
            if part.name not in best or part.contribution > best[part.name].contribution:
                best[part.name] = part
    raises = []
    for name, part in parts.items():
        terms: tuple[str, ...] = ()
        more = best[name].contribution - part.contribution if name in best else 0.0
        if name in (THEY_OFFER, WE_OFFER):
            opposite = parts[WE_OFFER if name == THEY_OFFER else THEY_OFFER]
            wanted = max((p.value for m in among for p in m.parts if p.name == name), default=part.value)
            gain = harmonic_mean(max(wanted, part.value), opposite.value) - match.score
        elif name == BREADTH:
            gain = more
        else:
            if name == WORDS and missing:
                terms, more = tuple(m.term for m in missing), math.fsum(m.gain for m in missing)
            gain = _raised(match, more)
        if gain > 1e-9:
            reached = match.score + gain
            places = sum(m.score is not None and match.score < m.score < reached for m in among)
            raises.append(Raise(name, gain, places, terms))
    return sorted(raises, key=lambda r: (-r.gain, r.part))


def _raised(match: Match, more: float) -> float:
    """What a match gains when its best statement gains that much; of soft votes, the best one's share."""
    breadth = next((part for part in match.parts if part.name == BREADTH), None)
    if breadth is None or more <= 0.0:
        return more
    share = math.exp(-breadth.contribution / TEMPERATURE)
    return TEMPERATURE * math.log1p(share * math.expm1(more / TEMPERATURE))


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
