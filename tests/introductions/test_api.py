"""The same way through the JSON API: ask, look at the consent screen, agree, write; and the same silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matchmaker.accounts.operations import create_token

ANSWERS = {"sought": "A joint trial.", "about_us": "We print bone."}


class Program:
    """A program with somebody's token."""

    def __init__(self, app: Flask, token: str) -> None:
        self._client, self._headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: str) -> Any:
        return self._client.get(f"/api/v1{path}", query_string=query, headers=self._headers)

    def post(self, path: str, **body: Any) -> Any:
        return self._client.post(f"/api/v1{path}", json=body, headers=self._headers)

    def put(self, path: str, **body: Any) -> Any:
        return self._client.put(f"/api/v1{path}", json=body, headers=self._headers)

    def delete(self, path: str) -> Any:
        return self._client.delete(f"/api/v1{path}", headers=self._headers)


@pytest.fixture
def program(app: Flask, session: Session) -> Callable[[Any], Program]:
    def make(user: Any) -> Program:
        _token, raw = create_token(session, user, name="program", days=1, writes=True)
        session.commit()
        return Program(app, raw)

    return make


def test_from_the_request_to_a_message(program: Callable[[Any], Program], world: Any) -> None:
    sme, researcher, outsider = program(world.sme_user), program(world.researcher), program(world.outsider)
    about = world.university.public_id
    shown = sme.get("/consent-screen", about=about).json
    assert shown["always"]["email"] == world.sme_user.email
    first = sme.post("/introductions", about=about, shown=shown["shown"], idempotency_key="k1", **ANSWERS)
    again = sme.post("/introductions", about=about, shown=shown["shown"], idempotency_key="k1", **ANSWERS)
    assert (first.status_code, again.json["id"]) == (201, first.json["id"])
    path = f"/introductions/{first.json['id']}"
    assert first.json["contact"] is None
    assert outsider.get(path).status_code == 404
    assert researcher.get("/introductions").json["total"] == 1

    assert researcher.post(f"{path}/accept", shown="0" * 64).status_code == 409
    screen = researcher.get("/consent-screen", introduction=first.json["id"]).json
    agreed = researcher.post(f"{path}/accept", shown=screen["shown"], phone="040 1234")
    assert agreed.json["contact"]["email"] == world.sme_user.email
    assert sme.get(path).json["contact"]["phone"] == "040 1234"

    written = researcher.post(f"{path}/messages", body="Thursday?")
    assert written.status_code == 201
    sme.post(f"{path}/messages", body="Gladly.", answers=written.json["id"])
    messages = sme.get(f"{path}/messages").json["messages"]
    assert [(one["body"], one["yours"], one["answers"]) for one in messages] == [
        ("Thursday?", False, None),
        ("Gladly.", True, written.json["id"]),
    ]
    assert sme.post(f"{path}/withdraw").json["state"] == "withdrawn"
    assert researcher.get(path).json["contact"] is None
    assert researcher.post(f"{path}/messages", body="Too late").status_code == 409


def test_a_silent_no_is_silent_in_the_api_as_well(program: Callable[[Any], Program], world: Any) -> None:
    sme, researcher = program(world.sme_user), program(world.researcher)
    shown = sme.get("/consent-screen", about=world.university.public_id).json["shown"]
    made = sme.post("/introductions", about=world.university.public_id, shown=shown, **ANSWERS).json
    assert researcher.post(f"/introductions/{made['id']}/decline").json["state"] == "declined"
    assert sme.get(f"/introductions/{made['id']}").json == made
