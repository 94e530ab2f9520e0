"""What is tidied up around organisations without anybody waiting for it."""

from __future__ import annotations

from datetime import timedelta

from matchmaker.clusters import operations
from matchmaker.db import db, utcnow
from matchmaker.jobs import job


@job("clusters.tidy", every=timedelta(days=1))
def tidy() -> None:
    """Forget whom organisations invited once it is long over."""
    operations.forget_invitations(db.session, now=utcnow())
    db.session.commit()
