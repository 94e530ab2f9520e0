"""The manager's pages of an import, and everybody else's lack of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation
from matchmaker.imports.forms import LARGEST_FILE
from matchmaker.imports.models import ImportedRow, ImportRun, RunState
from tests.factories import World, cluster, user

LIST = "Firma;Art;Stadt;Land\nZellwerk AB;KMU;Umeå;Sverige\nTauchboot;U-Boot;Kiel;DE\n"


@pytest.fixture
def manager(sign_in: Callable[..., FlaskClient], world: World) -> FlaskClient:
    return sign_in(world.manager)


def send(client: FlaskClient, world: World, content: bytes, name: str = "list.csv") -> Any:
    form = {"kind": "organisations", "cluster": world.cluster.public_id, "file": (io.BytesIO(content), name)}
    return client.post("/desk/imports/", data=form, content_type="multipart/form-data")


def address(answer: Any) -> str:
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


def test_a_list_comes_in_from_upload_to_result_and_is_taken_back(
    manager: FlaskClient, world: World, session: Session
) -> None:
    page = address(send(manager, world, LIST.encode()))
    looked_at = manager.get(page).get_data(as_text=True)
    assert "Zellwerk AB" in looked_at
    assert "U-Boot" in looked_at
    assert session.scalars(select(Organisation).where(Organisation.name == "Zellwerk AB")).all() == []

    columns = {"column-name": "Firma", "column-type": "Art", "column-city": "Stadt", "column-country": "Land"}
    manager.post(f"{page}/columns", data={**columns, "duplicates": "skip", "action": "start"})
    # In the tests the worker's part is done as soon as it is woken.
    done = manager.get(page).get_data(as_text=True)
    assert "2 of 2 rows" in done
    assert "Line 3" in done
    [listed] = manager.get("/desk/imports/list.json").json
    assert (listed["filename"], listed["state"], listed["seen"]) == ("list.csv", "done", 2)
    result = manager.get(f"{page}/result.csv")
    assert result.data.decode("utf-8-sig").splitlines()[0:2] == ["line,outcome,reason", "2,created,"]
    assert result.headers["Content-Disposition"].startswith("attachment")

    manager.post(f"{page}/undo")
    assert session.scalars(select(Organisation).where(Organisation.name == "Zellwerk AB")).all() == []


def test_a_reason_is_told_in_the_language_of_whoever_reads_it(
    manager: FlaskClient, world: World, session: Session
) -> None:
    world.manager.locale = "de"
    session.commit()
    torn = send(manager, world, b"name\n\x81\x8d")
    assert "list.csv, Zeile 2: erwartet UTF-8 oder Windows-1252, gefunden Byte 0x81." in torn.text
    page = address(send(manager, world, (LIST + "zu;wenig\n").encode()))
    foreseen = "Zeile 3</span> type: erwartet eines von: sme, large_company"
    assert foreseen in manager.get(page).text
    columns = {"column-name": "Firma", "column-type": "Art", "duplicates": "skip", "action": "start"}
    manager.post(f"{page}/columns", data=columns)
    assert foreseen in manager.get(page).text
    # A row from before sentences were kept with their values.
    (old,) = session.scalars(select(ImportedRow).where(ImportedRow.line == 4))
    assert str(old.reason) == "expected 4 cells, found 2"
    session.execute(update(ImportedRow).where(ImportedRow.id == old.id).values(reason='50 % of {"a": 1}'))
    session.commit()

    world.manager.locale = "sv"
    session.commit()
    assert "Rad 3</span> type: väntade något av: sme, large_company" in manager.get(page).text
    assert "Rad 4</span> 50 % of {&#34;a&#34;: 1}" in manager.get(page).text
    lines = manager.get(f"{page}/result.csv").data.decode("utf-8-sig").splitlines()
    assert lines[:2] == ["line;outcome;reason", "2;created;"]
    assert lines[2].startswith("3;refused;type: väntade något av: sme")


def test_a_spreadsheet_is_read_like_a_text_file(manager: FlaskClient, world: World) -> None:
    book = Workbook()
    sheet = book.active
    for row in (("Firma", "Art", "Anställda"), ("Zellwerk AB", "KMU", 7)):
        sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    page = manager.get(address(send(manager, world, packed.getvalue(), "list.xlsx"))).get_data(as_text=True)
    assert "Zellwerk AB" in page


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("list.pdf", b"%PDF", "expected a file named .csv"),
        ("list.csv", b"", "empty file"),
        ("list.xlsx", b"PK\x03\x04 torn", "Excel file"),
        ("list.jsonl.gz", b"torn", "gzip"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_on_the_form(
    manager: FlaskClient, world: World, session: Session, name: str, content: bytes, said: str
) -> None:
    answer = send(manager, world, content, name)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert session.scalars(select(ImportRun)).all() == []


def test_a_file_larger_than_a_page_takes_is_refused_before_it_is_read(manager: FlaskClient, world: World) -> None:
    claimed = {"CONTENT_LENGTH": str(LARGEST_FILE + 100_000)}
    form = {"content_type": "multipart/form-data; boundary=b", "environ_overrides": claimed}
    assert manager.post("/desk/imports/", data=b"--b--", **form).status_code == 413


def test_a_started_import_cannot_be_given_other_columns(manager: FlaskClient, world: World, session: Session) -> None:
    page = address(send(manager, world, LIST.encode()))
    session.scalars(select(ImportRun)).one().state = RunState.PAUSED
    session.commit()
    answer = manager.post(f"{page}/columns", data={"column-name": "Art", "duplicates": "skip"})
    assert answer.status_code == 409
    assert session.scalars(select(ImportRun)).one().mapping["name"] == "Firma"


def test_nobody_but_the_clusters_managers_sees_that_an_import_exists(
    app: Flask, manager: FlaskClient, world: World, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    page = address(send(manager, world, LIST.encode()))
    elsewhere = user(session, manages=cluster(session))
    session.commit()
    for person in (elsewhere, world.sme_admin, world.platform_admin):
        other = sign_in(person)
        absent = other.get("/desk/imports/zzzzzzzzzzzz")
        assert other.get(page).status_code == absent.status_code == 404
        for step in ("columns", "pause", "resume", "cancel", "undo"):
            assert other.post(f"{page}/{step}").status_code == 404
        assert other.get(f"{page}/result.csv").status_code == 404
    foreign = sign_in(elsewhere)
    assert send(foreign, world, LIST.encode()).status_code == 422
