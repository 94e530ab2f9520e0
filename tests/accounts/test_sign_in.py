"""Sign-ins begin, end, and stay ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from matchmaker.accounts import operations
from matchmaker.accounts.models import SignIn, User
from matchmaker.db import db, utcnow, writing
from tests import factories

NEW_PASSWORD = "nine herons in the reeds"


def enter(app: Flask, user: User, *, password: str = factories.PASSWORD, remember: bool = False) -> FlaskClient:
    browser = app.test_client()
    data = {"email": user.email, "password": password} | ({"remember": "y"} if remember else {})
    assert browser.post("/sign-in", data=data).status_code == 302
    return browser


def copy_of(browser: FlaskClient, app: Flask, *names: str) -> FlaskClient:
    """Another browser with copies of the cookies."""
    thief = app.test_client()
    for name in names:
        cookie = browser.get_cookie(name)
        assert cookie is not None, f"no cookie {name}"
        thief.set_cookie(name, cookie.value)
    return thief


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 200


def test_the_address_may_be_typed_in_any_case(app: Flask, world: factories.World) -> None:
    browser = app.test_client()
    browser.post("/sign-in", data={"email": world.sme_user.email.upper(), "password": factories.PASSWORD})
    assert is_in(browser)


def test_a_copied_session_is_worth_nothing_after_signing_out(app: Flask, world: factories.World) -> None:
    browser = enter(app, world.sme_user)
    thief = copy_of(browser, app, "session")
    assert is_in(thief)
    browser.post("/sign-out")
    assert not is_in(thief)


def test_a_copied_remembering_cookie_is_worth_nothing_after_signing_out(app: Flask, world: factories.World) -> None:
    browser = enter(app, world.sme_user, remember=True)
    assert is_in(copy_of(browser, app, "remember_token"))
    thief = copy_of(browser, app, "remember_token")
    browser.post("/sign-out")
    assert not is_in(thief)


def test_signing_out_on_one_device_leaves_the_others_signed_in(app: Flask, world: factories.World) -> None:
    phone, desk = enter(app, world.sme_user), enter(app, world.sme_user)
    phone.post("/sign-out")
    assert not is_in(phone)
    assert is_in(desk)


def test_signing_out_asks_for_a_post(app: Flask, world: factories.World) -> None:
    browser = enter(app, world.sme_user)
    assert browser.get("/sign-out").status_code == 405
    assert is_in(browser)
    assert browser.post("/sign-out").headers["Clear-Site-Data"] == '"cache"'


def test_a_cookie_planted_before_the_sign_in_never_becomes_signed_in(app: Flask, world: factories.World) -> None:
    victim = app.test_client()
    victim.get("/sign-in")
    planted = copy_of(victim, app, "session")
    victim.post("/sign-in", data={"email": world.sme_user.email, "password": factories.PASSWORD})
    assert is_in(victim)
    assert not is_in(planted)


def test_a_sign_in_ends_after_a_month(app: Flask, world: factories.World, session: Session) -> None:
    browser = enter(app, world.sme_user)
    row = session.scalars(select(SignIn)).one()
    row.created_at = utcnow() - operations.SIGN_IN_LASTS - timedelta(minutes=1)
    session.commit()
    assert not is_in(browser)


def test_a_changed_password_ends_every_other_sign_in_and_is_told_by_mail(app: Flask, world: factories.World) -> None:
    here, elsewhere = enter(app, world.sme_user), enter(app, world.sme_user, remember=True)
    answer = here.post(
        "/account/password",
        data={"password": factories.PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD},
    )
    assert answer.location == "/account"
    assert is_in(here)
    assert not is_in(elsewhere)
    assert "was changed" in app.extensions["mailman"].outbox[-1].subject
    enter(app, world.sme_user, password=NEW_PASSWORD)


def test_a_forgotten_password_is_set_anew_once_and_signs_everybody_out(app: Flask, world: factories.World) -> None:
    elsewhere = enter(app, world.sme_user)
    visitor = app.test_client()
    visitor.post("/recover", data={"email": world.sme_user.email})
    mail = app.extensions["mailman"].outbox[-1].body
    link = re.search(r"http://127\.0\.0\.1:8000(/recover/\S+)", mail)[1]
    assert visitor.get(link).headers["Cache-Control"] == "no-store"
    new = {"password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD}

    weak = visitor.post(link, data={"password": "matchmaker2026", "password_confirm": "matchmaker2026"})
    assert "too easy to guess" in weak.text

    assert visitor.post(link, data=new).location == "/sign-in"
    assert not is_in(elsewhere)
    assert not is_in(visitor), "a new password signs nobody in"
    again = visitor.post(link, data={"password": "another fine password", "password_confirm": "another fine password"})
    assert again.location == "/recover"
    enter(app, world.sme_user, password=NEW_PASSWORD)


def test_a_deactivated_user_is_out_at_once(app: Flask, world: factories.World, session: Session) -> None:
    browser = enter(app, world.sme_user)
    user = session.get_one(User, world.sme_user.id)
    operations.deactivate(session, user)
    session.commit()
    assert not is_in(browser)
    answer = app.test_client().post("/sign-in", data={"email": user.email, "password": factories.PASSWORD})
    assert "closed" in answer.text


def test_the_lock_stays_closed_for_whoever_has_only_the_users_number(
    app: Flask, world: factories.World, sign_in: Callable[..., FlaskClient]
) -> None:
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie["_user_id"] = world.sme_user.fs_uniquifier
        cookie["_fresh"] = True
    assert not is_in(thief)
    assert is_in(sign_in(world.sme_user))


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/recover", "/confirm", "/sign-out"])
def test_every_form_of_the_way_in_needs_its_token(
    make_app: Callable[..., Flask], world: factories.World, path: str
) -> None:
    strict = make_app(WTF_CSRF_ENABLED=True)
    answer = strict.test_client().post(path, data={"email": world.sme_user.email, "password": factories.PASSWORD})
    assert answer.status_code == 400


def test_with_its_token_the_form_works(make_app: Callable[..., Flask], world: factories.World) -> None:
    browser = make_app(WTF_CSRF_ENABLED=True).test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/sign-in").text)[1]
    browser.post("/sign-in", data={"email": world.sme_user.email, "password": factories.PASSWORD, "csrf_token": token})
    assert is_in(browser)


def test_nobody_waits_for_a_lock_while_a_password_is_checked(
    app: Flask, world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def slow_check(user: User, _password: str) -> bool:
        with writing(), Session(db.engine) as meanwhile:
            meanwhile.execute(text("PRAGMA busy_timeout=0"))
            factories.cluster(meanwhile, name="Founded meanwhile")
            meanwhile.commit()
            written.append(user.email)
        return True

    monkeypatch.setattr(User, "verify_and_update_password", slow_check)
    browser = enter(app, world.sme_user)
    assert written == [world.sme_user.email]
    assert is_in(browser)
