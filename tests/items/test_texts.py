"""How typed text is cleaned."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from matchmaker.texts import as_it_looks, clean_line, clean_text, comparison_key, disguised_word, excerpt, web_address


def test_a_name_loses_what_cannot_be_seen_and_is_composed() -> None:
    assert clean_line(" Kno\u200bchen\u202ewerk\u00ad \t Gmb\ufeffH\n") == "Knochenwerk GmbH"
    assert clean_line("A\u0308rzte") == "Ärzte"


def test_a_text_keeps_its_paragraphs() -> None:
    assert clean_text("One \r\n\r\n\r\n\r\nTwo\u200b\x00\rThree  ") == "One\n\nTwo\nThree"


def test_names_that_look_alike_compare_alike() -> None:
    assert comparison_key("  Müller\u200b  KLINIK ") == comparison_key("Muller Klinik") == "muller klinik"
    assert comparison_key("Straße") == comparison_key("STRASSE")


def test_a_word_in_which_letters_pass_for_latin_ones_is_found() -> None:
    assert disguised_word("\u041anochenwerk GmbH") == "\u041anochenwerk", "the first letter is Cyrillic"
    assert disguised_word("Klinik N\u03bfrd") == "N\u03bfrd", "the second one is Greek"
    for honest in (
        "Knochenwerk GmbH",
        "Київ Інститут",
        "Οργανισμός ΑΕ",
        "TNFα Therapeutics",
        "β-Lactam AB",
        "東京 Lab",
    ):
        assert disguised_word(honest) == "", honest


def test_a_name_in_other_letters_is_read_as_it_looks() -> None:
    assert as_it_looks("\u0430\u0440\u0440\u04cf\u0435") == "apple"
    assert as_it_looks("Müller & Söhne") == "Müller & Söhne"


def test_only_web_addresses_may_stand_in_a_link() -> None:
    assert web_address("https://example.org/a") == "https://example.org/a"
    for other in ("javascript:alert(1)", "data:text/html,x", "//example.org", "ftp://example.org", "", None):
        assert web_address(other) == ""


def test_an_excerpt_ends_with_a_whole_word_and_says_that_more_follows() -> None:
    assert excerpt("Known for six cell types. And more.", 26) == "Known for six cell types …"
    assert excerpt("Known for six cell types.", 25) == "Known for six cell types."
    assert excerpt(None, 10) == ""


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    line, whole = clean_line(text), clean_text(text)
    assert clean_line(line) == line
    assert clean_text(whole) == whole
    assert unicodedata.is_normalized("NFC", whole)
