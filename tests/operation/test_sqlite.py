"""SQLite under several processes: nothing is lost, nobody meets a lock, and nobody overwrites another unawares."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from matchmaker.config import Settings
from matchmaker.db import db, reading
from matchmaker.needs.models import Need
from tests import factories
from tests.factories import World
from tests.servers import ROOT

PROCESSES, ROUNDS = 4, 100

#: Reads a number, adds one, writes it: what loses updates when transactions begin the wrong way.
WRITER = """
import sys
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
import matchmaker.db
from matchmaker.suggestions.models import IndexClock
engine = create_engine(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with Session(engine) as session:
        clock = session.get(IndexClock, 1)
        clock.value = clock.value + 1
        session.commit()
"""


def test_every_connection_is_prepared_the_same_way(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as first, db.engine.connect() as second:
        for connection in (first, second):
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout", "secure_delete")
            }
            # 2 is FULL: every commit is on the disk before it is acknowledged.
            assert found == {
                "journal_mode": "wal",
                "foreign_keys": 1,
                "synchronous": 2,
                "busy_timeout": 5000,
                "secure_delete": 1,
            }
            connection.rollback()
            # The second connection could not begin while the first holds the lock of a writer.


def test_a_transaction_that_may_write_begins_immediate_and_one_that_reads_does_not(app: Flask) -> None:
    begun: list[str] = []
    with app.app_context():
        event.listen(
            db.engine,
            "before_cursor_execute",
            lambda _c, _cursor, statement, _p, _context, _many: begun.append(statement),
        )
        with db.engine.begin() as connection:
            connection.execute(text("SELECT 1"))
        with reading(), db.engine.begin() as connection:
            connection.execute(text("SELECT 1"))
    assert [statement for statement in begun if "BEGIN" in statement] == ["BEGIN IMMEDIATE", "BEGIN"]


def test_four_processes_lose_no_update_and_meet_no_lock(settings: Settings, session: Session) -> None:
    session.execute(text("INSERT INTO index_clock (id, value) VALUES (1, 0)"))
    session.commit()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, settings.database_url, str(ROUNDS)], cwd=ROOT, stderr=subprocess.PIPE
        )
        for _ in range(PROCESSES)
    ]
    said = [process.communicate(timeout=120)[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * PROCESSES, "\n".join(said)
    assert session.scalar(text("SELECT value FROM index_clock")) == PROCESSES * ROUNDS


def path_of(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Another program writes, and does not come to an end."""
    with closing(sqlite3.connect(path_of(settings), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def impatient(app: Flask) -> Flask:
    """Waits a moment for a lock instead of seconds."""

    def hurry(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=100")

    with app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "connect", hurry)
    return app


def test_a_lock_that_is_held_too_long_answers_503_and_says_when_to_come_back(
    settings: Settings, session: Session, world: World, impatient: Flask, sign_in: Callable[..., FlaskClient]
) -> None:
    browser = sign_in(world.sme_user)
    form = {"name": "Åsa Ny", "title": "", "locale": "en"}
    with held(settings):
        refused = browser.post("/account", data=form)
        assert browser.get("/account").status_code == 200, "who only reads waits for nobody"
        assert browser.get("/search?q=bone").status_code == 200
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "Back in a moment" in refused.text
    assert browser.post("/account", data=form).status_code == 302
    session.refresh(world.sme_user)
    assert world.sme_user.name == "Åsa Ny"


def test_the_api_answers_a_busy_database_with_a_stable_code(
    settings: Settings, world: World, impatient: Flask, client: FlaskClient
) -> None:
    # The first use of a token is noted, which is a write.
    from matchmaker.accounts.operations import create_token

    with impatient.app_context(), Session(db.engine) as writer:
        raw = create_token(writer, world.sme_user, name="ours", days=1)[1]
        writer.commit()
    with held(settings):
        answer = client.get("/api/v1/search?q=bone", headers={"Authorization": f"Bearer {raw}"})
    assert answer.status_code == 503
    assert answer.json["error"]["code"] == "unavailable"
    assert answer.headers["Retry-After"] == "5"


def need_form(page: str, **values: str) -> dict[str, str]:
    """The fields of an edit form as a browser would send them back."""
    from html import unescape
    from re import DOTALL, findall, search

    found: dict[str, str] = {}
    for tag in findall(r"<input[^>]*>", page):
        name, value = search(r'name="([^"]+)"', tag), search(r'value="([^"]*)"', tag)
        kind = search(r'type="([^"]+)"', tag)
        if name and (kind is None or kind[1] not in ("checkbox", "radio", "submit") or "checked" in tag):
            found[name[1]] = unescape(value[1]) if value else ""
    for name, body in findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\s?(.*?)</textarea>', page, DOTALL):
        found[name] = unescape(body)
    return {**found, **values}


@pytest.mark.every_database
def test_of_two_who_edit_the_same_text_the_second_is_asked_and_nothing_is_lost(
    session: Session, world: World, sign_in: Callable[..., FlaskClient]
) -> None:
    need = factories.need(session, world.sme, title="Original title of the need")
    session.commit()
    one, other = sign_in(world.sme_user), sign_in(world.sme_admin)
    address = f"/needs/{need.public_id}/edit"
    mine, theirs = one.get(address).text, other.get(address).text

    assert one.post(address, data=need_form(mine, title="The first one's title")).status_code == 302
    answer = other.post(address, data=need_form(theirs, title="The second one's title"))

    assert answer.status_code == 409
    assert "The first one&#39;s title" in answer.text
    assert "The second one&#39;s title" in answer.text
    session.expire_all()
    assert session.get_one(Need, need.id).title == "The first one's title"


@pytest.mark.every_database
def test_of_many_who_save_at_the_same_moment_exactly_one_wins(
    session: Session, world: World, sign_in: Callable[..., FlaskClient]
) -> None:
    need = factories.need(session, world.sme, title="Original title of the need")
    session.commit()
    address = f"/needs/{need.public_id}/edit"
    browsers = [sign_in(world.sme_user) for _ in range(6)]
    page = browsers[0].get(address).text
    together = threading.Barrier(len(browsers))

    def save(number: int) -> int:
        together.wait()
        form = need_form(page, title=f"The title that number {number} wanted")
        return browsers[number].post(address, data=form).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        statuses = list(pool.map(save, range(len(browsers))))

    assert sorted(statuses) == [302] + [409] * (len(browsers) - 1)
    session.expire_all()
    winner = statuses.index(302)
    assert session.get_one(Need, need.id).title == f"The title that number {winner} wanted"
