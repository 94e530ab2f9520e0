"""Signing in through a provider, against one that runs on this machine."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Identity, User
from matchmaker.config import Settings
from tests import factories
from tests.accounts.test_second_step import set_up_app
from tests.accounts.test_sign_in import enter, is_in
from tests.servers import free_port


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = free_port()
    address = f"http://localhost:{port}"
    # In a process of its own: it warns about itself, and warnings are errors here.
    with subprocess.Popen([sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]) as process:
        try:
            for _ in range(300):
                with suppress(requests.ConnectionError):
                    requests.get(f"{address}/.well-known/openid-configuration", timeout=5)
                    break
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()


@pytest.fixture
def settings(settings: Settings, issuer: str) -> Settings:
    return replace(
        settings,
        oidc_issuer=issuer,
        oidc_client_id="us",
        oidc_client_secret="agreed",
        oidc_name="Northern ID",
        orcid_issuer=issuer,
        orcid_client_id="APP-1",
        orcid_client_secret="agreed",
    )


def known_there(issuer: str, subject: str, **claims: object) -> None:
    """Make somebody known to the provider."""
    requests.put(f"{issuer}/users/{subject}", json=claims, timeout=10).raise_for_status()


def go_through(browser: FlaskClient, subject: str, provider: str = "oidc", path: str = "") -> object:
    """Follow the link to the provider, agree there as ``subject``, and come back; gives the last answer."""
    away = browser.get(path or f"/sign-in/with/{provider}")
    assert away.status_code == 302, away.text
    agreed = requests.post(away.location, data={"sub": subject}, allow_redirects=False, timeout=10)
    back = urlsplit(agreed.headers["Location"])
    assert f"{back.scheme}://{back.netloc}" == "http://127.0.0.1:8000"
    return browser.get(f"{back.path}?{back.query}")


def connect(browser: FlaskClient, subject: str, provider: str = "oidc") -> object:
    assert f"/sign-in/with/{provider}" in browser.post(f"/account/providers/{provider}/connect").text
    return go_through(browser, subject, provider)


def users(session: Session) -> int:
    return session.scalar(select(func.count(User.id))) or 0


def test_whoever_connected_a_provider_signs_in_with_it(app: Flask, world: factories.World, issuer: str) -> None:
    known_there(issuer, "0000-0002-1825-0097")
    connect(enter(app, world.sme_user), "0000-0002-1825-0097", "orcid")
    browser = app.test_client()
    assert "Sign in with ORCID" in browser.get("/sign-in").text
    answer = go_through(browser, "0000-0002-1825-0097", "orcid", "/sign-in/with/orcid?next=/account/sign-ins")
    assert answer.location == "/account/sign-ins"
    assert is_in(browser)
    assert world.sme_user.email in browser.get("/account").text


def test_a_vouched_address_nobody_uses_gets_an_account(app: Flask, session: Session, issuer: str) -> None:
    known_there(issuer, "new-1", email="ines@nowhere.example", email_verified=True, name="Ines <b>Vik</b>")
    browser = app.test_client()
    go_through(browser, "new-1")
    assert is_in(browser)
    user = session.scalars(select(User)).one()
    assert (user.email, user.name, user.password) == ("ines@nowhere.example", "Ines <b>Vik</b>", None)
    assert user.confirmed_at is not None
    go_through(app.test_client(), "new-1")
    assert users(session) == 1


@pytest.mark.parametrize("claims", [{"email_verified": True}, {"email_verified": False}, {}])
def test_an_account_is_never_taken_over_by_its_address(
    app: Flask, world: factories.World, session: Session, issuer: str, claims: dict[str, object]
) -> None:
    known_there(issuer, "evil", email=world.sme_user.email.upper(), **claims)
    browser = app.test_client()
    answer = go_through(browser, "evil")
    assert answer.location == "/sign-in"
    assert not is_in(browser)
    assert session.scalars(select(Identity)).all() == []


@pytest.mark.parametrize("claims", [{}, {"email": "a@b.example"}, {"email": "a@b.example", "email_verified": False}])
def test_without_a_vouched_address_no_account_is_made(
    app: Flask, session: Session, issuer: str, claims: dict[str, object]
) -> None:
    known_there(issuer, "unvouched", **claims)
    assert go_through(app.test_client(), "unvouched").location == "/sign-in"
    assert users(session) == 0


def test_one_person_elsewhere_is_one_user_here(
    app: Flask, world: factories.World, session: Session, issuer: str
) -> None:
    known_there(issuer, "shared")
    connect(enter(app, world.sme_user), "shared")
    other = enter(app, world.researcher)
    assert connect(other, "shared").location == "/account/second-step"
    assert "signs somebody else in" in other.get("/account/second-step").text
    assert [i.user_id for i in session.scalars(select(Identity))] == [world.sme_user.id]


def test_nothing_is_connected_by_a_link_alone(
    app: Flask, world: factories.World, session: Session, issuer: str
) -> None:
    browser = enter(app, world.sme_user)
    assert browser.get("/sign-in/with/oidc").location == "/account/second-step"
    assert session.scalars(select(Identity)).all() == []


def test_an_answer_the_browser_did_not_ask_for_is_refused(
    app: Flask, world: factories.World, session: Session, issuer: str
) -> None:
    known_there(issuer, "attacker", email="attacker@nowhere.example", email_verified=True)
    attacker = app.test_client()
    away = attacker.get("/sign-in/with/oidc")
    agreed = requests.post(away.location, data={"sub": "attacker"}, allow_redirects=False, timeout=10)
    back = urlsplit(agreed.headers["Location"])
    victim = app.test_client()
    assert victim.get(f"{back.path}?{back.query}").location == "/sign-in"
    assert not is_in(victim)
    assert victim.get("/sign-in/with/oidc/back?code=x&state=y").location == "/sign-in"
    assert victim.get("/sign-in/with/nobody").status_code == 404


def test_a_second_step_is_asked_for_here_as_well(app: Flask, world: factories.World, issuer: str) -> None:
    known_there(issuer, "careful")
    owner = enter(app, world.sme_user)
    connect(owner, "careful")
    phone = set_up_app(owner)
    browser = app.test_client()
    assert go_through(browser, "careful").location.startswith("/sign-in/code")
    assert not is_in(browser)
    browser.post("/sign-in/code", data={"code": phone.now()})
    assert is_in(browser)


def test_a_disconnected_provider_and_a_closed_account_stay_shut(
    app: Flask, world: factories.World, session: Session, issuer: str
) -> None:
    known_there(issuer, "leaving")
    owner = enter(app, world.sme_user)
    connect(owner, "leaving")
    user = session.get_one(User, world.sme_user.id)
    user.active = False
    session.commit()
    assert not is_in(closed := app.test_client())
    assert go_through(closed, "leaving").location == "/sign-in"
    user.active = True
    session.commit()
    enter(app, world.sme_user).post("/account/providers/oidc/disconnect")
    assert go_through(app.test_client(), "leaving").location == "/sign-in"


def test_a_provider_that_does_not_answer_is_told_in_a_sentence(
    make_app: Callable[..., Flask], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    oauth = app.extensions["providers"][0]
    monkeypatch.setattr(oauth.create_client("oidc"), "_server_metadata_url", "http://127.0.0.1:9/nobody")
    page = app.test_client().get("/sign-in/with/oidc", follow_redirects=True)
    assert page.request.path == "/sign-in"
    assert "could not tell who you are" in page.text
