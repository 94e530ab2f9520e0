"""What is tidied up around accounts without anybody waiting for it."""

from __future__ import annotations

from datetime import timedelta

from matchmaker import repeats, throttle
from matchmaker.db import db, utcnow
from matchmaker.jobs import job


@job("accounts.tidy", every=timedelta(days=1))
def tidy() -> None:
    """Drop counts that say nothing any more, and answers that nobody can ask for again."""
    throttle.tidy(db.session, now=utcnow())
    repeats.forget(db.session, now=utcnow())
    db.session.commit()
