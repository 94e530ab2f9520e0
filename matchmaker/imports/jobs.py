"""The worker's part of imports: put what was started, and empty what has ended."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import db, utcnow
from matchmaker.imports import running
from matchmaker.imports.formats import read
from matchmaker.imports.models import ImportRun, RunState
from matchmaker.imports.notifications import tell_of_end
from matchmaker.jobs import job

#: How long the worker rests after a batch, as a part of the time that the batch took.
REST = 0.25
_LONGEST_REST = 1.0


@job("imports", every=timedelta(minutes=1))
def work_off() -> None:
    """Put every import that was started to its end, one after the other."""
    with Session(db.engine) as session:
        started = session.scalars(
            select(ImportRun.id).where(ImportRun.state == RunState.RUNNING).order_by(ImportRun.id)
        ).all()
        session.rollback()
        for run_id in started:
            _put_all(session, run_id)


def _put_all(session: Session, run_id: int) -> None:
    run = session.get_one(ImportRun, run_id)
    rows = list(read(run.filename, run.content, run.format, run.kind))
    session.rollback()
    while True:
        began = time.monotonic()
        # Asked anew for every batch, under a lock: somebody may have paused it, or another worker gone on with it.
        found = session.scalar(
            select(ImportRun).where(ImportRun.id == run_id, ImportRun.state == RunState.RUNNING).with_for_update()
        )
        if found is None:
            session.rollback()
            return
        running.advance(session, found, rows)
        if found.state is RunState.DONE:
            tell_of_end(session, found)
        session.commit()
        session.expunge_all()
        # On SQLite one writes at a time: whoever waits gets in, because the next batch does not follow at once.
        time.sleep(min(_LONGEST_REST, REST * (time.monotonic() - began)))


@job("import-files", every=timedelta(hours=6))
def forget_files() -> None:
    """Let go of the files of imports that ended more than a day ago, and of uploads that nobody started for a week."""
    with Session(db.engine) as session:
        for run in session.scalars(select(ImportRun).where(ImportRun.state.not_in(running.OPEN))):
            if run.ended_at is not None and utcnow() - run.ended_at > running.UNDO:
                run.content = b""
        for run in session.scalars(select(ImportRun).where(ImportRun.state == RunState.MAPPING)):
            if utcnow() - run.created_at > timedelta(days=7):
                session.delete(run)
        session.commit()
