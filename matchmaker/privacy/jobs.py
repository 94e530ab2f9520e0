"""The worker's part: note erasures beside the database, leave no trace of them in its files, drop what is old."""

from __future__ import annotations

import shutil
from datetime import timedelta

from flask import current_app
from sqlalchemy.orm import Session

from matchmaker.db import db, utcnow
from matchmaker.jobs import job
from matchmaker.privacy import ledger, operations


@job("erasures", every=timedelta(hours=1))
def finish_erasures() -> None:
    """Write the ledger's file, and have SQLite give up the pages that still hold what was erased."""
    folder = current_app.extensions["settings"].data_dir
    with Session(db.engine) as session:
        new = ledger.write(session, folder / ledger.NAME)
    if new:
        # The terms of the texts, kept so that workers start fast: a cache, made anew from what is left.
        shutil.rmtree(folder / "words", ignore_errors=True)
        empty_the_log()


def empty_the_log() -> None:
    """Fold SQLite's write-ahead log into the database, where erased pages are overwritten, and empty it."""
    if db.engine.dialect.name != "sqlite":
        return
    connection = db.engine.raw_connection()
    try:
        # Waits for readers as long as the busy timeout; whoever reads longer is met again at the next run.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()


@job("retention", every=timedelta(hours=24))
def drop_old() -> None:
    """Drop what has been kept long enough."""
    with Session(db.engine) as session:
        operations.tidy(session, now=utcnow())
        session.commit()
