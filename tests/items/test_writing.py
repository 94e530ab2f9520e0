"""Writing help: what it says about good and bad texts, in three languages, and what it leaves in peace."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaker.items.writing import CHECKS, Review, review

GOOD: dict[str, Any] = {
    "title": "Perfusion culture that keeps 30 cm³ bone scaffolds alive",
    "description": (
        "Cells die in the centre of our printed scaffolds after three days. We have tried richer media and smaller "
        "pores; neither helped beyond 8 mm. We can send scaffolds and cells, and need the culture and the readout "
        "under ISO 10993."
    ),
    "expected_result": "A protocol that keeps cells alive for four weeks in the whole scaffold.",
    "keywords": ["perfusion", "bone graft", "bioreactor"],
    "fields": ["bone_healing"],
    "working_languages": ["en", "de"],
    "cooperation": ["services"],
    "partners_sought": ["university"],
    "deadline": date(2030, 1, 1),
    "stage": "prototype",
    "organisation_name": "Knochenwerk GmbH",
}


def codes(found: Review) -> list[str]:
    return [hint.code for hint in found.missing]


def test_a_good_need_lacks_nothing() -> None:
    found = review("need", GOOD)
    assert found.percent == 100
    assert found.missing == []


@pytest.mark.parametrize("kind", sorted(CHECKS))
def test_an_empty_form_is_at_zero_and_is_not_told_what_to_leave_out(kind: Any) -> None:
    found = review(kind, {})
    assert found.percent == 0
    assert not {"boast", "contact", "brand"} & set(codes(found))


@pytest.mark.parametrize(
    "title",
    [
        "Partner wanted",
        "Looking for innovative partners for research collaboration",
        "Innovative Lösung gesucht",
        "Wir suchen Kooperationspartner für ein Projekt",
        "Vi söker samarbetspartner för ett nytt projekt",
        "",
    ],
)
def test_a_title_that_could_be_anything_is_vague(title: str) -> None:
    assert "title_vague" in codes(review("need", {**GOOD, "title": title}))


@pytest.mark.parametrize(
    "title",
    [
        "Biofilmtest an Kathetern unter Fluss",
        "Partner für die GMP-Herstellung autologer Zellprodukte gesucht",
        "Ytbehandling mot biofilm på katetrar",
        "Histology of mineralised tissue",
    ],
)
def test_a_title_that_names_the_thing_is_not_vague(title: str) -> None:
    assert "title_vague" not in codes(review("need", {**GOOD, "title": title}))


@pytest.mark.parametrize(
    "sentence",
    [
        "We are the world-leading provider of grafts.",
        "Our award-winning team works on this.",
        "Wir sind ein renommiertes und mehrfach preisgekröntes Institut.",
        "Som världsledande företag erbjuder vi detta.",
        "Vår metod är prisbelönt.",
    ],
)
def test_prizes_and_praise_are_pointed_out(sentence: str) -> None:
    found = review("need", {**GOOD, "description": f"{GOOD['description']} {sentence}"})
    assert codes(found) == ["boast"]
    assert found.percent < 100


@pytest.mark.parametrize(
    "contact",
    [
        "Write to anna.berg@labb.se",
        "mail: info (at) klinik.de",
        "Call +49 40 123 45 67",
        "Telefon 040/1234567",
        "Ring 08-123 456 78",
        "See https://example.org/contact",
        "Mehr unter www.example.org",
    ],
)
def test_contact_details_in_the_text_are_pointed_out(contact: str) -> None:
    assert codes(review("need", {**GOOD, "description": f"{GOOD['description']} {contact}"})) == ["contact"]


@pytest.mark.parametrize(
    "harmless",
    [
        "The device meets ISO 13485 and IEC 62304 and ran from 2019 to 2025.",
        "Doses from 0.005 to 0.05 mg/ml, 10 000 000 cells in each of 24 wells.",
        "Die AG Biofilm arbeitet mit 37 °C und 5 % CO2.",
        "Grant 101057265 ended in 2024.",
    ],
)
def test_numbers_standards_and_years_are_no_contact_details(harmless: str) -> None:
    assert review("need", {**GOOD, "description": f"{GOOD['description']} {harmless}"}).percent == 100


@pytest.mark.parametrize(
    "brand", ["Our BoneGrow® system does it.", "Made with Meditron AG.", "At Knochenwerk GmbH we know."]
)
def test_brands_and_the_own_name_are_pointed_out(brand: str) -> None:
    assert codes(review("need", {**GOOD, "description": f"{GOOD['description']} {brand}"})) == ["brand"]


def test_a_year_alone_is_nothing_one_can_check() -> None:
    vague = "We have worked on this since 2019 and would like to do more of it with others who know it well. " * 3
    values = {**GOOD, "title": "Culture of bone scaffolds for longer", "description": vague}
    assert "measure" in codes(review("need", {**values, "expected_result": "Cells live longer than they do today."}))
    assert "measure" not in codes(
        review("need", {**values, "expected_result": "Cells live for 28 days, not for three."})
    )


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("expected_result", "result_missing"),
        ("deadline", "deadline"),
        ("cooperation", "cooperation"),
        ("partners_sought", "partners"),
        ("keywords", "keywords"),
        ("fields", "fields"),
        ("stage", "stage"),
        ("working_languages", "languages"),
    ],
)
def test_each_thing_left_out_is_asked_for(field: str, code: str) -> None:
    found = review("need", {**GOOD, field: None})
    assert codes(found) == [code]
    assert found.missing[0].field == field


def test_what_stands_in_the_text_and_should_not_comes_first() -> None:
    found = review("need", {"title": "Partner", "description": "We are unique. Call +46 8 123 456 78."})
    assert codes(found)[:2] == ["contact", "boast"]


def test_a_competence_asks_for_the_other_sides_gain_and_for_evidence() -> None:
    found = codes(review("competence", {"title": GOOD["title"], "description": GOOD["description"]}))
    assert found[0] == "benefit_missing"
    assert "evidence" in found


def test_a_test_field_asks_for_the_way_in() -> None:
    found = codes(review("test_field", {"description": GOOD["description"], "access_steps": ["Write to us."]}))
    assert {"access", "response", "contact_person", "services"} <= set(found)


@settings(max_examples=60, deadline=None)
@given(title=st.text(max_size=300), description=st.text(max_size=3000), result=st.text(max_size=300))
def test_any_text_is_judged_between_nothing_and_everything(title: str, description: str, result: str) -> None:
    found = review("need", {"title": title, "description": description, "expected_result": result})
    assert 0 <= found.percent <= 100
    assert all(str(hint.text) for hint in found.missing)


def test_a_huge_text_is_judged_by_its_beginning() -> None:
    values = {"title": "a" * 500_000, "description": "+49 " * 200_000, "expected_result": "@" * 400_000}
    assert review("need", values).percent < 100
