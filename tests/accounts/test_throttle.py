"""What may happen only so often: counted across workers, slower with every wrong guess, never locked for good."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import jobs, throttle
from matchmaker.accounts import guard
from matchmaker.db import db, utcnow
from matchmaker.throttle import Patience, Throttle, TooOften, block_of
from tests import factories

WRONG = "certainly not the password"


@pytest.fixture
def tries(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What reached the hash: every password that was hashed or compared."""
    seen: list[str] = []
    hashing = app.extensions["security"].pwd_context
    for name in ("hash", "verify"):
        real = getattr(hashing, name)
        monkeypatch.setattr(hashing, name, lambda *args, real=real, name=name: (seen.append(name), real(*args))[1])
    return seen


@pytest.fixture
def counts(app: Flask) -> Iterator[Session]:
    with app.app_context(), Session(db.engine) as session:
        yield session


def guess(client: FlaskClient, email: str, password: str = WRONG, **kwargs: object) -> int:
    return client.post("/sign-in", data={"email": email, "password": password}, **kwargs).status_code


def test_so_many_are_allowed_in_a_period_and_the_next_one_is_told_how_long_to_wait(counts: Session) -> None:
    now = utcnow()
    for _ in range(3):
        throttle.allow(counts, "tea", 3, timedelta(minutes=1), now=now)
    with pytest.raises(TooOften) as refused:
        throttle.allow(counts, "tea", 3, timedelta(minutes=1), now=now + timedelta(seconds=20))
    assert refused.value.seconds == 40
    throttle.allow(counts, "coffee", 3, timedelta(minutes=1), now=now)
    throttle.allow(counts, "tea", 3, timedelta(minutes=1), now=now + timedelta(minutes=1))


def test_each_guess_beyond_the_free_ones_doubles_the_wait_up_to_the_longest(counts: Session) -> None:
    patience = Patience(free=2, first=timedelta(seconds=10), longest=timedelta(seconds=60))
    now = utcnow()
    throttle.attempt(counts, "door", patience, now=now)
    waits = []
    for _ in range(5):
        throttle.attempt(counts, "door", patience, now=now)
        with pytest.raises(TooOften) as refused:
            throttle.attempt(counts, "door", patience, now=now)
        waits.append(refused.value.seconds)
        now += refused.value.wait
    assert waits == [10, 20, 40, 60, 60]
    throttle.forget(counts, "door", now=now)
    throttle.attempt(counts, "door", patience, now=now)
    throttle.attempt(counts, "door", patience, now=now)


def test_what_was_counted_is_kept_as_a_hash_and_dropped_when_it_says_nothing_any_more(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    guess(client, "somebody@nowhere.example")
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in session.scalars(select(Throttle.key)))
    jobs.run(app, "accounts.tidy")
    assert session.scalar(select(func.count()).select_from(Throttle)) == 3
    for row in session.scalars(select(Throttle)):
        row.ends_at = utcnow() - timedelta(days=2)
    session.commit()
    jobs.run(app, "accounts.tidy")
    assert session.scalar(select(func.count()).select_from(Throttle)) == 0


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:0001:0002::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "unknown"),
        (None, "unknown"),
    ],
)
def test_neighbours_count_as_one_however_their_address_is_written(address: str | None, block: str) -> None:
    assert block_of(address) == block


@pytest.mark.parametrize("known", [True, False])
def test_after_five_wrong_guesses_nothing_reaches_the_hash_whether_or_not_there_is_an_account(
    client: FlaskClient, world: factories.World, tries: list[str], known: bool
) -> None:
    email = world.sme_user.email if known else "nobody@nowhere.example"
    statuses = [guess(client, email.upper() if n % 2 else email) for n in range(8)]
    assert statuses == [200] * 5 + [429] * 3
    assert len(tries) == 5
    answer = client.post("/sign-in", data={"email": email, "password": factories.PASSWORD})
    assert answer.status_code == 429, "the right password waits as well, else the wait would tell which one is right"
    assert 1 <= int(answer.headers["Retry-After"]) <= 10
    assert "Wait" in answer.text


