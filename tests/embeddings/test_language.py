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


SHORT = {
    "en": """We print bones.|Find a partner|Grow our own skin|Safer syringes for nurses|Measuring pain in infants|
        Hearing aids|Who can sequence plants?|Robots in surgery|Freeze-drying of proteins|The rare disease registry|
        Early warning of sepsis|Teeth from the printer|A pump for insulin|Mouse models|Toxicity testing of dyes|
        Help with approval|Eye drops without preservatives|Weighing tablets|Heart valves|Our sensor fails""",
    "de": """Wir drucken Knochen.|Partner finden|Eigene Haut züchten|Sichere Spritzen für die Pflege|
        Schmerzmessung bei Säuglingen|Hörgeräte|Wer sequenziert Pflanzen?|Roboter im Operationssaal|
        Gefriertrocknung von Proteinen|Das Register seltener Krankheiten|Frühwarnung vor Sepsis|Zähne aus dem Drucker|
        Eine Pumpe für Insulin|Mausmodelle|Giftigkeit von Farbstoffen prüfen|Hilfe bei der Zulassung|
        Augentropfen ohne Konservierung|Tabletten wiegen|Herzklappen|Unser Sensor versagt""",
    "sv": """Vi skriver ut ben.|Hitta en partner|Odla egen hud|Säkrare sprutor för vården|Att mäta smärta hos spädbarn|
        Hörapparater|Vem kan sekvensera växter?|Robotar i operationssalen|Frystorkning av proteiner|
        Registret över sällsynta sjukdomar|Tidig varning för sepsis|Tänder från skrivaren|En pump för insulin|
        Musmodeller|Färgämnens giftighet|Hjälp med godkännande|Ögondroppar utan konserveringsmedel|Väga tabletter|
        Hjärtklaffar|Vår sensor fallerar""",
}


def test_short_titles_are_named_rightly_or_not_at_all() -> None:
    """Sixty titles: at most three get a wrong language, and most get one."""
    found = [(spoken, detect_language(t.strip())) for spoken, titles in SHORT.items() for t in titles.split("|")]
    assert len(found) == 60
    wrong = [pair for pair in found if pair[1] not in ("", pair[0])]
    assert len(wrong) <= 3, wrong
    assert sum(told == spoken for spoken, told in found) >= 36


@pytest.mark.parametrize(("text", "not_this"), [("We print bones.", "sv"), ("Find a partner", "de")])
def test_a_few_letters_do_not_outweigh_a_function_word(text: str, not_this: str) -> None:
    assert detect_language(text) != not_this


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


@pytest.mark.parametrize(
    ("asked", "told", "shared"),
    [
        ("Teppich", "Teppichlager", True),
        ("Teppich", "Wandteppich", True),
        ("Lampe", "lamellar", False),
        ("Gitarre", "Gitarrist", True),
        ("Gitarre", "Giraffen", False),
    ],
)
def test_a_word_unknown_to_the_glossary_is_met_at_either_end_or_in_another_form(
    asked: str, told: str, shared: bool
) -> None:
    found = shared_terms(f"{asked} und anderes", told, query_language="de", passage_language="de")
    assert found == ((told,) if shared else ())


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
