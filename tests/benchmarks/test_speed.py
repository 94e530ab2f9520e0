"""The benchmarks measure what they say, judge by their targets and never by the clock."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import requests
from benchmarks.material import LANGUAGES, statements, texts, vectors
from benchmarks.measuring import Line, WrongResult, interleaved, table
from benchmarks.search import check


def test_the_same_texts_and_vectors_are_made_every_time() -> None:
    assert texts(20) == texts(20) != texts(20, seed=2)
    np.testing.assert_array_equal(vectors(5), vectors(5))
    np.testing.assert_allclose(np.linalg.norm(vectors(5), axis=1), 1.0, atol=1e-5)


def test_the_texts_have_several_languages_and_lengths() -> None:
    made = texts(300)
    assert {language for _, language in made} == {language for language, _ in LANGUAGES}
    sizes = [len(text.split()) for text, _ in made]
    assert min(sizes) < 12
    assert max(sizes) > 150


def test_statements_have_their_own_ids_and_four_share_an_owner() -> None:
    made = statements(8, first=10)
    assert [one.id for one in made] == list(range(10, 18))
    assert len({one.owners for one in made}) == 2


@pytest.mark.parametrize(
    ("found", "better", "verdict"), [(5.0, "≥", "met"), (4.9, "≥", "not met"), (4.9, "≤", "met"), (5.1, "≤", "not met")]
)
def test_a_target_is_met_or_not(found: float, better: str, verdict: str) -> None:
    assert Line("x", "y", found, "×", 5.0, better).verdict == verdict


def test_where_nothing_was_promised_nothing_is_judged() -> None:
    assert Line("x", "y", 1.0, "×").verdict == ""


def test_both_sides_are_run_in_turn() -> None:
    order: list[str] = []
    interleaved(lambda: order.append("ours"), lambda: order.append("baseline"), 2)
    assert order == ["ours", "baseline", "baseline", "ours"]


def test_the_table_shows_every_line_with_its_target() -> None:
    shown = table([Line("search", "one query", 6.0, "×", 5.0, "≥", "1 vs 6 ms"), Line("fill", "each", 30.0, "µs")])
    assert "6 ×" in shown
    assert "≥ 5 ×" in shown
    assert "met" in shown
    assert len(shown.splitlines()) == 3


def test_a_wrong_answer_is_refused() -> None:
    check(np.array([1, 2]), np.array([2, 1]))
    with pytest.raises(WrongResult, match="expected the ids"):
        check(np.array([1, 3]), np.array([1, 2]))


def test_a_missed_target_does_not_fail_and_a_wrong_result_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(quick: bool) -> list[Line]:
        raise WrongResult("expected 1, found 2")

    slow = [Line("slow", "it", 1.0, "×", 5.0)]
    monkeypatch.setattr(command, "BENCHMARKS", {"slow": lambda quick: slow, "wrong": wrong})
    assert command.main(["slow", "--json", str(tmp_path / "speed.json")]) == 0
    report = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert [line["verdict"] for line in report["lines"]] == ["not met"]
    assert command.main([]) == 1
    assert "WRONG: wrong: expected 1, found 2" in capsys.readouterr().err


def test_a_page_is_judged_by_its_share_of_a_bare_one_and_by_how_its_cost_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {1_000: (40.0, 400.0), 20_000: (10.0, 400.0)}
    monkeypatch.setattr(requests, "of", lambda size, rounds: pages[size])
    small, large, growth = requests.run()
    assert (small.found, small.verdict) == (0.1, "")
    assert (large.found, large.verdict) == (0.025, "not met")
    assert (growth.found, growth.target, growth.verdict) == (4.0, 20.0, "met")


def test_the_bare_page_keeps_what_the_settings_of_the_server_ask_of_an_application() -> None:
    bare = requests.hello()
    bare.extensions["catalogue"].warm(bare)
    assert bare.test_client().get("/").text == "Hello"


def test_an_unknown_name_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["sped"])
    assert "expected names of encode, search" in capsys.readouterr().err
