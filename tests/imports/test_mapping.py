"""Other people's spreadsheets: headers and words in three languages are read as what they mean."""

from __future__ import annotations

import pytest

from matchmaker.imports.mapping import guess, translated
from matchmaker.imports.readers import FileKind


@pytest.mark.parametrize(
    ("headers", "name", "kind", "place"),
    [
        (["Firma", "Rechtsform", "Stadt", "Land"], "Firma", "Rechtsform", "Stadt"),
        (["Företagsnamn", "Typ", "Ort", "Land"], "Företagsnamn", "Typ", "Ort"),
        (["ORGANISATION", "organisation_type", "City", "Country"], "ORGANISATION", "organisation_type", "City"),
    ],
)
def test_headers_of_three_languages_are_guessed(headers: list[str], name: str, kind: str, place: str) -> None:
    found = guess(FileKind.ORGANISATIONS, headers)
    assert (found["name"], found["type"], found["city"]) == (name, kind, place)
    assert found["country"] == headers[-1]


def test_our_own_name_wins_over_another_header_that_could_mean_it() -> None:
    found = guess(FileKind.ORGANISATIONS, ["Firma", "name", "Beschreibung"])
    assert found["name"] == "name"
    assert "Firma" not in found.values()


def test_each_header_is_taken_once_and_unknown_ones_are_left_out() -> None:
    found = guess(FileKind.STATEMENTS, ["Titel", "Text", "Firma", "Lieblingsfarbe"])
    assert found == {"title": "Titel", "description": "Text", "organisation": "Firma"}


@pytest.mark.parametrize(
    ("written", "country"), [("Deutschland", "DE"), ("Sverige", "SE"), ("Germany", "DE"), ("dk", "dk"), ("", "")]
)
def test_a_country_may_be_named_in_words(written: str, country: str) -> None:
    row = translated(FileKind.ORGANISATIONS, {"country": "Land"}, {"Land": written})
    assert row["country"] == country


@pytest.mark.parametrize(
    ("written", "kind"),
    [("KMU", "sme"), ("Universität", "university"), ("Sjukhus", "clinic"), ("large company", "large_company")],
)
def test_a_kind_of_organisation_may_be_named_in_words(written: str, kind: str) -> None:
    assert translated(FileKind.ORGANISATIONS, {"type": "Art"}, {"Art": written})["type"] == kind


def test_a_word_that_nobody_knows_stays_for_the_reader_to_correct() -> None:
    assert translated(FileKind.ORGANISATIONS, {"type": "Art"}, {"Art": "submarine"})["type"] == "submarine"
