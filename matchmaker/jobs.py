"""Work that nobody waits for: mails, vectors, imports, digests, tidying.

The work itself is rows in the database; a job takes no arguments, looks for what is due and does it. So nothing is
lost when a worker is killed, nothing is doubled when a job runs twice, and a wake-up that got lost is made good by the
next regular run. huey carries the wake-ups: in a file beside the database, or in PostgreSQL where that is the database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from flask import Flask, current_app, has_app_context
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from huey.exceptions import TaskLockedException
from huey.serializer import SignedSerializer
from sqlalchemy import event, make_url
from sqlalchemy.orm import Session, SessionTransaction

from matchmaker.config import Settings

log = structlog.get_logger("matchmaker")

#: Jobs that one worker does side by side, so that a long import keeps no mail waiting.
AT_ONCE = 4

_WOKEN = "jobs woken"


@dataclass(frozen=True)
class Job:
    """A piece of work with a name, and how often it is looked for even if nobody woke it."""

    name: str
    do: Callable[[], object]
    every: timedelta

    def is_due(self, moment: datetime) -> bool:
        """Whether the minute of this moment is one in which the job runs by itself."""
        return int(moment.timestamp() // 60) % int(self.every / timedelta(minutes=1)) == 0


JOBS: dict[str, Job] = {}


def job(name: str, *, every: timedelta) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Make a function of a slice's ``jobs.py`` a job. It opens its own sessions and may be killed at any moment."""
    if every < timedelta(minutes=1):
        raise ValueError(f"expected an interval of at least a minute for {name}, got {every}")

    def register(do: Callable[[], object]) -> Callable[[], object]:
        JOBS[name] = Job(name, do, every)
        return do

    return register


def wake(session: Session, name: str) -> None:
    """Have a job run as soon as this session's transaction is committed; after a rollback nothing happens."""
    if name not in JOBS:
        raise KeyError(f"expected one of {', '.join(sorted(JOBS))}, got {name}")
    session.info.setdefault(_WOKEN, set()).add(name)


def run(app: Flask, name: str) -> None:
    """Do a job now, in this thread. Its failure is logged and left to the next run."""
    with app.app_context():
        try:
            JOBS[name].do()
        except Exception as error:
            log.error("job failed", job=name, error=type(error).__name__)
            if app.testing:
                raise


class Queue:
    """The wake-ups of one installation."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._making = threading.Lock()
        self._made: tuple[Huey, Callable[[str], object]] | None = None

    def _now(self) -> tuple[Huey, Callable[[str], object]]:
        # Made on first use: after a fork, and not at all by a command that wakes nobody.
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> tuple[Huey, Callable[[str], object]]:
        common: dict[str, Any] = {"results": False, "serializer": SignedSerializer(secret=self._settings.secret_key)}
        url = make_url(self._settings.database_url)
        if url.get_backend_name() == "postgresql":
            address = url.set(drivername="postgresql").render_as_string(hide_password=False)
            huey: Huey = PostgresHuey("matchmaker", dsn=address, **common)
        else:
            huey = SqliteHuey("matchmaker", filename=str(self._settings.data_dir / "jobs.sqlite3"), **common)

        @huey.task(name="job")
        def one(name: str) -> None:
            self._alone(huey, name)

        @huey.periodic_task(crontab(), name="due")
        def due() -> None:
            now = datetime.now(UTC)
            for each in JOBS.values():
                if each.is_due(now):
                    one(each.name)

        return huey, one

    def _alone(self, huey: Huey, name: str) -> None:
        """Do a job unless somebody is at it; then they do it once more, for what they may have missed."""
        again = f"again:{name}"
        huey.put(again, True)
        while huey.get(again, peek=True):
            try:
                with huey.lock_task(name):
                    huey.delete(again)
                    run(self._app, name)
            except TaskLockedException:
                return

    def call(self, name: str) -> None:
        """Ask the worker to do a job soon."""
        _huey, one = self._now()
        one(name)

    def work(self) -> None:
        """Be the worker until a signal ends it; what has begun is finished first."""
        huey, one = self._now()
        # A worker that was killed may have left locks; beside another one a job may then meet itself, as jobs may.
        huey.flush_locks(*JOBS)
        # A worker that was away makes good at once what it missed.
        for name in JOBS:
            one(name)
        huey.create_consumer(workers=AT_ONCE, max_delay=1.0, graceful_signal="TERM").run()


@event.listens_for(Session, "after_transaction_end")
def _after_commit(session: Session, transaction: SessionTransaction) -> None:
    """Once the outermost transaction has ended, wake what it asked for."""
    if transaction.parent is not None:
        return
    woken: set[str] = session.info.pop(_WOKEN, set())
    if not woken or not has_app_context() or "jobs" not in current_app.extensions:
        return
    for name in sorted(woken):
        if current_app.testing:
            # Tests see what a job does without a worker beside them.
            run(current_app._get_current_object(), name)  # type: ignore[attr-defined]
            continue
        try:
            current_app.extensions["jobs"].call(name)
        except Exception as error:
            # What was saved stands; the next regular run does the work.
            log.warning("job not woken", job=name, error=type(error).__name__)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_WOKEN, None)


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application its queue."""
    app.extensions["jobs"] = Queue(app, settings)
