"""The outbox: a mail leaves after the commit, survives a dead mail server, and can't be given headers of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import db, utcnow
from matchmaker.mail import delivery, letters, operations, queries
from matchmaker.mail.models import OutboxMessage
from tests.mail.sink import Sink

LETTER = {"subject": "Grüße from the harbour", "text": "Open this:\n\nhttps://example.org/x?a=1&b=2\n", "html": ""}


def mailbox(app: Flask) -> list[Any]:
    return getattr(app.extensions["mailman"], "outbox", [])


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.stop()


@pytest.fixture
def smtp_app(make_app: Callable[..., Flask], sink: Sink) -> Flask:
    return make_app(MAIL_BACKEND="smtp", MAIL_SERVER="127.0.0.1", MAIL_PORT=sink.port, MAIL_TIMEOUT=5)


def waiting(session: Session) -> OutboxMessage:
    """A mail in the outbox that nobody was woken for: outside an application's context nobody is."""
    message = operations.enqueue(session, to="anna@example.org", **LETTER)
    session.commit()
    return message


def the_message(session: Session) -> OutboxMessage:
    session.expire_all()
    return session.scalars(select(OutboxMessage)).one()


def test_a_mail_leaves_after_the_commit_and_not_before(app: Flask) -> None:
    with app.app_context(), Session(db.engine) as session:
        operations.enqueue(session, to="anna@example.org", **LETTER)
        assert mailbox(app) == []
        session.commit()
        assert [m.to for m in mailbox(app)] == [["anna@example.org"]]


def test_a_mail_of_a_transaction_that_was_rolled_back_never_leaves(app: Flask) -> None:
    with app.app_context(), Session(db.engine) as session:
        operations.enqueue(session, to="anna@example.org", **LETTER)
        session.rollback()
        assert delivery.deliver_due() == (0, 0)
    assert mailbox(app) == []


def test_a_mail_written_inside_a_savepoint_leaves_with_the_outer_commit(app: Flask) -> None:
    with app.app_context(), Session(db.engine) as session:
        with session.begin_nested():
            operations.enqueue(session, to="anna@example.org", **LETTER)
        assert mailbox(app) == []
        session.commit()
    assert len(mailbox(app)) == 1


def test_a_real_server_gets_text_and_html_with_a_stable_message_id(smtp_app: Flask, sink: Sink) -> None:
    sink.start()
    with smtp_app.app_context(), Session(db.engine) as session:
        written = letters.split("Grüße from the harbour\n\nOpen this:\n\nhttps://example.org/x?a=1&b=2\n\n<b>5 > 3</b>")
        message_id = operations.enqueue(session, to="anna@example.org", **written).message_id
        session.commit()
    (received,) = sink.received
    assert sink.recipients == [["anna@example.org"]]
    assert received["Subject"] == "Grüße from the harbour"
    assert received["Message-ID"] == f"<{message_id}@localhost>"
    assert received["Auto-Submitted"] == "auto-generated"
    assert "https://example.org/x?a=1&b=2" in received.get_body(("plain",)).get_content()
    html = received.get_body(("html",)).get_content()
    assert '<a href="https://example.org/x?a=1&amp;b=2">' in html
    assert "<b>" not in html


def test_a_dead_server_fails_nothing_and_the_mail_arrives_once_it_is_back(
    smtp_app: Flask, sink: Sink, session: Session
) -> None:
    with smtp_app.app_context(), Session(db.engine) as writer:
        operations.enqueue(writer, to="anna@example.org", **LETTER)
        writer.commit()
    waiting = the_message(session)
    assert waiting.sent_at is None
    assert waiting.attempts == 1
    assert waiting.last_error == "ConnectionRefusedError"
    assert waiting.not_before > utcnow()
    first_id = waiting.message_id

    sink.start()
    with smtp_app.app_context():
        assert delivery.deliver_due() == (0, 0), "nobody tries again before its time"
        waiting.not_before = utcnow() - timedelta(seconds=1)
        session.commit()
        assert delivery.deliver_due() == (1, 0)
    assert sink.message_ids == [f"<{first_id}@localhost>"]
    assert the_message(session).sent_at is not None


