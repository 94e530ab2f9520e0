"""A second step after the password: codes of an app, recovery codes, and who has to have one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts import operations
from matchmaker.accounts.models import User
from matchmaker.audit import Event
from matchmaker.audit.models import AuditEntry
from matchmaker.clusters.models import Cluster
from matchmaker.clusters.queries import viewer_for
from tests import factories
from tests.accounts.test_sign_in import copy_of, enter, is_in


def set_up_app(browser: FlaskClient, *, at: datetime | None = None) -> pyotp.TOTP:
    """Switch codes on, as with an app; gives the app. ``at``: of which moment the confirming code is."""
    page = browser.post("/account/app", data={"setup": "authenticator"}).text
    app = pyotp.TOTP(re.search(r'class="seed"><code>([A-Z2-7 -]+)</code>', page)[1].replace(" ", "").replace("-", ""))
    confirm = re.search(r'action="(/account/app/[^"]+)"', page)[1]
    for _ in range(3):
        # A code of the period before: that of now stays for the test. It is too old where a period ends meanwhile.
        code = app.at(at or datetime.now() - timedelta(seconds=30))
        answer = browser.post(confirm, data={"code": code})
        if answer.location == "/account/second-step":
            return app
    raise AssertionError(f"the code was not taken: {answer.status_code} {answer.location}")


def first_step(app: Flask, user: User) -> FlaskClient:
    browser = app.test_client()
    answer = browser.post("/sign-in", data={"email": user.email, "password": factories.PASSWORD})
    assert answer.location == "/sign-in/code"
    return browser


def recovery_codes(browser: FlaskClient) -> list[str]:
    return re.findall(r"<li><code>([0-9a-f-]+)</code>", browser.post("/account/recovery-codes").text)


def test_with_an_app_the_password_alone_signs_nobody_in(app: Flask, world: factories.World, session: Session) -> None:
    phone = set_up_app(enter(app, world.sme_user))
    browser = first_step(app, world.sme_user)
    assert not is_in(browser)
    assert "does not fit" in browser.post("/sign-in/code", data={"code": "000000"}).text
    assert not is_in(browser)
    browser.post("/sign-in/code", data={"code": phone.now()})
    assert is_in(browser)
    session.expire_all()
    kept = session.get_one(User, world.sme_user.id).tf_totp_secret
    assert phone.secret not in kept, "the seed is encrypted"


def test_a_code_counts_once(app: Flask, world: factories.World) -> None:
    phone = set_up_app(enter(app, world.sme_user))
    one, other = first_step(app, world.sme_user), first_step(app, world.sme_user)
    code = phone.now()
    one.post("/sign-in/code", data={"code": code})
    assert is_in(one)
    assert "Wait for the next one" in other.post("/sign-in/code", data={"code": code}).text
    assert not is_in(other)


@pytest.mark.every_database
def test_of_two_who_claim_the_code_of_one_moment_one_succeeds(
    app: Flask, world: factories.World, session: Session
) -> None:
    assert operations.use_code(session, world.sme_user.id, 100)
    assert not operations.use_code(session, world.sme_user.id, 100)
    assert not operations.use_code(session, world.sme_user.id, 99)
    assert operations.use_code(session, world.sme_user.id, 101)


def test_guessing_codes_is_slowed_down(app: Flask, world: factories.World) -> None:
    phone = set_up_app(enter(app, world.sme_user))
    browser = first_step(app, world.sme_user)
    statuses = [browser.post("/sign-in/code", data={"code": f"{n:06}"}).status_code for n in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert browser.post("/sign-in/code", data={"code": phone.now()}).status_code == 429
    assert browser.post("/sign-in/recovery-code", data={"code": "0000-0000-0000"}).status_code == 429


def test_a_recovery_code_signs_in_once_and_is_kept_as_a_hash(
    app: Flask, world: factories.World, session: Session
) -> None:
    owner = enter(app, world.sme_user)
    set_up_app(owner)
    codes = recovery_codes(owner)
    assert len(codes) == len(set(codes)) == 10
    session.expire_all()
    kept = session.get_one(User, world.sme_user.id).mf_recovery_codes
    assert not any(code in hashed or hashed in code for code in codes for hashed in kept)
    assert codes[0] not in owner.get("/account/recovery-codes?show_codes=1").text, "shown this once"

    browser = first_step(app, world.sme_user)
    browser.post("/sign-in/recovery-code", data={"code": f" {codes[0].upper()} "})
    assert is_in(browser)
    assert "9 codes are left" in browser.get("/account/second-step").text
    again = first_step(app, world.sme_user)
    assert "used already" in again.post("/sign-in/recovery-code", data={"code": codes[0]}).text
    assert not is_in(again)


def test_new_recovery_codes_replace_the_old_ones(app: Flask, world: factories.World) -> None:
    owner = enter(app, world.sme_user)
    set_up_app(owner)
    old, new = recovery_codes(owner)[0], recovery_codes(owner)[0]
    browser = first_step(app, world.sme_user)
    browser.post("/sign-in/recovery-code", data={"code": old})
    assert not is_in(browser)
    browser.post("/sign-in/recovery-code", data={"code": new})
    assert is_in(browser)


def test_the_app_is_switched_off_again(app: Flask, world: factories.World) -> None:
    owner = enter(app, world.sme_user)
    set_up_app(owner)
    owner.post("/account/app", data={"setup": "disable"})
    assert is_in(enter(app, world.sme_user))


def test_without_a_password_first_there_is_no_second_step(app: Flask, world: factories.World) -> None:
    set_up_app(enter(app, world.sme_user))
    stranger = app.test_client()
    for path in ("/sign-in/code", "/sign-in/recovery-code", "/sign-in/second-step"):
        assert stranger.post(path, data={"code": "000000"}).location == "/sign-in"
    assert stranger.post("/sign-in/rescue", data={"help_setup": "help"}).status_code == 404


@pytest.mark.parametrize("path", ["/account/app", "/account/recovery-codes", "/account/passkeys", "/account/email"])
def test_what_matters_asks_for_the_password_again_after_a_while(app: Flask, world: factories.World, path: str) -> None:
    browser = enter(app, world.sme_user)
    assert browser.get(path).status_code == 200
    with browser.session_transaction() as cookie:
        cookie["fs_paa"] -= 3600 * 2
        cookie.pop("fs_gexp", None)
    assert browser.get(path).location.startswith("/account/verify?next=")
    assert browser.post("/account/sign-ins/end-others").location.startswith("/account/verify?next=")
    browser.post("/account/verify", data={"password": factories.PASSWORD})
    assert browser.get(path).status_code == 200


def test_a_lost_second_step_is_taken_away_by_command(app: Flask, world: factories.World) -> None:
    owner = enter(app, world.sme_user)
    set_up_app(owner)
    app.test_cli_runner().invoke(args=["users", "reset-second-step", world.sme_user.email])
    assert not is_in(owner)
    assert is_in(enter(app, world.sme_user))


# Who has to have one.


@pytest.fixture
def strict(session: Session, world: factories.World) -> Cluster:
    cluster = session.get_one(Cluster, world.cluster.id)
    cluster.asks_second_step = True
    session.commit()
    return cluster


def test_who_owes_a_second_step_acts_as_a_plain_member_until_it_is_there(
    app: Flask, world: factories.World, session: Session, strict: Cluster
) -> None:
    manager = enter(app, world.manager)
    assert manager.get("/arrive").location == "/account/second-step"
    assert "Your role waits" in manager.get("/account/second-step").text
    assert manager.get("/desk/").status_code == 404
    admin = enter(app, world.sme_admin)
    assert admin.get("/organisations/people").status_code == 404
    assert admin.get("/needs/mine").status_code == enter(app, world.sme_user).get("/needs/mine").status_code

    set_up_app(manager)
    assert manager.get("/desk/").status_code == 200
    assert "Your role waits" not in manager.get("/account/second-step").text


def test_a_token_of_who_owes_a_second_step_carries_no_role_either(
    app: Flask, world: factories.World, session: Session, strict: Cluster
) -> None:
    for user in (world.manager, world.sme_admin, world.platform_admin):
        viewer = viewer_for(session, session.get_one(User, user.id))
        assert viewer.owes_second_step
        assert (viewer.manages, viewer.admin_of, viewer.platform_admin) == (frozenset(), frozenset(), False)
    member = viewer_for(session, session.get_one(User, world.sme_user.id))
    assert not member.owes_second_step
    assert not viewer_for(session, session.get_one(User, world.outsider.id)).owes_second_step


def test_the_platform_admin_says_which_cluster_asks(
    app: Flask, world: factories.World, session: Session, sign_in: Callable[..., Any]
) -> None:
    browser = enter(app, world.platform_admin)
    set_up_app(browser)
    address = f"/clusters/{world.cluster.public_id}/second-step"
    assert "need a second step from now on" in browser.post(address, data={"ask": "1"}, follow_redirects=True).text
    session.expire_all()
    assert session.get_one(Cluster, world.cluster.id).asks_second_step
    assert "asks for no second step" in browser.post(address, data={}, follow_redirects=True).text
    assert sign_in(world.manager).post(address, data={"ask": "1"}).status_code == 404


# Another address.


def test_a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(
    app: Flask, world: factories.World, session: Session
) -> None:
    old = world.sme_user.email
    browser, elsewhere = enter(app, world.sme_user), enter(app, world.sme_user, remember=True)
    recover = app.test_client()
    recover.post("/recover", data={"email": old})
    outbox = app.extensions["mailman"].outbox
    reset = re.search(r"8000(/recover/\S+)", outbox[-1].body)[1]

    browser.post("/account/email", data={"email": "new@knochenwerk.example"})
    assert outbox[-1].to == ["new@knochenwerk.example"]
    link = re.search(r"http://127\.0\.0\.1:8000(/account/email/\S+)", outbox[-1].body)[1]
    assert session.get_one(User, world.sme_user.id).email == old

    assert "Confirm this address" in app.test_client().get(link).text
    session.expire_all()
    assert session.get_one(User, world.sme_user.id).email == old, "who only looks moves nobody"
    assert app.test_client().post(link).location == "/sign-in"
    session.expire_all()
    user = session.get_one(User, world.sme_user.id)
    assert user.email == "new@knochenwerk.example"
    assert outbox[-1].to == [old]
    assert "another address" in outbox[-1].subject
    assert not is_in(browser)
    assert not is_in(copy_of(elsewhere, app, "remember_token"))
    assert recover.get(reset).location == "/recover", "links sent to the old address are void"
    assert app.test_client().post(link).location == "/account/email", "the link works once"
    enter(app, user)


def test_an_address_of_somebody_else_is_answered_like_a_free_one_and_nobody_is_moved(
    app: Flask, world: factories.World, session: Session
) -> None:
    browser = enter(app, world.sme_user)
    free = browser.post("/account/email", data={"email": "free@nowhere.example"}).text
    taken = browser.post("/account/email", data={"email": world.outsider.email}).text
    assert "We have sent a link to" in taken
    assert free.count("field-error") == taken.count("field-error") == 0
    assert [m.to for m in app.extensions["mailman"].outbox] == [["free@nowhere.example"]]


def test_what_guards_an_account_is_put_on_record(app: Flask, world: factories.World, session: Session) -> None:
    browser = enter(app, world.sme_user)
    set_up_app(browser)
    browser.post("/account/app", data={"setup": "disable"})
    new = "nine herons in the reeds"
    browser.post(
        "/account/password",
        data={"password": factories.PASSWORD, "new_password": new, "new_password_confirm": new},
    )
    told = (Event.FACTOR_CHANGED, Event.PASSWORD_CHANGED)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.event.in_(told)).order_by(AuditEntry.number))
    assert [(entry.facts["change"], entry.actor_id) for entry in entries] == [
        ("app-on", world.sme_user.id),
        ("app-off", world.sme_user.id),
        ("changed", world.sme_user.id),
    ]


def test_what_a_command_does_to_an_account_is_put_on_record(
    app: Flask, world: factories.World, session: Session
) -> None:
    for command in ("reset-second-step", "reset-password", "deactivate"):
        app.test_cli_runner().invoke(args=["users", command, world.sme_user.email])
    entries = session.scalars(select(AuditEntry).where(AuditEntry.thing_id == world.sme_user.public_id))
    assert [(entry.event, entry.actor_id) for entry in entries] == [
        (Event.FACTOR_CHANGED, None),
        (Event.PASSWORD_CHANGED, None),
        (Event.SUSPENDED, None),
    ]
