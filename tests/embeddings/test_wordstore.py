"""Kept terms make a start faster and change nothing; whatever is wrong with them, texts are read as before."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings import HashingEncoder, Matcher, Statement
from embeddings.glossary import Acronym, Glossary
from embeddings.lexical import WordBlock
from embeddings.reading import Reader
from embeddings.wordstore import MANIFEST

TEXTS = (
    ("GMP production of CAR-T cells for early trials", "en"),
    ("Herstellung von Zelltherapeutika unter GMP", "de"),
    ("Lytiska bakteriofager mot biofilm på implantat", "sv"),
    ("Osteogenesis imperfecta, a rare bone disease", "en"),
    ("", "en"),
)


def statements(texts: tuple[tuple[str, str], ...] = TEXTS, first: int = 1) -> list[Statement]:
    rows = HashingEncoder().encode_passages([text or "nothing" for text, _ in texts])
    return [
        Statement(id=first + n, text=text, language=language, owners=(10 + n,), item=first + n, vector=rows[n])
        for n, (text, language) in enumerate(texts)
    ]


def answers(matcher: Matcher) -> list[tuple[int, float]]:
    """What is found for each text and for words that are only like those of the texts."""
    asked = [*TEXTS, ("osteogenic bacteriophage therapy", "en")]
    return [
        (match.key, round(match.score or 0.0, 9))
        for text, language in asked
        for match in matcher.rank_items(matcher.prepare(text, language=language), allowed=None, limit=9, explain=False)
    ]


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are read into their terms."""
    read: list[str] = []
    block = Reader.block

    def noting(self: Reader, texts: list[tuple[str, str]]) -> WordBlock:
        read.extend(text for text, _ in texts)
        return block(self, texts)

    monkeypatch.setattr(Reader, "block", noting)
    return read


def filled(folder: Path, **more: object) -> Matcher:
    matcher = Matcher(HashingEncoder(), words_folder=folder, **more)  # type: ignore[arg-type]
    matcher.put(statements())
    return matcher


def test_a_second_start_reads_nothing_and_finds_the_same(tmp_path: Path, reading: list[str]) -> None:
    first = filled(tmp_path)
    first.keep_words()
    found = answers(first)
    assert found
    assert len(reading) == len(TEXTS)
    second = filled(tmp_path)
    assert len(reading) == len(TEXTS)
    assert answers(second) == found
    assert answers(second) == answers(filled(tmp_path / "elsewhere"))


def test_only_what_is_new_is_read(tmp_path: Path, reading: list[str]) -> None:
    filled(tmp_path).keep_words()
    del reading[:]
    matcher = Matcher(HashingEncoder(), words_folder=tmp_path)
    new = ("A new text about organoids", "en")
    changed = ("Osteogenesis imperfecta, a rare bone disease", "")
    matcher.put(statements((TEXTS[0], new, changed, TEXTS[2])))
    assert sorted(reading) == sorted([new[0], changed[0]]), "the language a text is read in counts as well"
    alone = Matcher(HashingEncoder())
    alone.put(statements((TEXTS[0], new, changed, TEXTS[2])))
    assert answers(matcher) == answers(alone)


def test_a_text_that_is_gone_leaves_no_word_behind(tmp_path: Path) -> None:
    matcher = filled(tmp_path)
    matcher.put(statements((("Confidential xylophagous enzyme", "en"),), first=50))
    matcher.keep_words()
    assert b"xylophag" in kept(tmp_path).read_bytes()
    matcher.drop([50])
    matcher.keep_words()
    assert b"xylophag" not in kept(tmp_path).read_bytes()
    assert len(list(tmp_path.glob("words-*"))) == 1
    assert answers(filled(tmp_path)) == answers(matcher)


def test_nothing_is_written_without_news_or_too_soon(tmp_path: Path) -> None:
    filled(tmp_path).keep_words()
    before = kept(tmp_path).stat().st_mtime_ns
    again = filled(tmp_path)
    again.keep_words()
    again.put(statements((("Something else", "en"),), first=50))
    again.keep_words(older_than=600)
    assert kept(tmp_path).stat().st_mtime_ns == before
    assert again.has_words_to_keep
    again.keep_words()
    assert not again.has_words_to_keep
    assert kept(tmp_path).stat().st_mtime_ns != before


def kept(folder: Path) -> Path:
    return folder / json.loads((folder / MANIFEST).read_text())["file"]


def zeroed(folder: Path) -> None:
    data = bytearray(kept(folder).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 64] = bytes(64)
    kept(folder).write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [
        zeroed,
        lambda folder: kept(folder).write_bytes(kept(folder).read_bytes()[:-100]),
        lambda folder: kept(folder).unlink(),
        lambda folder: (folder / MANIFEST).write_text("{"),
        lambda folder: (folder / MANIFEST).write_text("[]"),
        lambda folder: (folder / MANIFEST).unlink(),
    ],
    ids=["zeroed", "truncated", "gone", "manifest cut", "manifest of another shape", "manifest gone"],
)
def test_whatever_is_damaged_is_read_anew_and_kept_again(
    tmp_path: Path, reading: list[str], damage: Callable[[Path], None]
) -> None:
    first = filled(tmp_path)
    first.keep_words()
    damage(tmp_path)
    del reading[:]
    second = filled(tmp_path)
    assert len(reading) == len(TEXTS)
    assert answers(second) == answers(first)
    second.keep_words()
    del reading[:]
    filled(tmp_path)
    assert reading == []


def test_another_glossary_reads_everything_anew(tmp_path: Path, reading: list[str]) -> None:
    filled(tmp_path).keep_words()
    del reading[:]
    other = Glossary.of({"de": {"herstellung": "making"}}, [Acronym("GMP", {"en": "good manufacturing practice"})])
    filled(tmp_path, glossary=other)
    assert len(reading) == len(TEXTS)


def test_terms_of_an_earlier_glossary_are_never_kept(tmp_path: Path) -> None:
    matcher = filled(tmp_path)
    matcher.glossary = Glossary.of({})
    matcher.keep_words()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_costs_only_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    matcher = filled(tmp_path)
    monkeypatch.setattr("embeddings.wordstore.os.fsync", full)
    matcher.keep_words()
    assert "No space left" in caplog.text
    assert not list(tmp_path.iterdir())
    assert answers(matcher)


def test_ids_are_of_no_account(tmp_path: Path, reading: list[str]) -> None:
    """A restored or copied database has the same texts under other ids."""
    filled(tmp_path).keep_words()
    del reading[:]
    other = Matcher(HashingEncoder(), words_folder=tmp_path)
    other.put(statements(TEXTS[::-1], first=1_000))
    assert reading == []
    assert len(other) == len(TEXTS)


def test_a_text_that_only_gets_its_vector_is_not_read_again(tmp_path: Path, reading: list[str]) -> None:
    pending = [dataclasses.replace(one, vector=None) for one in statements()]
    matcher = Matcher(HashingEncoder())
    matcher.put(pending)
    del reading[:]
    matcher.put(statements())
    assert reading == []
    assert answers(matcher) == answers(filled(tmp_path))
    matcher.glossary = Glossary.of({})
    matcher.put(statements())
    assert len(reading) >= len(TEXTS), "another glossary reads it otherwise"
