"""A fair share of attention: who is asked a lot steps back among equals, so that others are seen.

An organisation is *busy* while more requests came to it in the last seven days than it can well answer: more than its
own limit, or more than three. Within one band of a list of suggestions, and only there, busy organisations let a few
others pass; nobody changes bands, and what a manager put first stays first. Requests to a hidden owner do not count:
who steps back would give it away. See docs/matching.md.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import ClusterMembership, Organisation
from matchmaker.db import utcnow
from matchmaker.introductions.models import ClusterRules, Introduction, Limits
from matchmaker.introductions.queries import WEEK

#: From so many requests a week on, an organisation without a limit of its own is busy.
BUSY_FROM = 3


def busy(session: Session, asking: Organisation | None) -> frozenset[int]:
    """The organisations that step back in lists for this asker; none where one of its clusters switched it off."""
    if asking is not None and session.scalar(
        select(ClusterRules.cluster_id)
        .join(ClusterMembership, ClusterMembership.cluster_id == ClusterRules.cluster_id)
        .where(ClusterMembership.organisation_id == asking.id, ~ClusterRules.fair_share)
        .limit(1)
    ):
        return frozenset()
    came = (
        select(Introduction.to_organisation_id, func.count().label("number"))
        .where(Introduction.delivered_at > utcnow() - WEEK, ~Introduction.blind)
        .group_by(Introduction.to_organisation_id)
        .subquery()
    )
    rows = session.scalars(
        select(came.c.to_organisation_id)
        .outerjoin(Limits, Limits.organisation_id == came.c.to_organisation_id)
        .where(came.c.number >= func.coalesce(Limits.per_week, BUSY_FROM))
    )
    return frozenset(rows)
