"""The life of an API token, and what the API answers without one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts import operations
from matchmaker.accounts.models import ApiToken, User
from matchmaker.audit.models import AuditEntry, Event
from matchmaker.db import set_read_only, utcnow
from matchmaker.extensions import csrf
from matchmaker.permissions import Permission, permits
from tests import factories


@pytest.fixture
def api(app: Flask) -> FlaskClient:
    """The application with a resource that says who asks."""

    @permits(Permission.ACCOUNT)
    def whoami() -> dict[str, object]:
        return {"user": g.viewer.user_id, "organisations": sorted(g.viewer.organisation_ids)}

    app._got_first_request = False
    app.add_url_rule("/api/v1/whoami", "whoami", csrf.exempt(whoami), methods=["GET", "POST"])
    return app.test_client()


def bearer(raw: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {raw}"}


def make(browser: FlaskClient, name: str = "Intranet", days: int = 30, **form: str) -> str:
    page = browser.post("/account/tokens", data={"name": name, "days": days, **form})
    assert page.status_code == 200
    return re.search(r"mm_[A-Za-z0-9_-]{43}", page.text)[0]


def test_a_token_is_shown_once_kept_as_a_hash_and_signs_its_owner_in(
    api: FlaskClient, world: factories.World, sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    browser = sign_in(world.sme_user)
    raw = make(browser)
    assert raw not in browser.get("/account/tokens").text
    kept = session.scalars(select(ApiToken)).one()
    assert raw not in (kept.digest, kept.prefix, kept.name)
    assert raw.startswith(kept.prefix)

    answer = api.get("/api/v1/whoami", headers=bearer(raw))
    assert answer.json == {"user": world.sme_user.id, "organisations": [world.sme.id]}
    assert answer.headers["Cache-Control"] == "no-store"
    # What it may not do, it is told; nothing else of the world shows by it.
    refused = api.post("/api/v1/whoami", headers=bearer(raw))
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "only_reads")
    acting = make(browser, "Bot", writes="y")
    assert api.post("/api/v1/whoami", headers=bearer(acting)).status_code == 200
    session.refresh(kept)
    assert kept.last_used_at is not None


def test_a_revoked_token_is_refused_at_once(
    api: FlaskClient, world: factories.World, sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    browser = sign_in(world.sme_user)
    raw, other = make(browser), make(browser, "Another")
    token = session.scalars(select(ApiToken).where(ApiToken.name == "Intranet")).one()
    assert "revoked" in browser.post(f"/account/tokens/{token.public_id}/revoke", follow_redirects=True).text
    assert api.get("/api/v1/whoami", headers=bearer(raw)).status_code == 401
    assert api.get("/api/v1/whoami", headers=bearer(other)).status_code == 200


def test_an_expired_token_and_that_of_a_closed_account_are_refused(
    api: FlaskClient, world: factories.World, sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    expired, closed = make(sign_in(world.sme_user)), make(sign_in(world.researcher))
    token = session.scalars(select(ApiToken).where(ApiToken.user_id == world.sme_user.id)).one()
    token.expires_at = utcnow() - timedelta(seconds=1)
    session.get_one(User, world.researcher.id).active = False
    session.commit()
    assert api.get("/api/v1/whoami", headers=bearer(expired)).status_code == 401
    assert api.get("/api/v1/whoami", headers=bearer(closed)).status_code == 401


def test_a_token_reads_what_its_owner_may_read_at_that_moment(
    api: FlaskClient, world: factories.World, sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    raw = make(sign_in(world.sme_user))
    assert api.get("/api/v1/whoami", headers=bearer(raw)).json["organisations"] == [world.sme.id]
    # The request before only read, in this very thread.
    set_read_only(False)
    for membership in session.get_one(type(world.sme), world.sme.id).memberships:
        session.delete(membership)
    session.commit()
    assert api.get("/api/v1/whoami", headers=bearer(raw)).json["organisations"] == []


@pytest.mark.parametrize(
    "header",
    [
        {},
        bearer(""),
        bearer("mm_nonsense"),
        bearer("x" * 5000),
        {"Authorization": "Basic YTpi"},
        {"Authorization": "mm_x"},
    ],
)
def test_without_a_valid_token_the_api_asks_for_one_in_json(api: FlaskClient, header: dict[str, str]) -> None:
    answer = api.get("/api/v1/whoami", headers=header)
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_session_cookie_opens_no_door_of_the_api(
    api: FlaskClient, world: factories.World, sign_in: Callable[..., FlaskClient]
) -> None:
    browser = sign_in(world.sme_user)
    assert browser.get("/account").status_code == 200
    assert browser.get("/api/v1/whoami").status_code == 401
    assert browser.post("/api/v1/whoami").status_code == 401


def test_a_token_opens_no_page_for_people(
    api: FlaskClient, world: factories.World, sign_in: Callable[..., FlaskClient]
) -> None:
    raw = make(sign_in(world.sme_user))
    assert api.get("/account", headers=bearer(raw)).status_code == 302


def test_the_description_of_the_api_is_open(api: FlaskClient) -> None:
    assert api.get("/api/v1/openapi.json").status_code == 200


def test_somebody_elses_token_can_not_be_revoked_and_looks_like_none(
    world: factories.World, sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    make(sign_in(world.sme_user))
    token = session.scalars(select(ApiToken)).one()
    stranger = sign_in(world.outsider)
    theirs = stranger.post(f"/account/tokens/{token.public_id}/revoke")
    none = stranger.post("/account/tokens/23456789abcd/revoke")
    assert theirs.status_code == none.status_code == 404
    session.refresh(token)
    assert token.revoked_at is None


@pytest.mark.parametrize("data", [{"name": "", "days": 30}, {"name": "x", "days": 366}, {"name": "x", "days": "never"}])
def test_a_token_needs_a_name_and_a_term_of_a_year_at_most(
    world: factories.World, sign_in: Callable[..., FlaskClient], session: Session, data: dict[str, object]
) -> None:
    assert sign_in(world.sme_user).post("/account/tokens", data=data).status_code == 422
    assert session.scalars(select(ApiToken)).all() == []


def test_nobody_hoards_tokens(world: factories.World, session: Session) -> None:
    user = session.get_one(User, world.sme_user.id)
    for number in range(operations.TOKENS_MOST):
        operations.create_token(session, user, name=str(number), days=1)
    with pytest.raises(operations.TooManyTokens):
        operations.create_token(session, user, name="one more", days=1)
    with pytest.raises(ValueError, match="1 to 365"):
        operations.create_token(session, user, name="for ever", days=366)


def test_a_token_that_only_reads_still_asks_for_suggestions(
    app: Flask, world: factories.World, sign_in: Callable[..., FlaskClient]
) -> None:
    """The question is posted because it is too long for an address; nothing changes by it."""
    raw = make(sign_in(world.sme_user))
    answer = app.test_client().post("/api/v1/suggest", json={"text": "bone grafts"}, headers=bearer(raw))
    assert answer.status_code == 200


def test_sign_ins_and_tokens_are_on_record(
    app: Flask, world: factories.World, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    browser, person = app.test_client(), world.sme_user
    for password in ("not this one, surely", factories.PASSWORD):
        browser.post("/sign-in", data={"email": person.email, "password": password})
    browser.post("/account/tokens", data={"name": "Intranet", "days": 30})
    token = session.scalars(select(ApiToken)).one()
    for _ in range(2):
        browser.post(f"/account/tokens/{token.public_id}/revoke")
    browser.post("/sign-out")
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    assert [(entry.event, entry.actor_id) for entry in entries[-5:]] == [
        (Event.SIGN_IN_FAILED, None),
        (Event.SIGNED_IN, person.id),
        (Event.TOKEN_CREATED, person.id),
        (Event.TOKEN_REVOKED, person.id),
        (Event.SIGNED_OUT, person.id),
    ]
    assert [entry.event for entry in entries].count(Event.SIGNED_IN) == 1
    assert entries[-5].facts == {"what": "password", "user": person.id}
