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
from matchmaker.audit import Event
from matchmaker.audit.models import AuditEntry
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

    weak = visitor.post(link, data={"password": "matchmaker2026!!", "password_confirm": "matchmaker2026!!"})
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


# What one sees and ends of one's sign-ins.

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, ("Firefox", "Linux")),
        (PHONE, ("Safari", "iPhone")),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", ("Chrome", "Android")),
        ("<script>alert(1)</script>", ("", "")),
    ],
)
def test_a_device_is_told_roughly_and_only_in_our_own_words(user_agent: str, device: tuple[str, str]) -> None:
    assert operations.device_of(user_agent) == device


def test_one_sees_ones_sign_ins_and_ends_one_of_them(app: Flask, world: factories.World) -> None:
    desk, phone = app.test_client(), app.test_client()
    data = {"email": world.sme_user.email, "password": factories.PASSWORD}
    desk.post("/sign-in", data=data, headers={"User-Agent": FIREFOX})
    phone.post("/sign-in", data=data | {"remember": "y"}, headers={"User-Agent": PHONE})
    enter(app, world.researcher)

    page = desk.get("/account/sign-ins").text
    assert page.index("Safari on iPhone") < page.index("Firefox on Linux")
    assert page.count("This device") == 1
    assert page.count("Sign out there") == 1
    link = re.search(r'action="(/account/sign-ins/\w+/end)"', page)[1]
    assert "That device is signed out" in desk.post(link, follow_redirects=True).text
    assert not is_in(phone)
    assert is_in(desk)
    assert "iPhone" not in desk.get("/account/sign-ins").text


def test_one_ends_all_sign_ins_but_this_one(app: Flask, world: factories.World, session: Session) -> None:
    here, there, elsewhere = (enter(app, world.sme_user, remember=True) for _ in range(3))
    stranger = enter(app, world.researcher)
    here.post("/account/sign-ins/end-others")
    assert is_in(here)
    assert not is_in(there)
    assert not is_in(copy_of(elsewhere, app, "remember_token"))
    assert is_in(stranger)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == Event.SIGN_INS_ENDED)).one()
    assert (entry.actor_id, entry.thing_id) == (world.sme_user.id, world.sme_user.public_id)


def test_somebody_elses_sign_in_looks_like_none(app: Flask, world: factories.World, session: Session) -> None:
    victim, thief = enter(app, world.sme_user), enter(app, world.outsider)
    theirs = session.scalars(select(SignIn).where(SignIn.user_id == world.sme_user.id)).one()
    assert thief.post(f"/account/sign-ins/{theirs.public_id}/end").status_code == 404
    assert thief.post("/account/sign-ins/23456789abcd/end").status_code == 404
    assert is_in(victim)


@pytest.mark.parametrize(
    ("remember", "attribute", "lasts"),
    [
        (False, "last_seen_at", operations.IDLE_LASTS_HERE),
        (True, "last_seen_at", operations.IDLE_LASTS),
        (False, "created_at", operations.SIGN_IN_LASTS_HERE),
        (True, "created_at", operations.SIGN_IN_LASTS),
    ],
)
def test_a_sign_in_ends_unused_and_at_the_latest(
    app: Flask, world: factories.World, session: Session, remember: bool, attribute: str, lasts: timedelta
) -> None:
    browser = enter(app, world.sme_user, remember=remember)
    row = session.scalars(select(SignIn)).one()
    for age, still_in in ((lasts - timedelta(minutes=1), True), (lasts + timedelta(minutes=1), False)):
        row.last_seen_at = utcnow()
        setattr(row, attribute, utcnow() - age)
        session.commit()
        assert is_in(browser) is still_in


def test_using_a_sign_in_keeps_it_alive(app: Flask, world: factories.World, session: Session) -> None:
    browser = enter(app, world.sme_user)
    row = session.scalars(select(SignIn)).one()
    row.last_seen_at = long_ago = utcnow() - timedelta(hours=11)
    session.commit()
    assert is_in(browser)
    session.refresh(row)
    assert row.last_seen_at > long_ago
    noted = row.last_seen_at
    assert is_in(browser)
    session.refresh(row)
    assert row.last_seen_at == noted, "each request writing would be too many writes"


def test_typing_the_password_again_gives_the_session_another_key(app: Flask, world: factories.World) -> None:
    browser = enter(app, world.sme_user, remember=True)
    thief, hoarder = copy_of(browser, app, "session"), copy_of(browser, app, "remember_token")
    browser.post("/account/verify", data={"password": "not the right one"})
    assert is_in(thief)
    browser.post("/account/verify", data={"password": factories.PASSWORD})
    assert is_in(browser)
    assert not is_in(thief)
    assert not is_in(hoarder)
    assert is_in(copy_of(browser, app, "remember_token"))


def test_a_link_for_a_new_password_is_void_after_any_change_of_the_password(
    app: Flask, world: factories.World, session: Session
) -> None:
    visitor = app.test_client()
    visitor.post("/recover", data={"email": world.sme_user.email}, headers={"Host": "evil.example"})
    mail = app.extensions["mailman"].outbox[-1].body
    assert "evil.example" not in mail
    link = re.search(r"http://127\.0\.0\.1:8000(/recover/\S+)", mail)[1]
    assert visitor.get(link).status_code == 200
    operations.set_password(session, session.get_one(User, world.sme_user.id), factories.password_hash)
    session.commit()
    assert visitor.get(link).location == "/recover"


def test_fields_that_no_form_of_ours_sends_are_refused_before_anything_works_through_them(
    app: Flask, world: factories.World
) -> None:
    visitor = app.test_client()
    data = {"email": world.sme_user.email, "password": "x" * 999_000}
    assert visitor.post("/sign-in", data=data).status_code == 400
    assert visitor.post("/sign-in", data={**data, "password": "x" * 1_100_000}).status_code == 413
