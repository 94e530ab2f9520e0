"""The same way through the JSON API: ask, look at the consent screen, agree, write; and the same silence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matchmaker.introductions import operations
from matchmaker.permissions import Visibility
from tests import factories
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


def test_a_manager_reads_and_changes_the_rules_of_the_own_clusters(
    program: Callable[[Any], Program], world: Any, session: Session
) -> None:
    far = factories.user(session, manages=factories.cluster(session))
    session.commit()
    manager, address = program(world.manager), f"/brokering/rules/{world.cluster.public_id}"
    rules = {"cluster": {"id": world.cluster.public_id, "name": world.cluster.name}, "brokered": False}
    assert manager.get("/brokering/rules").json == {"items": [{**rules, "fair_share": True}]}
    changed = {**rules, "brokered": True, "fair_share": False}
    assert manager.put(address, brokered=True, fair_share=False).json == changed
    assert manager.get("/brokering/rules").json == {"items": [changed]}
    assert manager.put(address, brokered=True).status_code == 422, "half of it would leave the other half to chance"
    assert manager.put(address, brokered="perhaps", fair_share=True).status_code == 422
    assert program(far).put(address, brokered=False, fair_share=True).status_code == 404
    assert program(world.sme_admin).get("/brokering/rules").status_code == 404
    assert manager.get("/brokering/rules").json == {"items": [changed]}


def test_a_manager_passes_on_gives_back_and_brings_together(
    program: Callable[[Any], Program], world: Any, session: Session
) -> None:
    operations.set_rules(session, world.cluster.id, brokered=True, fair_share=True)
    need = factories.need(session, world.sme)
    teased = factories.need(
        session, world.sme, visibility=Visibility.TEASER, teaser="A maker of implants seeks slow flow."
    )
    far = factories.user(session, manages=factories.cluster(session))
    session.commit()
    sme, researcher, manager = program(world.sme_user), program(world.researcher), program(world.manager)

    def asked(about: Any) -> str:
        shown = sme.get("/consent-screen", about=about.public_id).json["shown"]
        return str(sme.post("/introductions", about=about.public_id, shown=shown, **ANSWERS).json["id"])

    first, second = asked(world.university), asked(world.host)
    desk = manager.get("/brokering").json
    assert [(one["id"], one["asker"], one["state"]) for one in desk["items"]] == [
        (first, world.sme.name, "brokered"),
        (second, world.sme.name, "brokered"),
    ]
    assert program(far).get("/brokering").json["total"] == 0
    assert program(far).post(f"/brokering/{first}/pass-on").status_code == 404
    assert researcher.get("/introductions").json["total"] == 0
    assert manager.post(f"/brokering/{first}/pass-on").json["moved_by"] == world.manager.display_name
    assert researcher.get("/introductions").json["items"][0]["id"] == first
    assert manager.post(f"/brokering/{first}/return", reason="unclear").status_code == 409

    assert manager.post(f"/brokering/{second}/return").status_code == 422
    given_back = manager.post(f"/brokering/{second}/return", reason="wrong_stage", kind_words="Next year, gladly.").json
    assert given_back["state"] == "declined"
    read = sme.get(f"/introductions/{second}").json
    assert (read["reason"], read["kind_words"]) == ("wrong_stage", "Next year, gladly.")
    assert manager.get("/brokering").json["total"] == 0
    assert {one["id"] for one in manager.get("/brokering", tab="moved").json["items"]} == {first, second}

    together = {"about": need.public_id, "other": world.university.public_id, "reason": "They grow what you print."}
    made = manager.post("/brokering", **together)
    assert (made.status_code, made.json["state"], made.json["moved_by"]) == (
        201, "proposed", world.manager.display_name,
    )  # fmt: skip
    assert researcher.get(f"/introductions/{made.json['id']}").json["waits_for_you"]
    assert manager.post("/brokering", **together).status_code == 409
    assert manager.post("/brokering", **{**together, "other": world.sme.public_id}).status_code == 422
    assert program(far).post("/brokering", **together).status_code == 404
    hidden = {**together, "about": teased.shown_as.public_id}
    assert manager.post("/brokering", **hidden).status_code == 404, "or it would say in which cluster the owner is"
