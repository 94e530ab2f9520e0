"""Asking afterwards whether a meeting took place."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from matchmaker.db import db, utcnow
from matchmaker.jobs import job
from matchmaker.meetings import operations


@job("meetings", every=timedelta(minutes=30))
def ask_afterwards() -> None:
    """Ask both sides about every meeting that is over."""
    with Session(db.engine) as session:
        operations.ask_due(session, utcnow())
        session.commit()
