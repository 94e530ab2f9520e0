"""From sign-up to the first page: through the mail, and without telling strangers who has an account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import Role, User
from matchmaker.clusters.models import Organisation
from tests import factories

PASSWORD = "seven gulls over the pier"
NEW = {"name": "Anna Schmidt", "email": "anna@knochenwerk.example", "password": PASSWORD}


def mails(app: Flask) -> list[Any]:
    return getattr(app.extensions["mailman"], "outbox", [])


def link(app: Flask, kind: str) -> str:
    """The path of the last link of that kind in the last mail."""
    found = re.findall(rf"^http://127\.0\.0\.1:8000(/{kind}/\S+)$", mails(app)[-1].body, re.MULTILINE)
    return found[-1]


def test_a_newcomer_signs_up_confirms_signs_in_and_creates_an_organisation(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    factories.cluster(session, name="Northern Lights")
    session.commit()

    answer = client.post("/sign-up", data=NEW, follow_redirects=True)
    assert "Look into your mailbox" in answer.text
    assert mails(app)[-1].to == [NEW["email"]]
    assert "Hello Anna Schmidt" in mails(app)[-1].body

    too_early = client.post("/sign-in", data=NEW)
    assert "not confirmed yet" in too_early.text

    address = link(app, "confirm")
    assert app.test_client().head(address).status_code == 200
    assert "Confirm this address" in client.get(address).text
    assert session.scalars(select(User)).one().confirmed_at is None, "a mail filter that opens links confirms nothing"
    answer = client.post(address, follow_redirects=True)
    assert "Your address is confirmed" in answer.text
    assert answer.request.path == "/sign-in"

    answer = client.post("/sign-in", data=NEW, follow_redirects=True)
    assert answer.request.path == "/start"
    assert "Which organisation do you act for?" in answer.text

    answer = client.post(
        "/organisations/new", data={"name": "Knochenwerk GmbH", "type": "sme", "country": "DE", "city": "Hamburg"}
    )
    assert answer.status_code == 302
    organisation = session.scalars(select(Organisation)).one()
    assert organisation.is_sme
    assert [m.cluster.name for m in organisation.cluster_memberships] == ["Northern Lights"]
    assert [(m.user.email, str(m.role), str(m.state)) for m in organisation.memberships] == [
        (NEW["email"], "admin", "active")
    ]
    assert client.get("/arrive").location == "/"


def test_a_confirmation_link_works_whatever_host_asked_for_it(app: Flask, client: FlaskClient) -> None:
    client.post("/sign-up", data=NEW, headers={"Host": "evil.example"})
    assert "evil.example" not in mails(app)[-1].body
    assert "http://127.0.0.1:8000/confirm/" in mails(app)[-1].body


def test_a_damaged_confirmation_link_confirms_nobody(app: Flask, client: FlaskClient, session: Session) -> None:
    client.post("/sign-up", data=NEW)
    answer = client.get(link(app, "confirm")[:-3] + "abc", follow_redirects=True)
    assert answer.request.path == "/confirm"
    assert session.scalars(select(User)).one().confirmed_at is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "Type your name"),
        ({"name": "\u200b \u2060"}, "Type your name"),
        ({"name": "\u0410nna Schmidt"}, "mixes letters of two alphabets"),
        ({"name": "Win at https://casino.example"}, "without addresses"),
        ({"name": "x" * 121}, "120 characters"),
        ({"email": "nonsense"}, "does not look like an e-mail address"),
        ({"email": "anna@example.org\r\nBcc: x@y.example"}, "does not look like an e-mail address"),
        ({"password": "short"}, "at least 15 characters"),
        ({"password": "annaschmidt2026"}, "too easy to guess"),
        ({"password": "x" * 1025}, "at most 1024"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_created(
    app: Flask, client: FlaskClient, session: Session, change: dict[str, str], message: str
) -> None:
    answer = client.post("/sign-up", data={**NEW, **change})
    assert message in answer.text
    assert session.scalar(select(func.count(User.id))) == 0
    assert mails(app) == []


def test_a_password_of_half_a_megabyte_is_refused_at_once(client: FlaskClient) -> None:
    assert client.post("/sign-up", data={**NEW, "password": "x" * 1_100_000}).status_code == 413


def test_an_account_goes_on_in_the_language_it_was_opened_in(client: FlaskClient, session: Session) -> None:
    client.post("/sign-up", data=NEW, headers={"Accept-Language": "sv"})
    assert session.scalars(select(User.locale)).all() == ["sv"]


def test_sign_up_takes_no_more_than_name_address_and_password(client: FlaskClient, session: Session) -> None:
    client.post(
        "/sign-up",
        data={
            **NEW,
            "roles": "platform-admin",
            "active": "",
            "confirmed_at": "2026-01-01",
            "id": "77",
            "locale": "xx",
            "title": "Boss",
            "demonstration": "1",
            "fs_uniquifier": "guessed",
        },
    )
    user = session.scalars(select(User)).one()
    assert user.roles == []
    assert user.active
    assert user.confirmed_at is None
    assert (user.locale, user.title, user.demonstration) == ("", "", False)
    assert user.fs_uniquifier != "guessed"
    assert session.scalar(select(func.count(Role.id))) == 0


def test_the_sign_in_pages_take_no_json(client: FlaskClient) -> None:
    for path in ("/sign-in", "/sign-up", "/recover", "/confirm"):
        assert client.post(path, json=["a"]).status_code == 415
        assert client.post(path, json={"email": ["a@b.example", "c@d.example"]}).status_code == 415


# Nobody learns from an answer whether an address has an account.


def masked(answer: Any, email: str) -> tuple[int, str, list[str]]:
    """What a stranger sees: status, page and names of headers, without the address typed and the request's number."""
    text = re.sub(r'[a-z_]*csrf[a-z_]*"[^>]*', "", answer.text.replace(email, "ADDRESS"))
    text = re.sub(r"<code>[0-9a-f]{16}</code>", "", text)
    return answer.status_code, text, sorted(name for name, _ in answer.headers if name != "Content-Length")


