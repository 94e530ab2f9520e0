"""A mail server that is down, slow, unwilling or gone in the middle: nothing is lost, and nothing is doubled."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matchmaker.db import db, utcnow
from matchmaker.mail import delivery, operations
from matchmaker.mail.models import OutboxMessage
from tests import factories
from tests.mail.sink import Sink
from tests.servers import PROGRAMS, environment, run_command


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def app(make_app: Callable[..., Flask], sink: Sink) -> Flask:
    """Its worker loses patience with a silent server at once."""
    return make_app(MAIL_BACKEND="smtp", MAIL_SERVER="127.0.0.1", MAIL_PORT=sink.port, MAIL_TIMEOUT=2)


def write(session: Session, *addresses: str) -> None:
    for to in addresses:
        operations.enqueue(session, to=to, subject="The tide", text="It turned.\n")
    session.commit()


def deliver(app: Flask, session: Session) -> tuple[int, int]:
    """Deliver as if every pause between attempts had passed."""
    session.execute(update(OutboxMessage).values(not_before=utcnow() - timedelta(seconds=1)))
    session.commit()
    with app.app_context():
        made = delivery.deliver_due()
    session.expire_all()
    return made


def rows(session: Session) -> list[OutboxMessage]:
    session.expire_all()
    return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


@pytest.mark.parametrize(
    ("mood", "error"),
    [
        ("greylists", "SMTPRecipientsRefused 450"),
        ("is full", "SMTPDataError 452"),
        ("hangs up in the middle", "SMTPServerDisconnected"),
    ],
)
def test_what_the_server_can_not_take_now_is_sent_once_later(
    app: Flask, sink: Sink, session: Session, mood: str, error: str
) -> None:
    write(session, "anna@example.org", "bo@example.org")
    sink.mood = mood
    assert deliver(app, session) == (0, 2)
    assert [(row.last_error, row.given_up_at) for row in rows(session)] == [(error, None)] * 2
    assert sink.received == []
    sink.mood = "kind"
    assert deliver(app, session) == (2, 0)
    assert deliver(app, session) == (0, 0)
    assert sorted(sink.recipients) == [["anna@example.org"], ["bo@example.org"]]


@pytest.mark.parametrize(
    ("mood", "error"), [("knows nobody", "SMTPRecipientsRefused 550"), ("dislikes the content", "SMTPDataError 554")]
)
def test_what_is_refused_for_good_is_given_up_at_once_and_kept_for_the_admin(
    app: Flask, sink: Sink, session: Session, mood: str, error: str
) -> None:
    write(session, "anna@example.org")
    sink.mood = mood
    assert deliver(app, session) == (0, 1)
    (row,) = rows(session)
    assert (row.last_error, row.given_up_at is not None, row.can_be_tried_again) == (error, True, True)
    sink.mood = "kind"
    assert deliver(app, session) == (0, 0), "nobody tries again by himself"


def test_one_bad_address_keeps_nobody_waiting(app: Flask, sink: Sink, session: Session) -> None:
    write(session, "nobody@example.org", "anna@example.org", "bo@example.org")
    assert deliver(app, session) == (2, 1)
    assert sorted(sink.recipients) == [["anna@example.org"], ["bo@example.org"]]


def test_an_outage_is_noticed_once_and_not_by_every_mail(app: Flask, sink: Sink, session: Session) -> None:
    sink.stop()
    write(session, *(f"anna{number}@example.org" for number in range(5)))
    assert deliver(app, session) == (0, 1)
    assert [row.attempts for row in rows(session)] == [1, 0, 0, 0, 0]
    sink.start()
    assert deliver(app, session) == (5, 0)
    assert len(set(sink.message_ids)) == 5


def test_a_server_that_takes_a_mail_and_answers_too_late_gets_it_again_as_the_same_mail(
    app: Flask, sink: Sink, session: Session
) -> None:
    write(session, "anna@example.org", "bo@example.org")
    sink.mood = "answers too late"
    assert deliver(app, session) == (0, 1)
    assert [row.attempts for row in rows(session)] == [1, 0], "the second is spared the wait"
    sink.mood = "kind"
    assert deliver(app, session) == (2, 0)
    # Whether the server keeps what it did not answer for is its own affair; the mail program knows the two as one.
    assert len(sink.received) == 3
    assert len(set(sink.message_ids)) == 2


def test_a_server_that_never_says_goodbye_gets_no_mail_twice(app: Flask, sink: Sink, session: Session) -> None:
    write(session, "anna@example.org")
    sink.mood = "never says goodbye"
    assert deliver(app, session) == (1, 0)
    assert deliver(app, session) == (0, 0)
    assert len(sink.received) == 1


def test_a_database_that_is_busy_when_a_mail_has_left_does_not_make_it_leave_again(
    app: Flask, sink: Sink, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(session, "anna@example.org")
    noted, busy = operations.mark_sent, [True, True]

    def mark(*arguments: object, **named: object) -> None:
        if busy:
            busy.pop()
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        noted(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(operations, "mark_sent", mark)
    assert deliver(app, session) == (1, 0)
    assert deliver(app, session) == (0, 0)
    assert len(sink.received) == 1


def test_a_mail_that_is_taken_back_while_it_leaves_troubles_nobody(app: Flask, sink: Sink, session: Session) -> None:
    write(session, "anna@example.org", "bo@example.org")
    first = rows(session)[0].id

    def take_back() -> None:
        operations.take_back(session, first)
        session.commit()

    sink.before_answer = take_back
    assert deliver(app, session) == (2, 0)
    assert [row.to for row in rows(session)] == ["bo@example.org"]


def test_no_header_names_an_organisation_or_a_person_but_the_reader(app: Flask, sink: Sink, session: Session) -> None:
    write(session, "anna@knochenwerk.example")
    deliver(app, session)
    (mail,) = sink.received
    assert mail["To"] == "anna@knochenwerk.example"
    others = {name: value for name, value in mail.items() if name != "To"}
    assert others["From"] == "matchmaker@localhost"
    assert others["Message-ID"].endswith("@localhost>")
    assert "knochenwerk" not in str(others)
    assert {"Reply-To", "Sender", "Return-Path", "X-Mailer"}.isdisjoint(others)


def test_a_request_does_not_wait_for_the_mail_server(
    make_app: Callable[..., Flask], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    app.testing = False
    woken: list[str] = []
    monkeypatch.setattr(app.extensions["jobs"], "call", woken.append)
    with app.app_context(), Session(db.engine) as writer:
        operations.enqueue(writer, to="anna@example.org", subject="s", text="t")
        writer.commit()
    assert woken == ["mail"]
    assert rows(session)[0].attempts == 0


def start_worker(settings: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(PROGRAMS / "matchmaker"), "work"], env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def test_a_worker_killed_between_the_servers_yes_and_its_own_note_sends_the_same_mail_again(
    tmp_path: Path, sink: Sink
) -> None:
    settings = environment(
        tmp_path,
        MATCHMAKER_MODEL="none",
        MATCHMAKER_SMTP_URL=f"smtp://127.0.0.1:{sink.port}",
        MATCHMAKER_BASE_URL="http://localhost",
    )
    assert run_command(settings, "init").returncode == 0
    engine = create_engine(f"sqlite:///{tmp_path / 'matchmaker.sqlite3'}")
    with Session(engine) as session:
        write(session, "anna@example.org", "bo@example.org")

    arrived, killed = threading.Event(), threading.Event()
    worker = start_worker(settings)

    def kill() -> None:
        if not killed.is_set():
            worker.kill()
            worker.wait()
            killed.set()

    sink.before_answer = kill
    assert killed.wait(60)
    with Session(engine) as session:
        first = rows(session)[0]
        assert (first.attempts, first.sent_at) == (1, None)
        # The lease of the dead worker ends.
        session.execute(update(OutboxMessage).values(not_before=utcnow() - timedelta(seconds=1)))
        session.commit()

    sink.before_answer = lambda: arrived.set() if len(sink.received) == 3 else None
    successor = start_worker(settings)
    assert arrived.wait(60)
    successor.terminate()
    successor.wait(60)
    with Session(engine) as session:
        assert all(row.sent_at is not None and row.text == "" for row in rows(session))
        ids = [f"<{row.message_id}@localhost>" for row in rows(session)]
    engine.dispose()
    assert sorted(sink.message_ids) == sorted([ids[0], *ids]), "the one that was under way came twice, as one mail"


# What the platform admin sees of it.


def test_the_platform_admin_sees_what_was_given_up_without_its_text_and_tries_again(
    app: Flask, sink: Sink, world: factories.World, sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    operations.enqueue(session, to="anna@example.org", subject="A secret subject", text="A secret text", kind="tide")
    session.commit()
    sink.mood = "knows nobody"
    deliver(app, session)
    admin = sign_in(world.platform_admin)
    page = admin.get("/mails").text
    assert "anna@example.org" in page
    assert "The mail server refuses it for good." in page
    assert "secret" not in page
    sink.mood = "kind"
    row = rows(session)[0]
    assert "is tried again" in admin.post(f"/mails/{row.message_id}/again", follow_redirects=True).text
    assert [mail["Subject"] for mail in sink.received] == ["A secret subject"]
    assert "Nothing was given up" in admin.get("/mails").text


def test_the_platform_admin_drops_a_mail(
    app: Flask, sink: Sink, world: factories.World, sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    write(session, "nobody@example.org")
    deliver(app, session)
    (row,) = rows(session)
    admin = sign_in(world.platform_admin)
    assert "is dropped" in admin.post(f"/mails/{row.message_id}/drop", follow_redirects=True).text
    assert rows(session) == []


def test_nobody_else_sees_or_touches_the_outbox(
    app: Flask, sink: Sink, world: factories.World, sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    write(session, "nobody@example.org")
    deliver(app, session)
    (row,) = rows(session)
    for user in (world.manager, world.sme_admin):
        browser = sign_in(user)
        assert browser.get("/mails").status_code == 404
        assert browser.post(f"/mails/{row.message_id}/drop").status_code == 404
    assert len(rows(session)) == 1
