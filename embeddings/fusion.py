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
#: Shared rarity, in nats, from which words are trusted by half.
ENOUGH_MASS = 12.0
#: Spreads that the best text by words may stand out by, at most: about as far as the best one by meaning does.
FARTHEST = 7.0


@dataclass(frozen=True, slots=True)
class WordsSay:
    """The word leg of one query: how far each row stands out, and what that is worth."""

    standard: np.ndarray  #: of every row, in spreads above the mean
    spread: float  #: how much overlap one such spread is
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

    The trust is that in the best row by words: one shared word among many says little (a paraphrase shares
    none), many rare ones or nearly all of the query's say much.
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
        return WordsSay(standard, spread, 0.0)
    best = int(np.lexsort((scored.rows, -scored.mass, -scored.overlap))[0])
    mass, share = float(scored.mass[best]), min(float(scored.coverage[best]), 1.0)
    by_mass = mass**3 / (mass**3 + ENOUGH_MASS**3)
    # Where few texts share a word at all, they stand out by far more spreads than meaning ever does.
    moderate = FARTHEST / max(FARTHEST, float(standard.max()))
    return WordsSay(standard, spread, moderate * (1.0 - (1.0 - by_mass) * (1.0 - share**2)))


def strength(meaning: np.ndarray | None, coverage: np.ndarray) -> np.ndarray:
    """The chance of relevance by meaning and by shared words, a logistic fit to the judged development sets."""
    if meaning is None:
        return np.asarray(1.0 / (1.0 + np.exp(4.12 - 5.27 * coverage)))
    return np.asarray(1.0 / (1.0 + np.exp(4.77 - 0.285 * meaning - 4.88 * coverage)))
