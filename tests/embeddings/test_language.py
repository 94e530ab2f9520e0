"""Languages are told apart, long texts are split without loss, shared words are found and marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings import detect_language, mark_terms, normalise, shared_terms, split_statements


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We are looking for a partner who can manufacture viral vectors under GMP.", "en"),
        ("Wir suchen einen Partner, der virale Vektoren unter GMP herstellen kann.", "de"),
        ("Vi söker en partner som kan tillverka virala vektorer enligt GMP.", "sv"),
        ("Klinische Studien", "de"),
        ("kliniska prövningar", "sv"),
        ("clinical trials in oncology", "en"),
        ("Orbitrap", ""),
        ("GMP", ""),
        ("", ""),
        ("12345", ""),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_a_short_text_is_one_statement() -> None:
    assert split_statements("We make stents.  ") == ["We make stents."]
    assert split_statements("  ") == []


def test_a_long_text_is_cut_between_sentences() -> None:
    text = " ".join(f"Sentence number {n} speaks of topic {n}." for n in range(60))
    parts = split_statements(text, limit=100)
    assert len(parts) > 1
    assert all(part.endswith(".") and len(part.split()) <= 100 for part in parts)


@given(st.text(alphabet="ab .!?\n", max_size=400), st.integers(1, 20))
def test_splitting_loses_no_word_and_keeps_the_limit(text: str, limit: int) -> None:
    parts = split_statements(text, limit=limit)
    assert " ".join(parts).split() == text.split()
    assert all(len(part.split()) <= limit for part in parts)


def test_shared_terms_are_the_passage_s_own_words() -> None:
    assert shared_terms("production of cell therapies", "Therapy with cells, productions here") == (
        "Therapy",
        "cells",
        "productions",
    )


def test_joined_words_stay_whole_and_match_however_they_are_written() -> None:
    assert shared_terms("CAR-T production", "A CART facility") == ("CART",)
    assert shared_terms("ISO 13485", "certified to ISO-13485") == ("ISO-13485",)


def test_a_german_compound_shares_its_parts() -> None:
    assert shared_terms("Heilung von Knochen", "Knochenheilung", query_language="de", passage_language="de") == (
        "Knochenheilung",
    )


def test_stop_words_are_never_shared_but_names_in_capitals_are() -> None:
    assert shared_terms("the and of it", "it is the way of it") == ()
    assert shared_terms("WHO guidance", "as the WHO says") == ("WHO",)


def test_marked_segments_are_the_text() -> None:
    text = "We make viral vectors, and GMP-grade plasmids."
    segments = mark_terms(text, ("vectors", "GMP"))
    assert "".join(s for s, _ in segments) == text
    assert [s for s, marked in segments if marked] == ["vectors", "GMP-grade"]


@given(st.text(max_size=60), st.lists(st.text(max_size=8), max_size=3))
def test_marking_never_changes_a_text(text: str, terms: list[str]) -> None:
    assert "".join(s for s, _ in mark_terms(text, terms)) == text


def test_normalising_keeps_letters_and_drops_the_rest() -> None:
    assert normalise(" Zell\u00adtherapie\x07 \n u\u0308ber ") == "Zelltherapie über"
