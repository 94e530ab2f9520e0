"""The worker's part: old reports are dropped."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from matchmaker.db import db, utcnow
from matchmaker.jobs import job
from matchmaker.reports import operations


@job("reports", every=timedelta(hours=24))
def forget_reports() -> None:
    """Drop the reports that were decided long ago."""
    with Session(db.engine) as session:
        operations.forget(session, now=utcnow())
        session.commit()
