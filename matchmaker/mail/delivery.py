"""Getting mails from the outbox to the mail server: tried once right after the commit, repaired later.

A request never waits for the mail server and never fails because of it. What could not be sent stays in the outbox
with a growing delay between attempts; ``matchmaker mail send`` and every later mail try again.
"""

from __future__ import annotations

import smtplib
import threading
import time
from typing import Any

import structlog
from flask import Flask, current_app, has_app_context
from flask_mailman import EmailMultiAlternatives
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, SessionTransaction

from matchmaker.db import db, utcnow, writing
from matchmaker.extensions import mail
from matchmaker.mail import operations, queries
from matchmaker.mail.models import OutboxMessage

log = structlog.get_logger("matchmaker")

#: What a mail server, the network or the name service may raise.
FAILURES = (OSError, smtplib.SMTPException)


def deliver_due(limit: int = 50) -> tuple[int, int]:
    """Try every mail that is due; gives how many were sent and how many failed. Uses a session of its own."""
    sent = failed = 0
    with writing(), Session(db.engine) as session:
        ids = queries.due(session, now=utcnow(), limit=limit)
        session.rollback()
        for message_id in ids:
            taken = operations.claim(session, message_id, now=utcnow())
            session.commit()
            if not taken:
                continue
            message = session.get_one(OutboxMessage, message_id)
            outgoing = _outgoing(message)
            # No transaction stays open while the mail server is spoken to.
            session.commit()
            try:
                outgoing.send()
            except FAILURES as error:
                failed += 1
                operations.postpone(message, _plain(error), now=utcnow())
                log.warning("mail not sent", message=message_id, error=type(error).__name__)
            else:
                sent += 1
                operations.mark_sent(message, now=utcnow())
            session.commit()
        operations.tidy(session, now=utcnow())
        session.commit()
    return sent, failed


def _plain(error: BaseException) -> str:
    """The kind of failure, without what the server said: that may quote the address."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _headers(message: OutboxMessage) -> dict[str, str]:
    made = {"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"}
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
        connection=mail.get_connection(),
    )
    if message.html:
        made.attach_alternative(message.html, "text/html")
    return made


class Courier:
    """Delivers in a thread of its own while there is something to deliver; at most one per process."""

    #: How often to come back to a database that was busy, a second later each time.
    TRIES = 5

    def __init__(self, app: Flask, *, inline: bool) -> None:
        self._app = app
        #: Whether to deliver in the caller's thread: in tests and commands, which end when they are done.
        self._inline = inline
        self._wanted = threading.Event()
        self._busy = threading.Lock()

    def wake(self) -> None:
        """Say that the outbox has something new."""
        self._wanted.set()
        if self._inline:
            self._work()
        elif self._busy.acquire(blocking=False):
            threading.Thread(target=self._thread, name="mail", daemon=True).start()

    def _thread(self) -> None:
        try:
            self._work()
        finally:
            self._busy.release()
        if self._wanted.is_set() and self._busy.acquire(blocking=False):
            # Somebody asked between the last look and the release.
            self._thread()

    def _work(self) -> None:
        tries = 0
        with self._app.app_context():
            while self._wanted.is_set():
                self._wanted.clear()
                try:
                    deliver_due()
                except OperationalError as error:
                    # The database was busy. The mails are safe in it; in a thread of our own we have time to wait.
                    log.warning("outbox waits for the database", error=type(error).__name__)
                    if not self._inline and tries < self.TRIES:
                        tries += 1
                        time.sleep(tries)
                        self._wanted.set()
                except Exception as error:
                    # A mail that can't leave now must not take down what was saved; the next attempt repairs it.
                    log.error("outbox not worked off", error=type(error).__name__)


@event.listens_for(Session, "after_transaction_end")
def _after_commit(session: Session, transaction: SessionTransaction) -> None:
    """Once the outermost transaction has ended, deliver what it left in the outbox (after a rollback: nothing)."""
    if transaction.parent is None and session.info.pop(operations.ENQUEUED, False) and has_app_context():
        courier: Any = current_app.extensions.get("courier")
        if courier is not None:
            courier.wake()
