"""The worker's part: writing the digests that are due."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.db import db, reading, utcnow
from matchmaker.digest import operations, queries
from matchmaker.jobs import job


@job("digest", every=timedelta(hours=1))
def write_digests() -> None:
    """Write every digest that is due; each is a transaction of its own, so a killed job writes none a second time."""
    with reading(), Session(db.engine) as session:
        due = queries.due(session, now=utcnow())
    for user_id in due:
        _write(user_id)


def _write(user_id: int) -> None:
    now = utcnow()
    # Searching takes a while, so it holds no lock.
    with reading(), Session(db.engine) as session:
        found = queries.contents(session, session.get_one(User, user_id), now=now)
    with Session(db.engine) as session:
        operations.write(session, session.get_one(User, user_id), found, now=now)
        session.commit()
