"""An order learned from decisions is small, readable and adopted only where it is better on what it has not seen."""

from __future__ import annotations

import random

import pytest

from embeddings.feedback import Decision, Judgement, judge, learn, placement, score

DEFAULT = {"meaning": 1.0, "words": 1.0, "near": 0.0}


def decisions(count: int, *, near_matters: bool, seed: int = 3) -> list[Decision]:
    """Lists of eight in which people chose by nearness, or by what the default goes by anyway."""
    dice = random.Random(seed)
    made = []
    for n in range(count):
        listed = [
            {"meaning": dice.gauss(2, 1), "words": dice.gauss(1, 1), "near": float(dice.random() < 0.3)}
            for _ in range(8)
        ]
        wanted = {**DEFAULT, "near": 6.0} if near_matters else DEFAULT
        listed.sort(key=lambda one: -score(one, wanted))
        made.append(Decision(f"need {n}", True, listed[0], tuple(listed[1:])))
    return made


def test_what_people_choose_by_comes_to_count_and_convinces() -> None:
    made = decisions(60, near_matters=True)
    learned = learn(made, DEFAULT)
    assert learned["near"] > 1.0
    judged = judge(made, DEFAULT)
    assert judged.decisions == 60
    assert judged.convinces


def test_decisions_that_follow_the_default_change_nothing_that_convinces() -> None:
    assert not judge(decisions(60, near_matters=False), DEFAULT).convinces


def test_noise_does_not_convince() -> None:
    dice = random.Random(11)
    made = [
        Decision(
            f"need {n}",
            dice.random() < 0.5,
            {"meaning": dice.gauss(2, 1), "words": dice.gauss(1, 1), "near": float(dice.random() < 0.3)},
            tuple({"meaning": dice.gauss(2, 1), "words": dice.gauss(1, 1)} for _ in range(6)),
        )
        for n in range(60)
    ]
    assert not judge(made, DEFAULT).convinces


def test_few_decisions_never_convince_however_clear_they_are() -> None:
    assert not judge(decisions(29, near_matters=True), DEFAULT).convinces


@pytest.mark.parametrize(
    ("judged", "convinces"),
    [
        (Judgement(better=20, worse=5, same=5), True),
        (Judgement(better=20, worse=5, same=4), False),  # 29 decisions
        (Judgement(better=16, worse=10, same=10), False),  # chance alone does that in one of six
        (Judgement(better=0, worse=0, same=50), False),
    ],
)
def test_the_test_that_must_be_passed_is_this(judged: Judgement, convinces: bool) -> None:
    assert judged.convinces is convinces


def test_the_same_decisions_in_any_order_teach_the_same() -> None:
    made = decisions(40, near_matters=True)
    shuffled = made[:]
    random.Random(1).shuffle(shuffled)
    assert learn(made, DEFAULT) == learn(shuffled, DEFAULT)
    assert judge(made, DEFAULT) == judge(shuffled, DEFAULT)


def test_nothing_counts_against_a_candidate_and_no_decision_leaves_the_default() -> None:
    against = [Decision(f"need {n}", False, {"near": 1.0}, ({"near": 0.0},)) for n in range(50)]
    assert learn(against, DEFAULT)["near"] == 0.0
    assert learn([], DEFAULT) == DEFAULT


def test_one_decision_moves_the_weights_less_than_many() -> None:
    def nearer(count: int) -> float:
        few = [Decision("need", True, {"near": 1.0, "meaning": 1.0}, ({"near": 0.0, "meaning": 4.0},))]
        rest = [Decision(f"n {n}", True, {"meaning": 3.0}, ({"meaning": 1.0},)) for n in range(20)]
        return learn(few * count + rest, DEFAULT)["near"]

    assert 0.0 < nearer(1) < nearer(5)


def test_a_disliked_candidate_is_well_placed_behind_the_others() -> None:
    behind = Decision("need", False, {"meaning": 0.0}, ({"meaning": 1.0}, {"meaning": 2.0}, {"meaning": 0.0}))
    assert placement(behind, DEFAULT) == pytest.approx((1 + 1 + 0.5) / 3)
