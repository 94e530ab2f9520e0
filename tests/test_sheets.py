"""Lists as files: they open in a spreadsheet without running anything, and come in again as they were."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.imports.formats import read
from matchmaker.imports.operations import _SHARED
from matchmaker.imports.readers import Row
from matchmaker.imports.records import StatementRecord, parse
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence, Evidence
from matchmaker.sheets import Column, Format, answer, neutral, restored
from matchmaker.testfields.models import TestField
from tests import factories
from tests.factories import World, organisation

COLUMNS = [Column("name", lambda row: row[0]), Column("fields", lambda row: row[1]), Column("day", lambda row: row[2])]
ROWS = [("=1+1", ["atmp", "devices"], date(2026, 11, 24)), ("Ærø AB", [], None)]


@pytest.mark.parametrize("cell", ["=1+1", "+49 40", "-5", "@SUM(A1)", "\t=1", "\r=1", " =1", '"=1', "'=1", "＝1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert neutral(cell) == f"'{cell}"
    assert restored(neutral(cell)) == cell


@pytest.mark.parametrize("cell", ["", "Ærø", "3-D printing", "O'Neill", "'quoted' words", "' '"])
def test_a_harmless_cell_stays_as_it_is(cell: str) -> None:
    assert neutral(cell) == restored(cell) == cell


@given(st.text(alphabet="='\"+-@ \ta＝"))
def test_whatever_was_written_comes_back(text: str) -> None:
    assert restored(neutral(text)) == text


@pytest.mark.parametrize(("language", "separator"), [("en", ","), ("de", ";"), ("sv", ";")])
def test_csv_is_written_as_the_readers_excel_opens_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch, language: str, separator: str
) -> None:
    monkeypatch.setattr("matchmaker.sheets.get_locale", lambda: language)
    with app.app_context():
        made = answer("list", Format.CSV, COLUMNS, ROWS)
    assert made.get_data().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(made.get_data().decode("utf-8-sig")), delimiter=separator))
    assert rows == [["name", "fields", "day"], ["'=1+1", "atmp; devices", "2026-11-24"], ["Ærø AB", "", ""]]


def test_a_workbook_holds_texts_and_no_formulas(app: Flask) -> None:
    with app.app_context():
        made = answer("list", Format.XLSX, COLUMNS, ROWS)
    cells = [cell for row in load_workbook(io.BytesIO(made.get_data())).active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value} == {"s"}
    assert cells[3].value == "'=1+1"


def test_json_keeps_lists_and_says_nothing_where_there_is_nothing(app: Flask) -> None:
    with app.app_context():
        made = answer("list", Format.JSON, COLUMNS, ROWS)
    assert json.loads(made.get_data())[1] == {"name": "Ærø AB", "fields": [], "day": None}


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_an_exported_list_of_organisations_reads_back_as_it_was(
    client: FlaskClient, session: Session, world: World, format: str
) -> None:
    organisation(session, within=world.cluster, name="=HYPERLINK AB", city="Älmhult", fields=["atmp", "devices"])
    session.commit()
    sent = client.get(f"/organisations.{format}?q=HYPERLINK")
    assert sent.headers["Content-Disposition"] == f'attachment; filename="organisations.{format}"'
    rows: list[Any] = list(read(f"list.{format}", sent.get_data()))
    assert [(row.values["name"], row.values["city"], row.values["fields"]) for row in rows if isinstance(row, Row)] == [
        ("=HYPERLINK AB", "Älmhult", "atmp; devices")
    ]


def test_the_file_holds_the_list_as_it_is_narrowed(client: FlaskClient, session: Session, world: World) -> None:
    page = client.get("/organisations?country=SE").get_data(as_text=True)
    assert 'href="/organisations.csv?country=SE"' in page
    listed = client.get("/organisations.json?country=SE").get_json()
    assert [one["name"] for one in listed] == [world.host.name]


@pytest.fixture
def readers(sign_in: Any, session: Session, world: World) -> dict[str, FlaskClient]:
    """A cluster with something in every list, and browsers of those who read them."""
    hidden = {"visibility": Visibility.TEASER, "teaser": "A maker of implants seeks cells. Flow helps."}
    factories.need(session, world.sme, title="Chondrocytes for a knee", **hidden)
    draft = {"state": ItemState.DRAFT, "keywords": ["bone"], "trl_min": 3, "countries": ["DE", "SE"]}
    factories.need(session, world.sme, title="=SUM of bone", **draft)
    factories.competence(session, world.university, title="Bone ingrowth imaging", trl=4)
    factories.evidence(session, world.university, title="Growth of bone", organisations=[world.university, world.host])
    factories.test_field(session, world.host, title="A clean room for bone")
    session.commit()
    people = {"owner": world.sme_user, "other": world.researcher, "manager": world.manager}
    return {name: sign_in(user) for name, user in people.items()}


LISTS = [
    *(("owner", page) for page in ("/search?what=need&sector=industry", "/search?q=bone", "/needs/mine?state=draft")),
    *(("other", page) for page in ("/offers", "/offers/evidence", "/test-fields/?rung=gmp", "/search?what=teaser")),
    *(("manager", page) for page in ("/cluster/members?q=Elb", "/desk/", "/organisations?country=SE")),
]


def test_every_list_is_had_as_a_file_narrowed_as_its_page(readers: dict[str, FlaskClient]) -> None:
    for who, page in LISTS:
        shown = readers[who].get(page).get_data(as_text=True)
        files = [unescape(url) for url in re.findall(r'href="([^"]+)" download', shown)]
        assert len(files) % 3 == 0 < len(files), page
        for url in files:
            assert url.partition("?")[2] == page.partition("?")[2]
            sent = readers[who].get(url)
            assert (sent.status_code, sent.headers["Cache-Control"]) == (200, "no-store"), url
            if sent.is_json:
                assert sent.get_json(), f"{url}: the page lists something, the file nothing"


OWN_LISTS = ("needs/mine.csv", "offers.xlsx", "offers/evidence.csv", "test-fields/mine.xlsx")


@pytest.mark.parametrize("page", OWN_LISTS)
def test_what_one_registered_comes_in_again_as_it_was(
    sign_in: Any, readers: dict[str, FlaskClient], session: Session, world: World, page: str
) -> None:
    host = factories.user(session, of=world.host)
    session.commit()
    who = {"needs": world.sme_user, "offers": world.researcher, "test-fields": host}
    sent = sign_in(who[re.split("[/.]", page)[0]]).get(f"/{page}")
    rows = [row for row in read(page, sent.get_data()) if isinstance(row, Row)]
    # What is in confidence comes with its visibility, which an import refuses by name rather than open it to anybody.
    rows = [row for row in rows if row.values["visibility"] != "teaser"]
    records = [parse(StatementRecord, row.values) for row in rows]
    model = dict(zip(OWN_LISTS, (Need, Competence, Evidence, TestField), strict=True))[page]
    items = {one.public_id: one for one in session.scalars(select(model))}
    assert records
    for record in records:
        item, values = items[record.key], record.model_dump()
        values |= {"kind": values[f"{record.kind}_kind"]} if f"{record.kind}_kind" in values else {"kind": None}
        for name in {*_SHARED, *model.own, "fields", "state", "expires_on", "kind"} & set(dir(item)):
            assert values[name] == getattr(item, name), name
        if record.kind == "evidence":
            assert record.partners == [world.host.name]


def test_a_file_of_teasers_tells_what_their_page_tells(readers: dict[str, FlaskClient]) -> None:
    [row] = readers["other"].get("/search.json?what=teaser").get_json()
    assert row["teaser"] == "A maker of implants seeks cells. Flow helps."
    assert set(row) == {
        *("key", "kind", "teaser", "sector", "country", "size", "fields", "cooperation", "language", "page")
    }
    assert [row["sector"], row["country"]] == [None, None]


def test_suggestions_leave_with_words_and_without_scores(readers: dict[str, FlaskClient], session: Session) -> None:
    need = session.scalars(select(Need).where(Need.title.like("=SUM%"))).one()
    [first, *_] = readers["owner"].get(f"/suggestions/need/{need.public_id}/list.json").get_json()
    assert first["name"] == "Universität Elbstrand"
    assert "Bone" in first["offered"]
    assert not any(isinstance(value, float) for value in first.values())
