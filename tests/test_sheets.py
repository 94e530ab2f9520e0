"""Lists as files: they open in a spreadsheet without running anything, and come in again as they were."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from matchmaker.imports.formats import read
from matchmaker.imports.readers import Row
from matchmaker.sheets import Column, Format, answer, neutral, restored
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
