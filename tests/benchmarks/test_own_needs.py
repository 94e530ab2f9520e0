"""Our own judged set is complete, sound and hard in the way it claims to be."""

import gzip
import json
import re
from collections import Counter
from itertools import chain
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from benchmarks.own_needs import PAIRS, content_words, names_expertise, read_source, shared_words, write_sets

LANGUAGES = ("en", "de", "sv")
FIELDS = {
    "atmp", "gmp", "devices", "infection", "bone", "digital-health", "trials", "biobanks", "diagnostics", "imaging",
    "regulatory", "production", "data-ai", "materials", "robotics", "care", "patients", "finance",
}  # fmt: skip

NEEDS = {row["id"]: row for row in read_source("needs")}
COMPETENCES = {row["id"]: row for row in read_source("competences")}
PLAIN = {row["id"]: row for row in read_source("plain")}
STRANGERS = {row["id"]: row for row in read_source("strangers")}
KEYWORDS = read_source("keywords")
STRANGERS_ACRONYMS = read_source("strangers-acronyms")
ACRONYMS = read_source("acronyms")


def rows_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def answers_of(folder: Path) -> list[tuple[str, str, str]]:
    head, *lines = (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()
    assert head == "query-id\tcorpus-id\tscore"
    return [tuple(line.split("\t")) for line in lines]  # type: ignore[misc]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The written sets, by name."""
    return {folder.name: folder for folder in write_sets(tmp_path_factory.mktemp("judged"))}


def test_there_are_as_many_rows_as_promised() -> None:
    assert (len(NEEDS), len(COMPETENCES), len(KEYWORDS), len(ACRONYMS)) == (60, 300, 60, 40)
    assert (len(STRANGERS), len(STRANGERS_ACRONYMS)) == (60, 40)
    # The plain needs ask for the same, in the same order.
    assert [row["answers"] for row in PLAIN.values()] == [row["answers"] for row in NEEDS.values()]


@pytest.mark.parametrize(
    "name", ["needs", "plain", "strangers", "competences", "keywords", "acronyms", "strangers-acronyms"]
)
def test_ids_are_unique(name: str) -> None:
    ids = [row["id"] for row in read_source(name)]
    assert len(set(ids)) == len(ids)


def test_no_text_occurs_twice() -> None:
    rows = [*NEEDS.values(), *PLAIN.values(), *STRANGERS.values(), *COMPETENCES.values(), *STRANGERS_ACRONYMS]
    texts = [row[language] for row in rows for language in LANGUAGES] + [row["text"] for row in ACRONYMS]
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_the_whole_field_is_asked_and_told_of() -> None:
    asked, told = (Counter(row["field"] for row in rows.values()) for rows in (NEEDS, COMPETENCES))
    assert set(asked) == set(told) == FIELDS
    assert min(asked.values()) >= 3
    assert min(told.values()) >= 15


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_as_long_as_people_write_them(language: str) -> None:
    needs = {key: len(row[language].split()) for key, row in NEEDS.items()}
    competences = {key: len(row[language].split()) for key, row in COMPETENCES.items()}
    assert {key: words for key, words in needs.items() if not 25 <= words <= 55} == {}
    assert {key: words for key, words in competences.items() if not 20 <= words <= 45} == {}


def test_every_need_has_an_answer_of_its_own_in_its_field() -> None:
    answers = list(chain.from_iterable(row["answers"] for row in NEEDS.values()))
    assert len(answers) == len(set(answers)) == 60
    for need in NEEDS.values():
        assert [COMPETENCES[key]["field"] for key in need["answers"]] == [need["field"]]


def test_near_misses_name_a_need_and_are_never_an_answer() -> None:
    near = {key: row["near"] for key, row in COMPETENCES.items() if row["near"]}
    assert len(near) >= 80
    assert set(chain.from_iterable(near.values())) == set(NEEDS)
    assert not set(near) & set(chain.from_iterable(row["answers"] for row in NEEDS.values()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_need_and_its_answer_share_hardly_a_word(language: str) -> None:
    shares = [
        shared_words(need[language], COMPETENCES[key][language], language)
        for need in NEEDS.values()
        for key in need["answers"]
    ]
    assert mean(shares) <= 0.01
    assert max(shares) <= 0.05


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plain_need_shares_a_few_words_with_its_answer(language: str) -> None:
    shared = [
        shared_words(need[language], COMPETENCES[answer][language], language)
        for need in PLAIN.values()
        for answer in need["answers"]
    ]
    assert 0.02 < mean(shared) < 0.15


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_reads_a_title_only_shares_fewer_words_with_the_answer(language: str) -> None:
    def shared(needs: dict[str, Any]) -> float:
        return mean(
            shared_words(need[language], COMPETENCES[answer][language], language)
            for need in needs.values()
            for answer in need["answers"]
        )

    assert 0.02 < shared(STRANGERS) < 0.6 * shared(PLAIN)


def test_strangers_ask_each_for_another_competence_whose_title_was_shown_in_german_or_swedish() -> None:
    answers = list(chain.from_iterable(row["answers"] for row in STRANGERS.values()))
    assert len(set(answers)) == 60
    assert set(answers) <= COMPETENCES.keys()
    assert Counter(row["seen"] for row in STRANGERS.values()) == {"de": 30, "sv": 30}


@pytest.mark.parametrize("language", LANGUAGES)
def test_near_misses_share_more_words_with_a_need_than_its_answer_does(language: str) -> None:
    shares = [
        shared_words(NEEDS[key][language], row[language], language)
        for row in COMPETENCES.values()
        for key in row["near"]
    ]
    assert mean(shares) >= 0.05


def test_words_are_shared_whatever_their_ending() -> None:
    assert content_words("Die Sterilisation der Katheter", "de") == {"steril", "kathet"}
    assert shared_words("Coating of catheters", "the coated catheter", "en") == pytest.approx(1 / 3)


def test_german_and_swedish_are_written_in_their_own_words() -> None:
    for row in [*NEEDS.values(), *COMPETENCES.values()]:
        assert len({row[language] for language in LANGUAGES}) == 3
        assert re.search(r"[äöüß]|\b(und|der|die|für|mit)\b", row["de"]), row["id"]
        assert re.search(r"[åäö]|\b(och|för|med|av)\b", row["sv"]), row["id"]


def test_a_keyword_stands_in_one_competence_only() -> None:
    for row in KEYWORDS:
        holders = [key for key, other in COMPETENCES.items() if row["query"].lower() in other["en"].lower()]
        assert holders == [row["competence"]], row["query"]
    assert len({row["query"].lower() for row in KEYWORDS}) == 60


def test_an_acronym_is_only_ever_spelt_out_and_only_once() -> None:
    for row in ACRONYMS:
        assert row["query"] == f"Looking for {row['acronym']} expertise"
        assert not re.search(rf"\b{re.escape(row['acronym'])}s?\b", row["text"])
        assert [other["id"] for other in ACRONYMS if names_expertise(other["text"], row)] == [row["id"]]


def test_strangers_acronyms_are_spelt_out_in_every_language_and_never_used() -> None:
    for row in STRANGERS_ACRONYMS:
        for language in LANGUAGES:
            assert not re.search(rf"\b{re.escape(row['acronym'])}s?\b", row[language])
        assert [other["id"] for other in STRANGERS_ACRONYMS if names_expertise(other["en"], row)] == [row["id"]]


def test_dashes_and_plurals_do_not_hide_a_second_right_answer() -> None:
    acronym = {"acronym": "CAR-T", "long_form": "chimeric antigen receptor T"}
    assert names_expertise("We make CAR-Ts", acronym)
    assert names_expertise("chimeric antigen-receptor T cells", acronym)
    assert not names_expertise("a cart for samples", acronym)


def test_every_set_has_the_files_of_the_judged_layout(folders: dict[str, Path]) -> None:
    names = ("own-needs", "plain-needs", "strangers-needs", "strangers-acronyms")
    pairs = {f"{name}-{asked}-{told}" for name in names for asked, told in PAIRS}
    short = {f"short-needs-{asked}-{told}" for asked in LANGUAGES for told in LANGUAGES}
    keywords = {"own-needs-keywords", "own-needs-acronyms", "short-needs-keywords"}
    assert set(folders) == pairs | short | keywords
    for folder in folders.values():
        assert sorted(path.name for path in folder.iterdir()) == [
            "corpus.jsonl.gz",
            "qrels.tsv",
            "queries.jsonl.gz",
            "set.json",
        ]
        assert json.loads((folder / "set.json").read_text())["rank"] == "documents"
        corpus = {row["_id"] for row in rows_of(folder / "corpus.jsonl.gz")}
        queries = {row["_id"] for row in rows_of(folder / "queries.jsonl.gz")}
        answers = answers_of(folder)
        assert {query for query, _, _ in answers} == queries
        assert {document for _, document, _ in answers} <= corpus
        assert {grade for _, _, grade in answers} == {"1"}


def test_a_set_asks_in_one_language_and_tells_in_the_other(folders: dict[str, Path]) -> None:
    for asked, told in PAIRS:
        folder = folders[f"own-needs-{asked}-{told}"]
        queries, corpus = rows_of(folder / "queries.jsonl.gz"), rows_of(folder / "corpus.jsonl.gz")
        assert [row["text"] for row in queries] == [row[asked] for row in NEEDS.values()]
        assert {row["_id"]: row["text"] for row in corpus} == {k: row[told] for k, row in COMPETENCES.items()}
        assert ({row["language"] for row in queries}, {row["language"] for row in corpus}) == ({asked}, {told})


def test_acronyms_are_looked_for_among_texts_that_cannot_answer_by_accident(folders: dict[str, Path]) -> None:
    corpus = {row["_id"]: row["text"] for row in rows_of(folders["own-needs-acronyms"] / "corpus.jsonl.gz")}
    assert len(corpus) > 300
    for row in ACRONYMS:
        assert [key for key, text in corpus.items() if names_expertise(text, row)] == [f"d{row['id']}"]


def test_the_same_sources_give_the_same_bytes(folders: dict[str, Path], tmp_path: Path) -> None:
    for again in write_sets(tmp_path):
        for path in again.iterdir():
            assert path.read_bytes() == (folders[again.name] / path.name).read_bytes()