@pytest.fixture
def compare(make_app: Callable[..., Flask], app: Flask) -> Callable[..., None]:
    def compare(path: str, known: dict[str, str], unknown: dict[str, str]) -> None:
        first, second = app.test_client(), app.test_client()
        for follow in (False, True):
            seen = first.post(path, data=known, follow_redirects=follow)
            other = second.post(path, data=unknown, follow_redirects=follow)
            assert masked(seen, known["email"]) == masked(other, unknown["email"])

    return compare


def test_a_wrong_password_looks_like_an_unknown_address(compare: Callable[..., None], world: factories.World) -> None:
    compare(
        "/sign-in",
        {"email": world.sme_user.email, "password": "not the right one"},
        {"email": "nobody@nowhere.example", "password": "not the right one"},
    )


def test_signing_up_with_a_taken_address_looks_like_a_new_one_and_mails_its_owner(
    app: Flask, compare: Callable[..., None], world: factories.World, session: Session
) -> None:
    before = session.scalar(select(func.count(User.id)))
    compare("/sign-up", {**NEW, "email": world.sme_user.email.upper().lower()}, {**NEW, "email": "new@nowhere.example"})
    assert session.scalar(select(func.count(User.id))) == before + 1
    owners = [m for m in mails(app) if m.to == [world.sme_user.email]]
    assert "You have an account" in owners[0].subject
    assert "/confirm/" not in owners[0].body
    assert "/recover\n" in owners[0].body


def test_asking_for_a_new_password_looks_the_same_for_everybody(
    app: Flask, compare: Callable[..., None], world: factories.World, session: Session
) -> None:
    factories.user(session, email="unconfirmed@nowhere.example", confirmed_at=None)
    factories.user(session, email="closed@nowhere.example", active=False)
    session.commit()
    for known in (world.sme_user.email, "unconfirmed@nowhere.example", "closed@nowhere.example"):
        compare("/recover", {"email": known}, {"email": f"not-{known}"})
    told = {m.to[0] for m in mails(app)}
    assert told == {world.sme_user.email, "unconfirmed@nowhere.example"}


def test_asking_for_another_confirmation_looks_the_same_for_everybody(
    app: Flask, compare: Callable[..., None], world: factories.World, session: Session
) -> None:
    factories.user(session, email="unconfirmed@nowhere.example", confirmed_at=None)
    session.commit()
    for known in (world.sme_user.email, "unconfirmed@nowhere.example"):
        compare("/confirm", {"email": known}, {"email": "nobody@nowhere.example"})
    assert {m.to[0] for m in mails(app)} == {"unconfirmed@nowhere.example"}


@pytest.mark.parametrize("path", ["/recover", "/confirm", "/sign-in", "/sign-up"])
def test_several_addresses_at_once_are_refused_and_nobody_is_mailed(
    app: Flask, client: FlaskClient, world: factories.World, path: str
) -> None:
    addresses = [world.sme_user.email, "evil@nowhere.example"]
    assert client.post(path, data={**NEW, "email": addresses}).status_code == 400
    client.post(path, data={**NEW, "email": ",".join(addresses)})
    client.post(path, data={**NEW, "email[]": addresses, "email": ""})
    assert mails(app) == []
