"""Learning from decisions: how much each named part of a score should count where people have decided.

A pairwise logistic model over a handful of features, drawn towards the weights that hold by default; deterministic, and
small enough to be read. It sees numbers only: no text, no name. Whether it is better than the default is judged on
decisions that it has not seen. Pure functions.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: How strongly the weights are drawn to the default, in squared weight per mean comparison.
STRENGTH = 0.05
#: Parts into which the subjects of decisions are dealt; each part is judged by what the others teach.
FOLDS = 5
#: Fewer held-back decisions than this prove nothing.
LEAST = 30
#: The chance, at most, that a learned order no better than the default would look as good as this one.
CHANCE = 0.05
#: Placements closer than this are equal.
EQUAL = 1e-9

Features = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Decision:
    """Somebody decided on one candidate of a list: it should stand before the others, or behind them."""

    #: What was asked with; decisions on one subject are learned from or held back together.
    subject: str
    liked: bool
    features: Features
    #: The candidates of the same list that nobody decided on, or decided on the other way.
    others: tuple[Features, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the learned order did on decisions that it had not seen, beside the default order."""

    #: Held-back decisions that the learned order placed better, worse and alike.
    better: int
    worse: int
    same: int

    @property
    def decisions(self) -> int:
        return self.better + self.worse + self.same

    @property
    def chance(self) -> float:
        """How often chance alone would give at least as many better ones (one-sided sign test)."""
        n = self.better + self.worse
        return math.fsum(math.comb(n, k) for k in range(self.better, n + 1)) / 2.0**n

    @property
    def convinces(self) -> bool:
        """Whether the learned order may be adopted: enough decisions, and better beyond chance."""
        return self.decisions >= LEAST and self.better > self.worse and self.chance < CHANCE


def learn(decisions: Sequence[Decision], default: Mapping[str, float]) -> dict[str, float]:
    """The weights under which the decisions come out right, as near to the default as that allows.

    What counts for a candidate can come to count nothing, never against it.
    """
    names = sorted(default)
    start = np.array([default[name] for name in names])
    gaps, weights = _comparisons(decisions, names)
    if not len(gaps):
        return dict(default)
    from scipy.optimize import minimize

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        margins = gaps @ w
        wrong = np.exp(-np.logaddexp(0.0, margins))  # 1 / (1 + e^margin)
        value = float(weights @ np.logaddexp(0.0, -margins)) + STRENGTH / 2 * float(((w - start) ** 2).sum())
        return value, -(weights * wrong) @ gaps + STRENGTH * (w - start)

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(names))
    # Rounded, so that a last digit of the machine decides nothing.
    return {name: round(float(weight), 4) + 0.0 for name, weight in zip(names, found.x, strict=True)}


def _comparisons(decisions: Sequence[Decision], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """What the one that should stand first has more of, for every pair; and what each pair weighs, one in all."""
    gaps: list[np.ndarray] = []
    weights: list[float] = []
    for decision in sorted(decisions, key=lambda d: (d.subject, d.liked, sorted(d.features.items()))):
        own = np.array([decision.features.get(name, 0.0) for name in names])
        for other in decision.others:
            gap = own - np.array([other.get(name, 0.0) for name in names])
            gaps.append(gap if decision.liked else -gap)
            weights.append(decision.weight / len(decision.others))
    total = math.fsum(weights)
    return np.array(gaps).reshape(-1, len(names)), np.array(weights) / (total or 1.0)


def score(features: Features, weights: Mapping[str, float]) -> float:
    """The score of a candidate under these weights."""
    return math.fsum(weight * features.get(name, 0.0) for name, weight in sorted(weights.items()))


def placement(decision: Decision, weights: Mapping[str, float]) -> float:
    """The share of the other candidates that a decision stands on the right side of; equals count half."""
    own = score(decision.features, weights)
    right = 0.0
    for other in decision.others:
        ahead = own - score(other, weights)
        ahead = ahead if decision.liked else -ahead
        right += 0.5 if abs(ahead) <= EQUAL else float(ahead > 0.0)
    return right / len(decision.others)


def judge(decisions: Sequence[Decision], default: Mapping[str, float]) -> Judgement:
    """Hold every decision back once, learn from the others, and compare where both orders place it."""
    decided = [decision for decision in decisions if decision.others]
    better = worse = same = 0
    for fold in range(FOLDS):
        held_back = [one for one in decided if _fold(one.subject) == fold]
        if not held_back:
            continue
        learned = learn([one for one in decided if _fold(one.subject) != fold], default)
        for one in held_back:
            gained = placement(one, learned) - placement(one, default)
            better += gained > EQUAL
            worse += gained < -EQUAL
            same += abs(gained) <= EQUAL
    return Judgement(better, worse, same)


def _fold(subject: str) -> int:
    return hashlib.sha256(subject.encode()).digest()[0] % FOLDS
