"""The inbox for programs: the same as on the page, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.accounts.operations import create_token
from matchmaker.db import db
from matchmaker.notifications.operations import tell
from tests import factories
from tests.clients import Program


@pytest.fixture
def told(app: Flask, world: factories.World) -> str:
    """The SME's user was told something; gives its public id."""
    with app.app_context(), Session(db.engine) as session:
        user = session.get_one(User, world.sme_user.id)
        made = tell(session, user, "membership-accepted", {"organisation": "Werft Nord"})
        assert made is not None
        public_id = made.public_id
        session.commit()
    return public_id


def headers(app: Flask, user: User) -> dict[str, Any]:
    with app.app_context(), Session(db.engine) as session:
        _token, raw = create_token(session, session.get_one(User, user.id), name="script", days=1, writes=True)
        session.commit()
    return {"Authorization": f"Bearer {raw}"}


def test_a_program_reads_the_inbox_and_marks_what_it_has_read(
    app: Flask, world: factories.World, told: str, client: FlaskClient
) -> None:
    own = headers(app, world.sme_user)
    before = client.get("/api/v1/inbox", headers=own).json
    assert before is not None
    assert (before["total"], before["unread"]) == (1, 1)
    assert before["items"][0]["sentence"] == "You now act for Werft Nord."
    assert before["items"][0]["url"] == f"http://127.0.0.1:8000/inbox/{told}"
    first = client.post(f"/api/v1/inbox/{told}/read", headers=own).json
    assert first is not None
    assert first["read_at"] is not None
    assert client.post(f"/api/v1/inbox/{told}/read", headers=own).json == first
    after = client.get("/api/v1/inbox", headers=own).json
    assert after is not None
    assert after["unread"] == 0


def test_nobody_else_reads_or_marks_it(app: Flask, world: factories.World, told: str, client: FlaskClient) -> None:
    others = headers(app, world.sme_admin)
    assert client.get("/api/v1/inbox", headers=others).json["items"] == []  # type: ignore[index]
    assert client.post(f"/api/v1/inbox/{told}/read", headers=others).status_code == 404
    assert client.get("/api/v1/inbox").status_code == 401


def test_a_program_changes_what_it_names_of_how_its_owner_is_told(app: Flask, world: factories.World) -> None:
    program = Program(app, world.sme_user)
    before = program.get("/inbox-preferences").json
    mine = {"kind": "membership-accepted", "in_inbox": False, "by_mail": "digest"}
    after = program.patch("/inbox-preferences", None, ways=[mine], digest="monthly").json
    assert after["digest"] == "monthly"
    changed = [new for old, new in zip(before["ways"], after["ways"], strict=True) if new != old]
    assert [{key: one[key] for key in mine} for one in changed] == [mine]

    always = next(one["kind"] for one in before["ways"] if not one["optional"])
    for kind in (always, "no-such-kind"):
        ways = [{**mine, "by_mail": "never"}, {"kind": kind, "in_inbox": False, "by_mail": "never"}]
        answer = program.patch("/inbox-preferences", None, ways=ways, digest="never")
        assert answer.status_code == 422
        assert kind in answer.json["error"]["details"][0]["what"]
    assert program.get("/inbox-preferences").json == after, "half a change is none"
    assert Program(app, world.sme_admin).get("/inbox-preferences").json == before
