"""From the meeting to the story through the JSON API, and how an organisation says how much it wants to be asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from matchmaker.db import utcnow
from matchmaker.introductions.models import Introduction
from matchmaker.meetings.models import Meeting
from matchmaker.permissions import Visibility
from tests import factories
from tests.introductions.test_api import ANSWERS, Program, program

Programs = Callable[[Any], Program]
__all__ = ["program"]


@pytest.fixture
def both(program: Programs, world: Any) -> tuple[Program, Program, str]:
    """Two programs whose owners are introduced, and the address of the introduction."""
    sme, researcher = program(world.sme_user), program(world.researcher)
    shown = sme.get("/consent-screen", about=world.university.public_id).json["shown"]
    made = sme.post("/introductions", about=world.university.public_id, shown=shown, **ANSWERS).json
    screen = researcher.get("/consent-screen", introduction=made["id"]).json
    researcher.post(f"/introductions/{made['id']}/accept", shown=screen["shown"])
    return sme, researcher, f"/introductions/{made['id']}"


def test_a_meeting_is_proposed_picked_and_said_to_have_taken_place(
    both: tuple[Program, Program, str], app: Flask, session: Session
) -> None:
    sme, researcher, path = both
    soon = (utcnow() + timedelta(days=2)).replace(microsecond=0)
    assert sme.post(f"{path}/meetings", times=["9999-12-31T23:59:59-10:00"]).status_code == 422
    later = soon + timedelta(hours=3)
    made = sme.post(f"{path}/meetings", times=[later.isoformat(), soon.isoformat()], place="Room 3").json
    assert (made["state"], made["proposed_by_you"], made["starts_at"]) == ("proposed", True, None)
    meeting = f"{path}/meetings/{made['id']}"
    [theirs] = researcher.get(f"{path}/meetings").json["meetings"]
    assert (theirs["times"], theirs["proposed_by_you"]) == (made["times"], False)

    assert sme.post(f"{meeting}/pick", starts_at=made["times"][0]).status_code == 409, "who proposed does not pick"
    assert researcher.post(f"{meeting}/pick", starts_at="2020-01-01T00:00:00Z").status_code == 409
    app.extensions["mailman"].outbox.clear()
    fixed = researcher.post(f"{meeting}/pick", starts_at=made["times"][0]).json
    assert (fixed["state"], fixed["starts_at"], fixed["times"]) == ("fixed", made["times"][0], [])
    assert len(app.extensions["mailman"].outbox) == 2, "both are invited"

    assert researcher.post(f"{meeting}/held", held="yes").status_code == 409, "it has not begun"
    session.execute(update(Meeting).values(starts_at=utcnow() - timedelta(hours=2)))
    session.commit()
    assert researcher.post(f"{meeting}/held", held="missed_them").json["you_said"] == "missed_them"
    assert sme.get(f"{path}/meetings").json["meetings"][0]["you_said"] is None, "each side says it for itself"
    assert researcher.post(f"{meeting}/cancel").status_code == 409


def test_what_came_of_it_is_confirmed_and_its_story_published_by_both(
    both: tuple[Program, Program, str], program: Programs, world: Any
) -> None:
    sme, researcher, path = both
    assert sme.post(f"{path}/outcomes", kind="application_granted").status_code == 422, "it lacks the amount"
    made = sme.post(f"{path}/outcomes", kind="application_granted", amount=80_000).json
    assert (made["you_say"], made["they_say"], made["confirmed"]) == (True, None, False)
    outcome = f"{path}/outcomes/{made['id']}"
    assert researcher.post(outcome, said="take-back").status_code == 409, "only who said it takes it back"
    assert researcher.post(outcome, said="yes").json["confirmed"]

    story = sme.post(f"{path}/story", title="Bone that lives", text="It took eleven months.").json
    assert researcher.post(f"{path}/story", title="Ours", text="First!").status_code == 409, "theirs was first"
    outsider = program(world.outsider)
    assert outsider.get("/stories").json["total"] == 0
    assert researcher.post(f"{path}/story/consent", shown="0" * 64).status_code == 409
    assert researcher.post(f"{path}/story/consent", shown=story["shown"]).json["published_at"]
    [told] = outsider.get("/stories").json["items"]
    assert (told["title"], told["organisations"]) == ("Bone that lives", [world.sme.name, world.university.name])
    assert sme.post(f"{path}/story/consent", take_back=True).json["published_at"] is None
    assert outsider.get("/stories").json["total"] == 0
    assert outsider.get(f"{path}/outcomes").status_code == 404
    assert [one["amount"] for one in researcher.get(f"{path}/outcomes").json["outcomes"]] == [80_000]


def test_limits_and_blocks_are_set_and_nobody_else_can_tell(program: Programs, world: Any) -> None:
    sme, researcher = program(world.sme_user), program(world.researcher)
    assert researcher.put("/introduction-limits", per_week=2, paused=True).json["paused"]
    assert researcher.get("/introduction-limits").json == {"per_week": 2, "paused": True, "paused_until": None}
    assert researcher.put("/introduction-limits", paused_until="1999-01-01").status_code == 422
    researcher.put("/introduction-limits")
    blocked = researcher.post("/blocks", organisation=world.sme.public_id).json
    assert researcher.get("/blocks").json["blocks"] == [blocked]

    shown = sme.get("/consent-screen", about=world.university.public_id).json["shown"]
    made = sme.post("/introductions", about=world.university.public_id, shown=shown, **ANSWERS)
    assert (made.status_code, made.json["state"]) == (201, "requested")
    assert researcher.get("/introductions").json["total"] == 0
    assert researcher.delete(f"/blocks/{world.sme.public_id}").status_code == 204
    assert researcher.delete(f"/blocks/{world.sme.public_id}").status_code == 404


def test_interest_is_silent_until_it_is_mutual(program: Programs, world: Any, session: Session) -> None:
    teaser = "A maker of implants seeks a way to keep printed tissue alive. Slow flow is welcome."
    need = factories.need(session, world.sme, visibility=Visibility.TEASER, teaser=teaser)
    session.commit()
    sme, researcher = program(world.sme_user), program(world.researcher)
    shown_as = need.shown_as.public_id
    marked = {"marked": True, "introduction": None}
    assert researcher.post("/interests", about=shown_as).json == marked
    [mine] = researcher.get("/interests").json["items"]
    assert (mine["about"], mine["title"]) == (shown_as, need.shown_as.title)

    # A need that is read by its title, or not at all, does not turn into the teaser that somebody marked.
    need.visibility = Visibility.PRIVATE
    session.commit()
    assert [one["title"] for one in researcher.get("/interests").json["items"]] == [None]
    open_need = factories.need(session, world.sme)
    session.commit()
    researcher.post("/interests", about=open_need.public_id)
    assert researcher.get("/interests").json["items"][0]["title"] == open_need.title
    open_need.visibility, open_need.teaser = Visibility.TEASER, teaser
    session.commit()
    assert [one["title"] for one in researcher.get("/interests").json["items"]] == [None, None]

    found = sme.post("/interests", about=world.university.public_id).json["introduction"]
    assert session.query(Introduction).one().public_id == found
    assert sme.post("/interests", about=world.university.public_id, take_back=True).json["marked"] is False
    assert sme.get("/interests").json["total"] == 0


def test_why_it_was_suggested_is_kept_as_the_screen_showed_it(program: Programs, world: Any, session: Session) -> None:
    teaser = "A maker of implants seeks a way to keep printed tissue alive. Slow flow is welcome."
    need = factories.need(session, world.sme, visibility=Visibility.TEASER, teaser=teaser)
    ours = factories.competence(session, world.university, title="Slow flow", description=teaser)
    session.commit()
    sme, researcher = program(world.sme_user), program(world.researcher)
    about = {"about": need.shown_as.public_id, "made_for": ours.public_id}
    screen = researcher.get("/consent-screen", **about).json
    assert screen["explanation"]["pairs"]
    asked = {"shown": screen["shown"], "explanation_seal": screen["explanation_seal"], **about, **ANSWERS}
    made = researcher.post("/introductions", **asked).json
    assert made["explanation"] == screen["explanation"]
    assert sme.get(f"/introductions/{made['id']}").json["explanation"] == screen["explanation"]
    forged = researcher.post("/introductions", **asked | {"explanation_seal": "forged", "idempotency_key": "2"}).json
    assert forged["id"] == made["id"]