def test_what_a_sent_mail_said_is_forgotten(app: Flask, session: Session) -> None:
    with app.app_context(), Session(db.engine) as writer:
        operations.enqueue(writer, to="anna@example.org", **LETTER)
        writer.commit()
    sent = the_message(session)
    assert sent.sent_at is not None
    assert sent.text == sent.html == ""


def test_a_mail_whose_link_has_expired_is_dropped_and_not_sent_late(
    smtp_app: Flask, sink: Sink, session: Session
) -> None:
    with smtp_app.app_context(), Session(db.engine) as writer:
        operations.enqueue(writer, to="anna@example.org", **LETTER, lifetime=timedelta(hours=1))
        writer.commit()
    waiting = the_message(session)
    assert (waiting.attempts, waiting.given_up_at) == (1, None)
    waiting.expires_at = waiting.not_before = utcnow() - timedelta(seconds=1)
    session.commit()
    sink.start()
    with smtp_app.app_context():
        assert delivery.deliver_due() == (0, 0)
    assert sink.received == []
    expired = the_message(session)
    assert expired.given_up_at is not None
    assert expired.last_error == operations.TOO_LATE
    assert expired.text == ""
    assert not expired.can_be_tried_again


def test_delays_between_attempts_grow_until_nobody_tries_any_more(app: Flask, session: Session) -> None:
    message = waiting(session)
    delays = []
    now = utcnow()
    for attempt in range(1, operations.ATTEMPTS_MOST + 1):
        message.attempts = attempt
        operations.postpone(session, message.id, "down", now=now)
        delays.append(message.not_before - now)
        assert (message.given_up_at is not None) == (attempt == operations.ATTEMPTS_MOST)
    assert delays == sorted(delays)
    assert delays[0] < delays[-1] == delays[-2]
    assert timedelta(days=2.5) < sum(delays, timedelta()) < timedelta(days=3.5)
    assert message.can_be_tried_again


def test_two_who_deliver_at_once_send_one_mail(app: Flask, session: Session) -> None:
    message, now = waiting(session), utcnow()
    with app.app_context(), Session(db.engine) as one, Session(db.engine) as other:
        assert operations.claim(one, message.id, now=now) is True
        one.commit()
        assert operations.claim(other, message.id, now=now) is False
        assert queries.due(other, now=now) == []


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("anna@example.org\nBcc: all@example.org", "Hello"),
        ("anna@example.org\r\nBcc: all@example.org", "Hello"),
        ("anna@example.org", "Hello\r\nBcc: all@example.org"),
        ("anna@example.org", "Hello\u2028Bcc: all@example.org"),
        ("anna@example.org, all@example.org", "Hello"),
        ("Anna <anna@example.org>", "Hello"),
        ("nobody", "Hello"),
    ],
)
def test_headers_of_ones_own_are_refused(session: Session, to: str, subject: str) -> None:
    with pytest.raises(operations.UnsafeHeader):
        operations.enqueue(session, to=to, subject=subject, text="t")


def test_without_a_mail_server_a_readable_mail_with_its_link_is_printed(
    make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(MAIL_BACKEND="matchmaker.mail.console")
    with app.app_context(), Session(db.engine) as session:
        operations.enqueue(session, to="anna@example.org", **LETTER)
        session.commit()
    printed = capsys.readouterr().out
    assert "Subject: Grüße from the harbour" in printed
    assert re.search(r"^https://example\.org/x\?a=1&b=2$", printed, re.MULTILINE)


def test_the_command_works_off_the_outbox(app: Flask, session: Session) -> None:
    waiting(session)
    result = app.test_cli_runner().invoke(args=["mail", "send"])
    assert result.output.strip() == "sent 1, failed 0, waiting 0, given up 0"
    assert len(mailbox(app)) == 1


def test_links_in_mails_begin_with_the_configured_address_whatever_host_a_request_names(app: Flask) -> None:
    with app.test_request_context("/", headers={"Host": "evil.example"}):
        assert letters.absolute_url("security.login") == "http://127.0.0.1:8000/sign-in"