def test_the_wait_ends_by_itself_and_a_right_password_begins_anew(
    client: FlaskClient, world: factories.World, session: Session
) -> None:
    for _ in range(5):
        guess(client, world.sme_user.email)
    for row in session.scalars(select(Throttle)):
        row.closed_until = utcnow() - timedelta(seconds=1)
    session.commit()
    assert guess(client, world.sme_user.email, factories.PASSWORD) == 302
    client.post("/sign-out")
    assert [guess(client, world.sme_user.email) for _ in range(5)] == [200] * 5


def test_a_forged_forwarding_header_makes_no_new_neighbourhood(
    client: FlaskClient, world: factories.World, tries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "NEIGHBOURHOOD", 4)
    statuses = [
        guess(client, f"somebody-{n}@nowhere.example", headers={"X-Forwarded-For": f"10.0.{n}.1"}) for n in range(8)
    ]
    assert statuses == [200] * 4 + [429] * 4
    assert len(tries) == 4


def test_right_passwords_use_nothing_up(app: Flask, world: factories.World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "NEIGHBOURHOOD", 2)
    for _ in range(4):
        assert guess(app.test_client(), world.sme_user.email, factories.PASSWORD) == 302


def test_all_guesses_together_have_a_limit(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "EVERYBODY", 3)
    statuses = [guess(client, f"s{n}@nowhere.example", environ_base={"REMOTE_ADDR": f"10.{n}.0.1"}) for n in range(5)]
    assert statuses == [200] * 3 + [429] * 2


def test_the_password_asked_for_again_is_slowed_down_too(
    world: factories.World, sign_in: Callable[..., FlaskClient], tries: list[str]
) -> None:
    browser = sign_in(world.sme_user)
    statuses = [browser.post("/account/verify", data={"password": WRONG}).status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    change = {"password": WRONG, "new_password": "nine herons in the reeds", "new_password_confirm": "x"}
    assert browser.post("/account/password", data=change).status_code == 429
    assert len(tries) == 5


def test_a_mailbox_is_not_flooded_whether_or_not_it_has_an_account(client: FlaskClient, world: factories.World) -> None:
    for email in (world.sme_user.email, "nobody@nowhere.example"):
        statuses = [client.post("/recover", data={"email": email}).status_code for _ in range(guard.MAILS_TO_ONE + 1)]
        assert statuses == [200] * guard.MAILS_TO_ONE + [429]


def test_only_so_many_wait_for_the_hash_and_the_rest_are_told_to_come_again(
    app: Flask, world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashing = app.extensions["security"].pwd_context
    monkeypatch.setattr(guard, "NEIGHBOURHOOD", 1_000)
    at_once: list[int] = []
    inside: list[int] = []
    real = hashing._context.hash

    def slow(*args: object) -> object:
        inside.append(1)
        at_once.append(len(inside))
        try:
            return real(*args)
        finally:
            inside.pop()

    # The turn is held while everybody comes, so the test does not depend on how fast anybody is.
    monkeypatch.setattr(hashing._context, "hash", slow)
    hashing._turn.acquire()
    with ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(guess, app.test_client(), f"s{n}@nowhere.example") for n in range(12)]
        refused = 0
        while refused < 12 - (1 + app.extensions["settings"].threads // 2):
            refused = sum(answer.done() and answer.result() == 503 for answer in answers)
        assert app.test_client().get("/sign-in").status_code == 200, "pages are served meanwhile"
        hashing._turn.release()
        statuses = sorted(answer.result() for answer in answers)
    waiting = 1 + app.extensions["settings"].threads // 2
    assert statuses == [200] * waiting + [503] * (12 - waiting)
    assert max(at_once) == 1
