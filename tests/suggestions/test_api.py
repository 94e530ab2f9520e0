"""Suggestions for programs and for the shell: the same answers as on the pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from matchmaker.accounts import operations as accounts
from matchmaker.permissions import Visibility
from matchmaker.suggestions.models import StatementRow
from tests import factories


@pytest.fixture
def board(session: Session, world: factories.World) -> factories.World:
    factories.competence(
        session, world.university, title="Lytic bacteriophages against biofilm", visibility=Visibility.MEMBERS
    )
    factories.test_field(session, world.host, title="Biofilm test stand for implants")
    session.commit()
    return world


@pytest.fixture
def ask(app: Flask, session: Session, board: factories.World) -> Callable[..., Any]:
    def ask(user: Any, **body: Any) -> Any:
        _, token = accounts.create_token(session, user, name="test", days=1)
        session.commit()
        return app.test_client().post("/api/v1/suggest", json=body, headers={"Authorization": f"Bearer {token}"})

    return ask


def test_a_program_gets_what_its_owner_would_see(ask: Callable[..., Any], board: factories.World) -> None:
    answer = ask(
        board.sme_user, text="lytic bacteriophages against biofilm on implants", kinds=["partners", "test_fields"]
    )
    assert answer.status_code == 200
    (first, *_rest) = answer.json["partners"]["suggestions"]
    assert first["name"] == "Universität Elbstrand"
    assert first["band"] in ("strong", "good", "possible")
    assert first["evidence"][0]["title"] == "Lytic bacteriophages against biofilm"
    assert "biofilm" in first["evidence"][0]["shared_terms"]
    assert "score" not in json.dumps(answer.json)
    assert answer.json["test_fields"]["suggestions"][0]["name"] == "Biofilm test stand for implants"
    outside = ask(board.outsider, text="lytic bacteriophages against biofilm").json["partners"]
    assert "Universität Elbstrand" not in [one["name"] for one in outside["suggestions"]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"text": ""}, 422),
        ({"text": "x", "limit": 0}, 422),
        ({"text": "x", "kinds": ["people"]}, 422),
        ({"text": "x", "filters": {"sector": "nonsense"}}, 422),
        ({"text": "x", "filters": {"colour": "red"}}, 422),
        ({"text": "x", "secret": 1}, 422),
    ],
)
def test_what_does_not_fit_the_schema_is_refused_in_json(
    ask: Callable[..., Any], board: factories.World, body: dict[str, Any], status: int
) -> None:
    answer = ask(board.sme_user, **body)
    assert answer.status_code == status
    assert answer.json["error"]["code"] == "invalid"


def test_without_a_token_there_is_no_answer(client: FlaskClient, board: factories.World) -> None:
    answer = client.post("/api/v1/suggest", json={"text": "biofilm"})
    assert answer.status_code in (401, 404)
    assert answer.json["error"]["code"] in ("unauthenticated", "not_found")


def test_the_shell_prints_a_table_or_json(app: Flask, board: factories.World) -> None:
    run = app.test_cli_runner().invoke
    table = run(args=["suggest", "--text", "lytic bacteriophages against biofilm", "--as", board.sme_user.email])
    assert table.exit_code == 0, table.output
    assert "Universität" in table.output
    answer = run(args=["suggest", "--text", "biofilm test stand", "--kind", "test_fields", "--json"])
    assert json.loads(answer.stdout)["suggestions"][0]["organisation"]["name"] == "Mälardalens Testbädd AB"
    nobody = run(args=["suggest", "--text", "lytic bacteriophages", "--json"])
    assert json.loads(nobody.stdout)["suggestions"] == [], "without --as only what is public is compared"
    assert run(args=["suggest", "--text", "x", "--filter", "sector=nonsense"]).exit_code == 2
    assert run(args=["suggest", "--text", "x", "--as", "nobody@nowhere.example"]).exit_code == 1


def test_check_tells_what_is_stale_and_sync_repairs_it(app: Flask, session: Session, board: factories.World) -> None:
    run = app.test_cli_runner().invoke
    assert run(args=["index", "sync"]).exit_code == 0
    assert run(args=["index", "check"]).exit_code == 0

    session.execute(update(StatementRow).where(StatementRow.text.contains("phage")).values(text_hash="damaged"))
    session.commit()

    check = run(args=["index", "check"])
    assert check.exit_code == 1
    assert "statements that are stale, their text or owner changed: 1" in check.output
    assert run(args=["index", "sync"]).exit_code == 0
    assert run(args=["index", "check"]).exit_code == 0
    assert run(args=["index", "sync"]).output.count("brought in step") == 0
