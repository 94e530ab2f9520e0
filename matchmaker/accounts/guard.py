"""What stands between a stranger and the password hash, and between a form and somebody's mailbox.

Every guess is counted before it is tried: for the account, for the neighbourhood it comes from, and for everybody
together. A right one is taken back. An address without an account is counted like one with, so that a refusal tells
nothing. Ways in that need no guess (a passkey, the link in a mail) stay open whatever is counted here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import current_app, request

from matchmaker import audit, throttle
from matchmaker.accounts import queries
from matchmaker.audit import Event
from matchmaker.db import db, reading
from matchmaker.throttle import Patience

#: Guesses at one account: five at once, then after 10, 20, 40 … seconds, at most a quarter of an hour.
ACCOUNT = Patience(free=5)
#: Wrong guesses from one neighbourhood, and from everywhere, in ten minutes. A hospital may share one address.
NEIGHBOURHOOD, EVERYBODY, MINUTES = 60, 2_000, timedelta(minutes=10)
#: Mails that forms of visitors send in an hour: to one address, from one neighbourhood, by everybody.
MAILS_TO_ONE, MAILS_FROM_NEIGHBOURHOOD, MAILS_BY_EVERYBODY, HOUR = 5, 100, 1_000, timedelta(hours=1)


class Guess:
    """A guess under way."""

    def __init__(self) -> None:
        self.was_right = False


def account_of(address: str) -> str:
    """The name under which an address is counted: its user's number, else the address as the sign-in reads it."""
    try:
        normal = current_app.extensions["security"].mail_util.normalize(address)
    except ValueError:
        normal = address[:254]
    # Read without a lock, and let go before the counting begins.
    db.session.rollback()
    with reading():
        user = queries.user_by_email(db.session, normal)
        number = user.id if user else 0
        db.session.rollback()
    return f"user {number}" if number else f"address {normal.strip().lower()}"


@contextmanager
def guessing(what: str, whom: str) -> Iterator[Guess]:
    """Let somebody try ``what`` (a password, a code) for ``whom``. Raises TooOften where they have to wait.

    Nothing may have been written before: counts have a transaction of their own, and ours lets go of its lock.
    """
    db.session.rollback()
    account = f"{what} of {whom}"
    neighbourhood = f"guesses from {throttle.block_of(request.remote_addr)}"
    with throttle.counting() as session:
        throttle.attempt(session, account, ACCOUNT)
        throttle.allow(session, neighbourhood, NEIGHBOURHOOD, MINUTES)
        throttle.allow(session, "guesses", EVERYBODY, MINUTES)
    guess = Guess()
    yield guess
    db.session.rollback()
    if guess.was_right:
        with throttle.counting() as session:
            throttle.forget(session, account)
            throttle.give_back(session, neighbourhood)
            throttle.give_back(session, "guesses")
    else:
        number = whom.removeprefix("user ")
        facts = {"what": what.replace(" ", "_"), "user": int(number) if number.isdecimal() else None}
        with throttle.counting() as session:
            audit.record(session, Event.SIGN_IN_FAILED, actor_id=None, facts=facts)


def mailing(address: str) -> None:
    """Count a mail that a visitor's form may send to an address, whether or not it has an account. Raises TooOften."""
    with throttle.counting() as session:
        throttle.allow(session, f"mails to {account_of(address)}", MAILS_TO_ONE, HOUR)
        throttle.allow(
            session,
            f"mails from {throttle.block_of(request.remote_addr)}",
            MAILS_FROM_NEIGHBOURHOOD,
            HOUR,
        )
        throttle.allow(session, "mails", MAILS_BY_EVERYBODY, HOUR)
