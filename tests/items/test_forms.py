"""The fields that all items' forms share."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from matchmaker.profiles.forms import EvidenceForm, ProfileForm
from matchmaker.profiles.identifiers import orcid


def sent(app: Flask, form: type[Any], **values: str) -> Any:
    with app.test_request_context(method="POST"):
        made = form(MultiDict(values))
        if isinstance(made, EvidenceForm):
            made.offer_competences([])
        made.validate()
        return made


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("example.org/papers", "https://example.org/papers"),
        ("HTTP://EXAMPLE.ORG", "HTTP://EXAMPLE.ORG"),
        ("", ""),
    ],
)
def test_web_addresses_are_taken_and_completed(app: Flask, typed: str, kept: str) -> None:
    form = sent(app, EvidenceForm, kind="publication", title="A title", url=typed)
    assert form.errors == {}
    assert form.url.data == kept


@pytest.mark.parametrize(
    "typed",
    ["javascript:alert(1)", "data:text/html,x", "ftp://example.org", "https://", "https://a b.org", "http://user@evil.org",
     'https://x.org/"onclick="', "not an address", "https://example.org/" + "x" * 300],
)  # fmt: skip
def test_anything_else_is_no_web_address(app: Flask, typed: str) -> None:
    assert "url" in sent(app, EvidenceForm, kind="publication", title="A title", url=typed).errors


@pytest.mark.parametrize("year", ["1899", "2999", "20x4", "-1"])
def test_a_year_is_one_of_ours(app: Flask, year: str) -> None:
    assert "year" in sent(app, EvidenceForm, kind="publication", title="A title", year=year).errors


def test_an_orcid_is_checked_by_its_last_digit() -> None:
    assert orcid("0000-0002-1825-0097") == "0000-0002-1825-0097"
    assert orcid("https://orcid.org/0000-0002-1694-233x") == "0000-0002-1694-233X"
    assert orcid("0000000218250097") == "0000-0002-1825-0097"
    for wrong in ("0000-0002-1825-0098", "0000-0002-1694-2330", "0000-0002-1825", "hello", ""):
        assert orcid(wrong) is None


def test_a_wrong_orcid_is_explained_and_kept_as_typed(app: Flask) -> None:
    form = sent(app, ProfileForm, kind="person", name="Åsa", orcid="0000-0002-1825-0098")
    assert "16 digits" in form.errors["orcid"][0]
    assert form.orcid.data == "0000-0002-1825-0098"
