"""The log tells what happened and to whom, by number; never what anybody wrote, searched for or is called."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker.accounts.operations import create_token
from matchmaker.config import Settings
from matchmaker.db import db
from matchmaker.permissions import Permission, permits
from tests import factories
from tests.factories import PASSWORD, World

CANARY = "zanzibarkanarie"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, log_level="DEBUG")


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Standard error, readable."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.fixture
def app(printed: io.StringIO, make_app: Callable[..., Flask]) -> Flask:
    """Made once standard error is readable, so that it prints there."""
    return make_app()


def test_no_word_of_anybody_reaches_the_log(
    printed: io.StringIO,
    app: Flask,
    world: World,
    session: Session,
    sign_in: Callable[..., FlaskClient],
) -> None:
    app._got_first_request = False

    @permits(Permission.BROWSE)
    def failing(word: str) -> str:
        raise RuntimeError(f"{CANARY} in the text of an exception: {word}")

    app.add_url_rule("/failing/<word>", "failing", failing, methods=["GET", "POST"])
    need = factories.need(session, world.sme, title=f"{CANARY} wanted", description=f"A text with {CANARY} in it.")
    session.commit()
    with app.app_context(), Session(db.engine) as writer:
        raw = create_token(writer, world.sme_user, name=CANARY, days=1)[1]
        writer.commit()
    member, visitor = sign_in(world.sme_user), app.test_client()
    printed.truncate(0)
    printed.seek(0)

    for browser in (member, visitor):
        browser.get(f"/search?q={CANARY}")
        browser.get(f"/organisations?q={CANARY}&page={CANARY}")
        browser.get(f"/needs/{need.public_id}")
        browser.get(f"/{CANARY}/{CANARY}")
        browser.get(f"/recover/{CANARY}")
        browser.get(f"/confirm/{CANARY}")
        browser.post("/suggestions/text", data={"text": f"{CANARY} against biofilm on implants"})
        browser.get(f"/failing/{CANARY}?q={CANARY}", headers={"User-Agent": CANARY, "Referer": f"http://x/{CANARY}"})
        browser.post(f"/failing/{CANARY}", data={"text": CANARY})
    visitor.post("/sign-in", data={"email": f"{CANARY}@x.example", "password": CANARY})
    visitor.post("/sign-in", data={"email": world.sme_user.email, "password": PASSWORD})
    visitor.post("/recover", data={"email": world.researcher.email})
    visitor.post("/sign-up", data={"email": f"{CANARY}@x.example", "name": CANARY, "password": f"{CANARY} at dawn"})
    member.post("/needs/new", data={"title": f"{CANARY} by hand", "description": CANARY, "action": "save"})
    for header in (f"Bearer {raw}", f"Bearer mm_{CANARY}"):
        visitor.get(f"/api/v1/search?q={CANARY}", headers={"Authorization": header})
        visitor.post("/api/v1/suggest", json={"text": CANARY, CANARY: 1}, headers={"Authorization": header})

    lines = [line for line in printed.getvalue().splitlines() if line.strip()]
    told = [json.loads(line) for line in lines]
    log = "\n".join(lines)
    assert CANARY not in log
    assert raw not in log
    for person in (world.sme_user, world.researcher):
        assert person.email not in log
        assert person.name not in log
    assert PASSWORD not in log

    faults = [line for line in told if line["event"] == "unexpected error"]
    assert len(faults) == 4
    assert all(line["error"] == "RuntimeError" and "test_logs.py:" in line["place"] for line in faults)
    assert all(len(line["request"]) == 16 for line in told if "request" in line)
    requests = [line for line in told if line["event"] == "request"]
    assert len(requests) >= 25
    assert all({"method", "route", "status", "milliseconds", "user", "request"} <= set(line) for line in requests)
    assert world.sme_user.id in {line["user"] for line in requests}


def test_the_line_of_a_fault_and_the_answer_carry_the_same_request(printed: io.StringIO, app: Flask) -> None:

    @permits(Permission.BROWSE)
    def failing() -> str:
        raise RuntimeError("on purpose")

    app.add_url_rule("/failing", "failing", failing)
    answer = app.test_client().get("/failing")
    told = [json.loads(line) for line in printed.getvalue().splitlines()]
    assert {line["request"] for line in told} == {answer.headers["X-Request-Id"]}
    assert [line["event"] for line in told] == ["unexpected error", "request"]


def test_a_line_break_in_what_is_logged_makes_no_second_line(printed: io.StringIO, app: Flask) -> None:
    app.test_client().get("/nowhere%0d%0a{%22event%22:%22forged%22}", headers={"X-Request-Id": "forged"})
    logging.getLogger("matchmaker").warning("a library says:\r\nforged")
    told = [json.loads(line) for line in printed.getvalue().splitlines()]
    assert len(told) == 2
    assert all(line["event"] != "forged" and line.get("request") != "forged" for line in told)
