"""Fusion: what meaning and words have to say about one query, on one scale. Pure functions.

Each leg is told in spreads above what unrelated texts have. Words then weigh as much as they can be trusted for
this query: the same share of them for every text, so that a score stays the sum of its parts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from embeddings.lexical import WordScores

#: What cosines of unrelated texts look like before a board has shown its own: mean, spread, and its weight.
PRIOR = (0.08, 0.09, 30.0)
#: The same for word overlaps.
WORD_PRIOR = (0.02, 0.05, 10.0)
#: Log-odds of trust in words: where nothing is shared; what each e-fold of shared rarity (in nats) adds; what the
#: whole query's rarity would add, of which no more counts than ENOUGH_SHARE. Fitted to the judged development sets,
#: as they are and with every word blinded that an answer has (docs/decisions/fusion.md).
DOUBT, PER_MASS, PER_SHARE, ENOUGH_SHARE = -12.0, 3.0, 15.0, 0.5
#: Log-odds of relevance: at no score among one text, what each of its spreads adds, what each e-fold of texts around
#: takes. For texts it is fitted to the judged development sets, whole and cut down to boards of 60 texts. For owners
#: it is set between that and the fit to judged consortia and trials, which name few of those that would have fitted.
CHANCE = (-2.84, 1.44, -0.67)
OWNER_CHANCE = (-1.1, 0.63, -0.6)
#: Spreads by which a text must stand out to speak for its owners, and by which the best text of a match must.
VOTES, STANDS_OUT = 1.0, 1.25
#: The fewest texts that a chance is told among: fewer were not judged.
SMALLEST_BOARD = 60
#: The same without a model, where scores are spreads of words times the trust in them.
WORDS_CHANCE = (-1.5, 1.04, -0.61)
WORDS_OWNER_CHANCE = (0.0, 0.33, -0.6)
#: Spreads that the best text by words may stand out by, at most: about as far as the best one by meaning does.
FARTHEST = 7.0


@dataclass(frozen=True, slots=True)
class WordsSay:
    """The word leg of one query: how far each row stands out, and what that is worth."""

    standard: np.ndarray  #: of every row, in spreads above the mean
    spread: float  #: how much overlap one such spread is
    farthest: float  #: spreads of the best row
    trust: float  #: 0 to 1

    def gain(self, overlap: float) -> float:
        """What that much more overlap adds to a score."""
        return self.trust * overlap / self.spread


def standard_meaning(cosines: np.ndarray, unrelated: np.ndarray) -> np.ndarray:
    """Cosines in spreads above those of unrelated texts; a pending text (NaN) counts as one of these."""
    mean, spread, weight = PRIOR
    sample = unrelated[np.isfinite(unrelated)].astype(np.float64)
    n = sample.size
    centre = (mean * weight + float(sample.sum())) / (weight + n)
    variance = (weight * (spread**2 + (mean - centre) ** 2) + float(((sample - centre) ** 2).sum())) / (weight + n)
    return np.asarray(np.nan_to_num((cosines.astype(np.float64) - centre) / math.sqrt(variance), nan=0.0))


def standard_words(scored: WordScores, size: int, total: int) -> WordsSay:
    """Overlaps in spreads above the allowed rows' mean, and how far words can be trusted for this query.

    The trust is that in the best row by words. Two signs have to come together: how much rarity is shared, and how
    much of the query that is. A long query shares several words with some text by chance; a short one is
    covered by one. The odds multiply, so neither sign alone is enough.
    """
    values = np.zeros(size)
    values[scored.rows] = scored.overlap
    mean, spread, weight = WORD_PRIOR
    n = total + weight
    centre = (mean * weight + float(scored.overlap.sum())) / n
    square = (weight * (spread**2 + mean**2) + float((scored.overlap**2).sum())) / n
    spread = math.sqrt(max(square - centre**2, 1e-12))
    standard = (values - centre) / spread
    if not scored.rows.size:
        return WordsSay(standard, spread, 0.0, 0.0)
    first = np.flatnonzero(scored.overlap == scored.overlap.max())
    best = int(first[np.lexsort((scored.rows[first], -scored.mass[first]))[0]])
    mass, share = float(scored.mass[best]), min(float(scored.coverage[best]), 1.0)
    # Where few texts share a word at all, they stand out by far more spreads than meaning ever does.
    farthest = float(standard.max())
    trust = trust_in_words(mass, share) * FARTHEST / max(FARTHEST, farthest)
    return WordsSay(standard, spread, farthest, trust)


def trust_in_words(mass: float, share: float) -> float:
    """How far words can be trusted (0 to 1), by the rarity shared in nats and by its share of the query's.

    It never falls as either grows.
    """
    odds = DOUBT + PER_MASS * math.log1p(mass) + PER_SHARE * min(share, ENOUGH_SHARE)
    return 1.0 / (1.0 + math.exp(-odds))


@dataclass(frozen=True, slots=True)
class Scale:
    """What the scores of one query mean: how far they reach, and among how many texts."""

    reach: float = 1.0
    texts: int = 0
    #: Whether texts that hardly stand out are left out.
    choosy: bool = True
    #: Log-odds of relevance of a text and of an owner.
    text: tuple[float, float, float] = CHANCE
    owner: tuple[float, float, float] = OWNER_CHANCE

    @property
    def votes(self) -> float:
        """The score from which a text speaks for its owners."""
        return VOTES if self.choosy else -math.inf

    @property
    def shown(self) -> float:
        """The score that the best text of a match must have."""
        return STANDS_OUT if self.choosy else -math.inf

    @classmethod
    def of(cls, said: WordsSay | None, texts: int, *, with_meaning: bool, choosy: bool) -> Scale:
        """Words and meaning together reach further than meaning alone, by as much as the best text by words does.

        Words alone, without a model, are told from chance by the trust in them.
        """
        if with_meaning:
            return cls(1.0 if said is None else 1.0 + said.trust * max(said.farthest, 0.0) / FARTHEST, texts, choosy)
        reach = 1.0 / max(said.trust if said else 0.0, 1e-6)
        return cls(reach, texts, choosy, WORDS_CHANCE, WORDS_OWNER_CHANCE)

    def chance(self, scores: np.ndarray) -> np.ndarray:
        """The chance that a text of this score is relevant; it never falls as the score grows."""
        return self._logistic(self.text, scores)

    def owner_chance(self, score: float) -> float:
        """The same for an owner, whose score has the votes of many texts in it."""
        return float(self._logistic(self.owner, np.array([score]))[0])

    def _logistic(self, line: tuple[float, float, float], scores: np.ndarray) -> np.ndarray:
        none, per_spread, per_fold = line
        odds = none + per_spread * scores / self.reach + per_fold * math.log(max(self.texts, SMALLEST_BOARD))
        return np.asarray(1.0 / (1.0 + np.exp(-odds)))
