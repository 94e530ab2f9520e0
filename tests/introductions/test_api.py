"""The same way through the JSON API: ask, look at the consent screen, agree, write; and the same silence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask

from tests.clients import Program

ANSWERS = {"sought": "A joint trial.", "about_us": "We print bone."}


@pytest.fixture
def program(app: Flask) -> Callable[[Any], Program]:
    return partial(Program, app)


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
