"""The week that is played through lets those who are asked a lot step back, and only where the rule is on."""

from __future__ import annotations

from benchmarks.exposure import week
from embeddings import Band, Match
from matchmaker.introductions.fairness import BUSY_FROM

#: Everybody is shown the same two equals.
EQUALS = [Match(1, 2.0, Band.GOOD, (), ()), Match(2, 1.0, Band.GOOD, (), ())]
LISTS = {f"need {n}": EQUALS for n in range(2 * BUSY_FROM)}


def test_requests_are_shared_where_the_rule_is_on() -> None:
    _, off = week(LISTS, 1, fair=False)
    seen, on = week(LISTS, 1, fair=True)
    assert off == {1: 2 * BUSY_FROM}
    assert on == {1: BUSY_FROM, 2: BUSY_FROM}
    assert [matches[0].key for matches in seen.values()] == [1] * BUSY_FROM + [2] * BUSY_FROM
