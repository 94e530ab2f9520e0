"""Who is asked a lot steps back among equals, and no further."""

from __future__ import annotations

import pytest

from embeddings import Band, Match
from matchmaker.suggestions.exposure import PLACES, reordered

#: A list as it is found: owners 1 to 6, two in each band.
BANDS = {1: Band.STRONG, 2: Band.STRONG, 3: Band.GOOD, 4: Band.GOOD, 5: Band.POSSIBLE, 6: Band.POSSIBLE}
FOUND = [Match(owner, 1.0 / owner, band, (), ()) for owner, band in BANDS.items()]


def order(*back: int, found: list[Match] = FOUND) -> list[int]:
    seen = reordered(found, lambda match: match.key, lambda match: match.band, back)
    assert [match.band for match in seen] == [match.band for match in found], "no band changes its places"
    return [match.key for match in seen]


def test_a_busy_one_stands_behind_the_others_of_its_band_who_move_up() -> None:
    assert order(1) == [2, 1, 3, 4, 5, 6]
    assert order(3, 5) == [1, 2, 4, 3, 6, 5]


@pytest.mark.parametrize("back", [(), (99,), (2, 4, 6), (1, 2)])
def test_nothing_moves_where_nobody_is_passed(back: tuple[int, ...]) -> None:
    assert order(*back) == [1, 2, 3, 4, 5, 6]


def test_among_the_busy_and_among_the_others_the_better_stays_first() -> None:
    equals = [Match(owner, 1.0 / owner, Band.GOOD, (), ()) for owner in range(1, 7)]
    assert order(1, 4, found=equals) == [2, 3, 5, 6, 1, 4]


def test_in_a_long_band_it_lets_a_few_pass_and_no_more() -> None:
    equals = [Match(owner, 1.0 / owner, Band.GOOD, (), ()) for owner in range(1, 3 * PLACES)]
    assert order(1, found=equals).index(1) == PLACES
    assert order(1, 2, found=equals)[PLACES - 1 : PLACES + 2] == [1, PLACES + 2, 2]


def test_a_hidden_owner_never_steps_back() -> None:
    seen = reordered(FOUND, lambda match: None, lambda match: match.band, {1, 3, 5})
    assert seen == FOUND
