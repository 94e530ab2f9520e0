"""The worker's part: looking what is new for the searches that members keep."""

from __future__ import annotations

from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.queries import viewer_for
from matchmaker.db import db, reading, utcnow
from matchmaker.jobs import job
from matchmaker.watches import operations, queries
from matchmaker.watches.models import Watch


@job(operations.JOB, every=queries.EVERY)
def look() -> None:
    """Look at every watch that is due, as its owner, and tell what is new."""
    with reading(), Session(db.engine) as session:
        due = queries.due(session, now=utcnow())
    for watch_id in due:
        _look_at(watch_id)


def _look_at(watch_id: int) -> None:
    # Searching takes a while, so it holds no lock; telling is one short transaction of its own.
    with reading(), Session(db.engine) as session:
        watch = session.get(Watch, watch_id)
        if watch is None:
            return
        fitting = queries.fitting(session, viewer_for(session, session.get_one(User, watch.user_id)), watch)
    with Session(db.engine) as session:
        watch = session.get(Watch, watch_id, with_for_update=True)
        if watch is not None:
            operations.note(session, watch, fitting, now=utcnow())
        session.commit()
