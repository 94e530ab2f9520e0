"""What happens to introductions by itself: waiting requests arrive, unanswered ones are recalled once and expire."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from matchmaker.db import db, utcnow
from matchmaker.introductions import operations
from matchmaker.jobs import job


@job("introductions", every=timedelta(minutes=10))
def keep_moving() -> None:
    """Deliver, remind and expire what is due; each step is a transaction of its own."""
    with Session(db.engine) as session:
        for step in (operations.deliver_due, operations.remind_due, operations.expire_due):
            step(session, utcnow())
            session.commit()
