"""The platform admin's list of users: finding, suspending, letting in again."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.accounts.operations import create_token
from matchmaker.accounts.queries import user_for_token
from matchmaker.audit import Event
from matchmaker.audit.models import AuditEntry
from tests import factories

SignIn = Callable[..., FlaskClient]


def on_record(session: Session, *events: Event) -> list[tuple[Event, int | None, str]]:
    """What the trail tells of these events: which, by whom, about whom."""
    entries = session.scalars(select(AuditEntry).where(AuditEntry.event.in_(events)).order_by(AuditEntry.number))
    return [(entry.event, entry.actor_id, entry.thing_id) for entry in entries]


def test_users_are_found_by_parts_of_name_and_address(world: factories.World, sign_in: SignIn) -> None:
    browser = sign_in(world.platform_admin)
    page = browser.get("/users").text
    assert world.sme_user.email in page
    assert world.outsider.email in page
    page = browser.get(f"/users?q={world.sme_user.email[:9]}").text
    assert world.sme_user.email in page
    assert world.outsider.email not in page
    assert "Nobody found" in browser.get("/users?q=%25").text
    assert f'href="/users.csv?q={world.sme_user.email[:9]}' in page.replace("%40", "@")
    [listed] = browser.get(f"/users.json?q={world.sme_user.email[:9]}").json
    assert (listed["email"], listed["state"], listed["second_step"]) == (world.sme_user.email, "active", False)
    assert browser.get("/users?page=999").status_code == 200


def test_a_suspended_user_is_out_at_once_reads_why_and_comes_back(
    app: Flask, world: factories.World, session: Session, sign_in: SignIn
) -> None:
    admin, victim = sign_in(world.platform_admin), sign_in(world.sme_user)
    _token, raw = create_token(session, session.get_one(User, world.sme_user.id), name="script", days=1)
    session.commit()
    address = f"/users/{world.sme_user.public_id}"

    assert "Say why" in admin.post(f"{address}/suspend", data={"reason": " "}).text
    assert victim.get("/account").status_code == 200
    admin.post(f"{address}/suspend", data={"reason": "Sends <b>advertising</b>."})
    assert victim.get("/account").status_code == 302
    assert user_for_token(session, raw) is None
    letter = app.extensions["mailman"].outbox[-1]
    assert letter.to == [world.sme_user.email]
    assert "Sends <b>advertising</b>." in letter.body

    wrong = {"email": world.sme_user.email, "password": "certainly not the password"}
    assert "suspended" not in app.test_client().post("/sign-in", data=wrong).text
    right = {**wrong, "password": factories.PASSWORD}
    assert "Sends &lt;b&gt;advertising&lt;/b&gt;." in app.test_client().post("/sign-in", data=right).text

    admin.post(f"{address}/reinstate")
    assert app.test_client().post("/sign-in", data=right).status_code == 302
    session.expire_all()
    assert user_for_token(session, raw) is not None
    assert on_record(session, Event.SUSPENDED, Event.REINSTATED) == [
        (Event.SUSPENDED, world.platform_admin.id, world.sme_user.public_id),
        (Event.REINSTATED, world.platform_admin.id, world.sme_user.public_id),
    ]


def test_the_platform_admin_signs_a_user_out_everywhere(
    world: factories.World, session: Session, sign_in: SignIn
) -> None:
    victim = sign_in(world.sme_user)
    sign_in(world.platform_admin).post(f"/users/{world.sme_user.public_id}/end-sign-ins")
    assert victim.get("/account").status_code == 302
    assert on_record(session, Event.SIGN_INS_ENDED) == [
        (Event.SIGN_INS_ENDED, world.platform_admin.id, world.sme_user.public_id)
    ]


def test_nobody_shuts_themselves_out(world: factories.World, sign_in: SignIn) -> None:
    browser = sign_in(world.platform_admin)
    for action in ("suspend", "reinstate", "end-sign-ins"):
        answer = browser.post(f"/users/{world.platform_admin.public_id}/{action}", data={"reason": "x"})
        assert answer.status_code == 404
    assert browser.get("/account").status_code == 200
