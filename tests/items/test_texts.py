"""How typed text is cleaned."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from matchmaker.texts import clean_line, clean_text, comparison_key, excerpt, web_address


def test_a_name_loses_what_cannot_be_seen_and_is_composed() -> None:
    assert clean_line(" Kno\u200bchen\u202ewerk\u00ad \t Gmb\ufeffH\n") == "Knochenwerk GmbH"
    assert clean_line("A\u0308rzte") == "Ärzte"


def test_a_text_keeps_its_paragraphs() -> None:
    assert clean_text("One \r\n\r\n\r\n\r\nTwo\u200b\x00\rThree  ") == "One\n\nTwo\nThree"


def test_names_that_look_alike_compare_alike() -> None:
    assert comparison_key("  Müller\u200b  KLINIK ") == comparison_key("Muller Klinik") == "muller klinik"
    assert comparison_key("Straße") == comparison_key("STRASSE")


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
