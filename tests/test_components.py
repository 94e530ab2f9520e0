"""The components of the pages: what they promise to people, and the rules the design keeps itself."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, get_template_attribute
from flask_wtf import FlaskForm
from sqlalchemy.exc import OperationalError
from wtforms import BooleanField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

ROOT = Path(__file__).resolve().parent.parent
CSS = ROOT / "static" / "css"


class Form(FlaskForm):
    title = StringField("Title", [InputRequired("Give it a title."), Length(max=20, message="Keep it short.")])
    text = TextAreaField("Text")
    ways = SelectMultipleField(
        "Ways",
        choices=[SelectChoice("licence", "Licence"), SelectChoice("services", "Services")],
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )
    reader = RadioField("Reader", choices=[SelectChoice("private", "Private"), SelectChoice("public", "Public")])
    anywhere = BooleanField("Anywhere")


@pytest.fixture
def posted(app: Flask) -> Iterator[Form]:
    """A form that came back: the title is missing, the rest was filled in."""
    data = {"title": "", "text": "ninety <b>vials</b>", "ways": "services", "reader": "public", "anywhere": "y"}
    with app.test_request_context("/", method="POST", data=data):
        form = Form()
        assert not form.validate()
        yield form


def render(name: str, *arguments: Any, **keywords: Any) -> str:
    return str(get_template_attribute("_macros.html", name)(*arguments, **keywords))


def test_a_field_names_its_error_and_its_help_to_a_screen_reader(posted: Form) -> None:
    page = render("field", posted.title, help="One line.")
    assert 'aria-describedby="title-help title-error title-count"' in page
    assert 'aria-invalid="true"' in page
    assert re.search(r'id="title-error">.*Give it a title\.', page)
    assert re.search(r'id="title-help">One line\.', page)


def test_a_form_that_comes_back_keeps_what_was_typed_and_ticked(posted: Form) -> None:
    assert "ninety &lt;b&gt;vials&lt;/b&gt;" in render("field", posted.text)
    assert re.search(r'value="services" checked', render("field", posted.ways))
    assert not re.search(r'value="licence" checked', render("field", posted.ways))
    assert re.search(r'value="public" checked', render("field", posted.reader))
    assert re.search(r"<input[^>]*\bchecked\b", render("field", posted.anywhere))


def test_the_browser_never_cuts_a_text_that_is_too_long(posted: Form) -> None:
    page = render("field", posted.title)
    assert "maxlength" not in page
    assert 'data-count="20"' in page


def test_the_summary_of_errors_takes_the_focus_and_leads_to_each_field(posted: Form) -> None:
    page = render("form_errors", posted)
    assert "autofocus" in page
    assert re.search(r'<a href="#title">Title</a>: Give it a title\.', page)


def test_groups_of_choices_carry_their_question(posted: Form) -> None:
    for field in (posted.ways, posted.reader):
        assert re.search(rf"<fieldset[^>]*>\s*<legend[^>]*>{field.label.text}", render("field", field))


@pytest.mark.parametrize(
    ("value", "word"), [("strong", "Strong fit"), ("good", "Good fit"), ("possible", "Possible fit")]
)
def test_a_band_is_a_word_before_it_is_a_colour(app: Flask, value: str, word: str) -> None:
    with app.test_request_context("/"):
        assert word in render("band", value)


def test_the_shared_terms_of_a_pair_are_marked_and_everything_is_escaped(app: Flask) -> None:
    with app.test_request_context("/"):
        page = render("pair", "You seek", [("a <i>", False), ("GLP", True)], "They offer", "under GLP & more")
    assert "a &lt;i&gt;<mark>GLP</mark>" in page
    assert "under GLP &amp; more" in page


def test_every_symbol_that_a_template_asks_for_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (ROOT / "static/icons.svg").read_text(encoding="utf-8")))
    asked = {
        (path.name, name)
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"""(?:icon\(|icon_name=)["']([a-z-]+)["']""", path.read_text(encoding="utf-8"))
    }
    assert not {(where, name) for where, name in asked if name not in drawn}


def test_only_the_tokens_name_a_colour_or_a_size_of_type() -> None:
    raw = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(|font-size:\s*[\d.]+(?:px|rem)")
    offenders = [
        f"{path.name}: {line.strip()}"
        for path in sorted(CSS.glob("*.css"))
        if path.name != "tokens.css"
        for line in path.read_text(encoding="utf-8").splitlines()
        if raw.search(line)
    ]
    assert not offenders


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


#: What is written on what.
WRITTEN_ON = {
    "ink": ("page", "card", "raised", "sunk", "mark", "accent-soft", "attention-soft"),
    "ink-2": ("page", "card", "raised", "sunk"),
    "accent": ("page", "card", "raised", "sunk", "accent-soft"),
    "accent-strong": ("page", "card", "accent-soft"),
    "attention": ("page", "card", "raised", "attention-soft"),
    "on-accent": ("accent-fill", "accent-strong", "accent"),
    "on-attention": ("attention",),
    "academia": ("page", "card", "academia-soft"),
    "industry": ("page", "card", "industry-soft"),
    "care": ("page", "card", "care-soft"),
    "public": ("page", "card", "public-soft"),
    "testfield": ("page", "card", "testfield-soft"),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_controls_stand_out_from_their_ground(theme: str) -> None:
    tokens = {
        name: {"light": light, "dark": dark}[theme]
        for name, light, dark in re.findall(
            r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", (CSS / "tokens.css").read_text("utf-8")
        )
    }
    weak = [
        f"{text} on {ground}: {contrast(tokens[text], tokens[ground]):.2f}"
        for text, grounds in WRITTEN_ON.items()
        for ground in grounds
        if contrast(tokens[text], tokens[ground]) < 4.5
    ]
    weak += [
        f"line-control on {ground}: {contrast(tokens['line-control'], tokens[ground]):.2f}"
        for ground in ("page", "card", "raised")
        if contrast(tokens["line-control"], tokens[ground]) < 3
    ]
    assert not weak


def test_the_frame_of_a_page_stays_light_on_a_slow_line(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/no-such-page")
    addresses = re.findall(r'(?:href|src)="([^"]+\.(?:css|js|svg)\?v=[^"]+)"', page.text)
    assert len(addresses) >= 8
    sizes = {}
    for address in addresses:
        with client.get(address) as answer:
            sizes[address] = len(gzip.compress(answer.data))
    assert sum(sizes.values()) + len(gzip.compress(page.data)) < 80_000, sizes


def test_the_page_about_a_lost_database_does_not_need_the_database(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_arguments: object, **_keywords: object) -> None:
        raise OperationalError("SELECT", {}, Exception("the disk is gone"))

    monkeypatch.setattr("matchmaker.accounts.queries.sign_in_for_cookie", lost)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "somebody"
    answer = client.get("/account")
    assert answer.status_code == 503
    assert "What you saved is safe" in answer.text
