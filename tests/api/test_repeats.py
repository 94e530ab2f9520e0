"""A request that a program sends twice is done once and answered the same."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import repeats, web
from matchmaker.db import utcnow
from matchmaker.needs.models import Need
from matchmaker.repeats import Repeat
from tests.clients import Program

NEED = {"title": "Perfusion of large bone grafts"}


def named(program: Program, key: str, path: str = "/needs", **body: Any) -> Any:
    return program.ask("POST", path, json=body, headers={"Idempotency-Key": key})


@pytest.mark.every_database
def test_a_request_that_comes_again_is_done_once(app: Flask, session: Session, world: Any) -> None:
    ours, colleague = Program(app, world.sme_user), Program(app, world.sme_admin)
    first, again = named(ours, "k1", **NEED), named(ours, "k1", **NEED)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert {name: again.headers[name] for name in ("Location", "ETag")} == {
        name: first.headers[name] for name in ("Location", "ETag")
    }
    assert "Idempotency-Replayed" in again.headers
    other = named(ours, "k1", title="Another need under the same key")
    assert (other.status_code, other.json["error"]["code"]) == (422, "invalid")
    assert named(colleague, "k1", **NEED).json["id"] != first.json["id"]
    assert session.scalar(select(func.count(Need.id))) == 2


@pytest.mark.every_database
def test_of_two_at_the_same_moment_one_is_done(app: Flask, session: Session, world: Any) -> None:
    programs = [Program(app, world.sme_user) for _ in range(4)]
    together = threading.Barrier(len(programs))

    def ask(program: Program) -> Any:
        together.wait()
        return named(program, "k1", **NEED)

    with ThreadPoolExecutor(len(programs)) as pool:
        answers = list(pool.map(ask, programs))
    assert {one.status_code for one in answers} <= {201, 409}
    assert len({one.json["id"] for one in answers if one.status_code == 201}) == 1
    assert session.scalar(select(func.count(Need.id))) == 1


def test_what_was_refused_may_be_tried_again(app: Flask, session: Session, world: Any) -> None:
    ours = Program(app, world.sme_user)
    need = ours.post("/needs", **NEED).json
    path = f"/needs/{need['id']}"
    assert named(ours, "open it", f"{path}/publish").status_code == 422
    description = "We culture patient cells on ceramic scaffolds of up to 40 cm³ under controlled flow."
    ours.patch(path, ours.get(path), title="Perfusion of large grafts", description=description)
    assert named(ours, "open it", f"{path}/publish").json["state"] == "published"
    for nonsense in ("", "x" * 201, "ä"):
        assert named(ours, nonsense, **NEED).status_code == 422
    assert session.scalar(select(func.count(Repeat.key))) == 1


def test_the_name_stands_with_what_was_done_even_where_the_process_ends_before_its_answer(
    app: Flask, session: Session, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Program(app, world.sme_user)
    with monkeypatch.context() as patch:
        patch.setattr(web.repeats, "answered", lambda *_args: None)
        assert named(ours, "k1", **NEED).status_code == 201
    assert named(ours, "k1", **NEED).status_code == 409
    assert session.scalar(select(func.count(Need.id))) == 1

    repeats.forget(session, now=utcnow() + timedelta(hours=23))
    assert session.get(Repeat, repeats.name_of(world.sme_user.id, "k1"))
    repeats.forget(session, now=utcnow() + timedelta(hours=25))
    session.commit()
    assert named(ours, "k1", **NEED).status_code == 201


def test_a_token_that_asks_too_often_is_told_how_long_to_wait(
    app: Flask, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "API_REQUESTS_A_MINUTE", 2)
    ours, other = Program(app, world.sme_user), Program(app, world.sme_user)
    assert [ours.get("/needs").status_code for _ in range(3)] == [200, 200, 429]
    assert 0 < int(ours.get("/needs").headers["Retry-After"]) <= 60
    assert other.get("/needs").status_code == 200
