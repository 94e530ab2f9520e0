"""Jobs: woken by a commit and by nothing else, never twice at once, never lost, and done by a process of their own."""

from __future__ import annotations

import signal
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.clusters.models import Cluster
from matchmaker.db import db
from tests.servers import PROGRAMS, environment, run_command


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A job that notes how many clusters it sees each time it is done."""
    seen: list[int] = []

    def count() -> None:
        seen.append(len(db.session.scalars(select(Cluster)).all()))

    monkeypatch.setitem(jobs.JOBS, "count", jobs.Job("count", count, timedelta(minutes=5)))
    return seen


def test_a_job_sees_what_was_committed_when_it_was_woken(app: Flask, counted: list[int]) -> None:
    with app.app_context(), Session(db.engine) as session:
        session.add(Cluster(slug="one", name="One"))
        jobs.wake(session, "count")
        session.flush()
        assert counted == []
        session.commit()
    assert counted == [1]


def test_after_a_rollback_nobody_is_woken(app: Flask, counted: list[int]) -> None:
    with app.app_context(), Session(db.engine) as session:
        session.add(Cluster(slug="one", name="One"))
        session.flush()
        jobs.wake(session, "count")
        session.rollback()
        session.commit()
    assert counted == []


def test_waking_a_job_that_does_not_exist_is_an_error(app: Flask) -> None:
    with app.app_context(), pytest.raises(KeyError, match="sweep"):
        jobs.wake(db.session, "sweep")


def test_a_job_is_due_in_its_own_minutes_only() -> None:
    hourly = jobs.Job("hourly", lambda: None, timedelta(hours=1))
    day = datetime(2026, 11, 24, tzinfo=UTC)
    assert [m for m in range(180) if hourly.is_due(day + timedelta(minutes=m, seconds=30))] == [0, 60, 120]


def test_a_job_cannot_be_looked_for_more_often_than_every_minute() -> None:
    with pytest.raises(ValueError, match="at least a minute"):
        jobs.job("hasty", every=timedelta(seconds=10))


def test_a_job_woken_while_it_runs_is_not_done_twice_at_once_but_once_more(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, go_on, done = threading.Event(), threading.Event(), []

    def slow() -> None:
        running.set()
        assert go_on.wait(20)
        done.append(threading.current_thread().name)

    monkeypatch.setitem(jobs.JOBS, "slow", jobs.Job("slow", slow, timedelta(hours=1)))
    queue = app.extensions["jobs"]
    huey, _one = queue._now()
    first = threading.Thread(target=queue._alone, args=(huey, "slow"), name="first")
    first.start()
    assert running.wait(20)
    queue._alone(huey, "slow")
    assert done == []
    go_on.set()
    first.join(20)
    assert done == ["first", "first"]


@pytest.mark.parametrize("end", ["signal", "input"])
def test_the_worker_runs_until_it_is_stopped_or_its_server_is_gone(tmp_path: Path, end: str) -> None:
    settings = environment(tmp_path, MATCHMAKER_MODEL="none")
    assert run_command(settings, "init").returncode == 0
    worker = subprocess.Popen(
        [str(PROGRAMS / "matchmaker"), "work", *(["--beside"] if end == "input" else [])],
        env=settings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    for _ in range(2_000):
        if (tmp_path / "jobs.sqlite3").exists() or worker.poll() is not None:
            break
        threading.Event().wait(0.01)
    assert worker.poll() is None
    if end == "signal":
        worker.send_signal(signal.SIGTERM)
        output, _ = worker.communicate(timeout=30)
    else:
        output, _ = worker.communicate(input=b"", timeout=30)
    assert worker.returncode in (0, -signal.SIGTERM), output
