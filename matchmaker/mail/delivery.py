"""Getting mails from the outbox to the mail server: by the worker, right after the commit and again until it succeeds.

A request never waits for the mail server and never fails because of it. Between the server's yes and our note of it
lies a moment in which the worker may be killed; the mail is then sent once more, with the same Message-ID, by which its
reader's mail program knows it again. Nothing else is sent twice, and nothing is lost.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.mime.text import MIMEText
from email.utils import parseaddr
from types import TracebackType
from typing import Any

import structlog
from flask import current_app
from flask_mailman import EmailMultiAlternatives
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matchmaker.db import db, utcnow, writing
from matchmaker.extensions import mail
from matchmaker.mail import operations, queries
from matchmaker.mail.models import OutboxMessage

log = structlog.get_logger("matchmaker")

#: How often to try to note what became of a mail while the database is busy; each try waits some seconds by itself.
NOTING_TRIES = 3


class Line:
    """The connection to the mail server: opened by the first mail, kept for the next, given up after a failure."""

    def __init__(self) -> None:
        self._connection: Any = None

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Everything that was sent is noted by now; a server that takes leave badly changes nothing about it.
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()

    def send(self, message: EmailMultiAlternatives) -> None:
        """Hand a mail over; when this returns, the server has taken it."""
        if self._connection is None:
            connection = mail.get_connection()
            connection.open()
            self._connection = connection
        self._connection.send_messages([message])

    def drop(self) -> None:
        """Hang up without a word: who knows what the other side heard last."""
        smtp = getattr(self._connection, "connection", None)
        if smtp is not None:
            smtp.close()
        self._connection = None


def deliver_due() -> tuple[int, int]:
    """Try every mail that is due; gives how many were sent and how many failed. Uses a session of its own."""
    sent = failed = 0
    with writing(), Session(db.engine) as session, Line() as line:
        operations.tidy(session, now=utcnow())
        ids = queries.due(session, now=utcnow())
        session.commit()
        for message_id in ids:
            taken = operations.claim(session, message_id, now=utcnow())
            outgoing = _outgoing(session.get_one(OutboxMessage, message_id)) if taken else None
            # No transaction stays open while the mail server is spoken to.
            session.commit()
            if outgoing is None:
                continue
            try:
                line.send(outgoing)
            except (OSError, ValueError) as error:
                failed += 1
                line.drop()
                _note_failure(session, message_id, error)
                if _is_outage(error):
                    # Nobody answers: the others wait for a better moment, without a mark against them.
                    break
            else:
                sent += 1
                _note(session, lambda now, done=message_id: operations.mark_sent(session, done, now=now))
    return sent, failed


def _note(session: Session, what: Callable[[datetime], None]) -> None:
    """Write down what became of a mail, even where the database is busy: forgetting it would send the mail again."""
    for left in reversed(range(NOTING_TRIES)):
        try:
            what(utcnow())
            session.commit()
            return
        except OperationalError:
            session.rollback()
            if not left:
                raise


def _note_failure(session: Session, message_id: int, error: Exception) -> None:
    plain = _plain(error)
    log.warning("mail not sent", message=message_id, error=plain)
    if _is_final(error):
        _note(session, lambda now: operations.give_up(session, message_id, plain, now=now))
    else:
        _note(session, lambda now: operations.postpone(session, message_id, plain, now=now))


def _is_outage(error: Exception) -> bool:
    """Whether the server is not there or takes too long, so that the next mail would fare no better."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return isinstance(error.__context__, TimeoutError)
    return not isinstance(error, (smtplib.SMTPException, ValueError))


def _codes(error: Exception) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _words in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _is_final(error: Exception) -> bool:
    """Whether this very mail will never be taken: its address or content is refused, or it can't be written at all.

    A server that refuses our sender or our password refuses every mail, until somebody sets that right.
    """
    if isinstance(error, (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)):
        return all(code >= 500 for code in _codes(error))
    return isinstance(error, (ValueError, smtplib.SMTPNotSupportedError))


def _plain(error: Exception) -> str:
    """The kind of failure, without what the server said: that may quote the address."""
    return " ".join([type(error).__name__, *map(str, _codes(error))])


def _headers(message: OutboxMessage) -> dict[str, str]:
    # Everything here is the installation's own: no header tells which organisation a mail is about.
    domain = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1].rpartition("@")[2]
    made = {"Message-ID": f"<{message.message_id}@{domain}>", "Auto-Submitted": "auto-generated"}
    if message.unsubscribe_url:
        # RFC 8058: the mail program itself may stop such mails, with one click.
        made["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return made


def _outgoing(message: OutboxMessage) -> EmailMultiAlternatives:
    made = EmailMultiAlternatives(
        message.subject,
        message.text,
        current_app.config["MAIL_DEFAULT_SENDER"],
        [message.to],
        headers=_headers(message),
    )
    if message.html:
        made.attach_alternative(message.html, "text/html")
    if message.calendar:
        invitation = MIMEText(message.calendar, "calendar", "utf-8")
        invitation.set_param("method", message.calendar_method)
        invitation.add_header("Content-Disposition", "attachment", filename="meeting.ics")
        made.attach(invitation)
    return made
