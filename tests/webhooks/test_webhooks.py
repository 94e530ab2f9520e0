"""A program is told at once what its user is told, by an address that may be slow, deaf, gone or a trap."""

from __future__ import annotations

import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker.db import utcnow
from matchmaker.notifications import operations as news
from matchmaker.notifications.models import Notification
from matchmaker.webhooks import operations, sending
from matchmaker.webhooks.models import Delivery, Webhook

#: A kind of news that every user gets, with facts that name somebody.
KIND, FACTS = "membership-asked", {"name": "Åsa Öberg", "organisation": "Knochenwerk GmbH", "organisation_id": "x"}


class Receiver(BaseHTTPRequestHandler):
    """Somebody's program: it keeps what it gets and answers as it is told."""

    got: list[tuple[dict[str, str], bytes]]
    says: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(Receiver.says)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[str]:
    Receiver.got, Receiver.says = [], 200
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(OUTBOUND_LOCAL=True)


@pytest.fixture
def page(sign_in: Callable[..., FlaskClient], world: Any) -> FlaskClient:
    return sign_in(world.sme_admin)


def add(page: FlaskClient, url: str, *groups: str) -> str:
    """Add a webhook and give its secret."""
    answer = page.post("/account/webhooks", data={"url": url, "groups": list(groups)})
    found = re.search(r"<code>([0-9a-f]{64})</code>", answer.text)
    assert found, answer.text
    return found[1]


def tell(app: Flask, session: Session, user: Any, key: str | None = None) -> Any:
    """Tell somebody something, as any slice does, and let the worker do its part."""
    with app.app_context():
        told = news.tell(session, user, KIND, FACTS, key=key)
        session.commit()
    return told


def later(session: Session) -> None:
    """Let the time of every next attempt come."""
    for delivery in session.scalars(select(Delivery).where(Delivery.delivered_at.is_(None))):
        delivery.not_before = utcnow() - timedelta(seconds=1)
    session.commit()


def only(session: Session) -> Delivery:
    session.expire_all()
    return session.scalars(select(Delivery)).one()


def test_what_a_user_is_told_reaches_the_program_signed_and_without_a_word_of_it(
    app: Flask, page: FlaskClient, session: Session, world: Any, receiver: str
) -> None:
    secret = add(page, receiver)
    assert secret not in page.get("/account/webhooks").text
    tell(app, session, world.sme_user)
    assert Receiver.got == []
    with app.app_context():
        both = [Notification(user_id=one.id, kind=KIND, facts=FACTS) for one in (world.sme_user, world.sme_admin)]
        session.add_all(both)
        session.commit()
    [(_headers, body)] = Receiver.got
    assert json.loads(body)["news"] == both[1].public_id
    session.execute(delete(Delivery))
    session.commit()
    Receiver.got.clear()

    told = tell(app, session, world.sme_admin)
    [(headers, body)] = Receiver.got
    said = json.loads(body)
    assert (said["kind"], said["news"]) == (KIND, told.public_id)
    assert set(said) == {"id", "kind", "news", "at"}
    expected = hmac.new(secret.encode(), f"{headers['matchmaker-timestamp']}.".encode() + body, "sha256").hexdigest()
    assert headers["matchmaker-signature"] == f"v1={expected}"
    assert headers["matchmaker-delivery"] == said["id"]
    assert only(session).delivered_at is not None
    with app.app_context():
        assert sending.send_due() == (0, 0)
    assert len(Receiver.got) == 1


def test_what_is_not_taken_comes_again_under_the_same_id_until_it_is_given_up_and_sent_again(
    app: Flask, page: FlaskClient, session: Session, world: Any, receiver: str
) -> None:
    add(page, receiver)
    Receiver.says = 503
    tell(app, session, world.sme_admin)
    assert only(session).not_before > utcnow()
    for _ in operations.WAITS:
        later(session)
        with app.app_context():
            assert sending.send_due() == (0, 1)
    dead = only(session)
    assert (dead.last_error, dead.given_up_at is None) == ("HTTP 503", False)
    later(session)
    with app.app_context():
        assert sending.send_due() == (0, 0)

    Receiver.says = 204
    listed = page.get("/account/webhooks").text
    assert "HTTP 503" in listed
    page.post(f"/account/webhooks/deliveries/{dead.public_id}/again")
    assert only(session).delivered_at is not None
    assert {headers["matchmaker-delivery"] for headers, _body in Receiver.got} == {dead.public_id}
    assert {body for _headers, body in Receiver.got} == {sending.body_of(only(session))}


def test_a_worker_that_dies_in_between_sends_it_once_more_under_the_same_id(
    app: Flask, page: FlaskClient, session: Session, world: Any, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(page, receiver)

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(operations, "delivered", die)
        with pytest.raises(KeyboardInterrupt):
            tell(app, session, world.sme_admin)
    assert only(session).delivered_at is None
    with app.app_context():
        assert sending.send_due() == (0, 0)  # Nobody else tries while the attempt may still be running.
    later(session)
    with app.app_context():
        assert sending.send_due() == (1, 0)
    first, second = Receiver.got
    assert (first[1], first[0]["matchmaker-delivery"]) == (second[1], second[0]["matchmaker-delivery"])


def test_where_nobody_listens_any_more_nothing_is_sent(
    app: Flask, page: FlaskClient, session: Session, world: Any, receiver: str
) -> None:
    add(page, receiver)
    Receiver.says = 410
    tell(app, session, world.sme_admin)
    tell(app, session, world.sme_admin)
    assert len(Receiver.got) == 1
    hook = session.scalars(select(Webhook)).one()
    assert hook.gone_at is not None
    Receiver.says = 200
    page.post(f"/account/webhooks/{hook.public_id}/try")
    assert json.loads(Receiver.got[-1][1])["kind"] == operations.TRIAL
    page.post(f"/account/webhooks/{hook.public_id}/drop")
    assert session.scalars(select(Delivery)).all() == []


def test_a_program_hears_what_it_asked_for_and_nothing_that_was_taken_back(
    app: Flask, page: FlaskClient, session: Session, world: Any, receiver: str
) -> None:
    add(page, receiver, "account")
    tell(app, session, world.sme_admin)
    assert Receiver.got == []
    add(page, receiver, "organisation")
    Receiver.says = 500
    tell(app, session, world.sme_admin, key="k")
    assert len(Receiver.got) == 1
    with app.app_context():
        news.retract(session, KIND, "k")
        session.commit()
    assert session.scalars(select(Delivery)).all() == []


def test_an_address_that_could_lead_home_is_refused_when_it_is_typed_and_when_it_is_asked(
    make_app: Callable[..., Flask], session: Session, world: Any, page: FlaskClient, app: Flask
) -> None:
    app.config["OUTBOUND_LOCAL"] = False
    for trap in ("http://example.org/hook", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://a@b.org/"):
        assert page.post("/account/webhooks", data={"url": trap}).status_code == 422
    add(page, "https://localhost/hook")
    tell(app, session, world.sme_admin)
    refused = only(session)
    assert (refused.last_error, refused.given_up_at is None) == ("refused", False)
    for number in range(operations.MOST - 1):
        add(page, f"https://example.org/{number}")
    assert page.post("/account/webhooks", data={"url": "https://example.org/more"}).status_code == 409
