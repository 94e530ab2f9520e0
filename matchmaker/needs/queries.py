"""Reads about needs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation
from matchmaker.items.queries import findable
from matchmaker.needs.models import Need
from matchmaker.permissions import Viewer

#: How many needs an organisation's page shows.
ON_THE_PAGE = 20


def open_needs_of(session: Session, organisation: Organisation, viewer: Viewer) -> list[Need]:
    """What an organisation seeks now, as far as the viewer finds it, the nearest deadline first."""
    return list(
        session.scalars(
            select(Need)
            .where(Need.organisation_id == organisation.id, findable(Need, viewer))
            .order_by(Need.deadline.is_(None), Need.deadline, Need.published_at.desc(), Need.id)
            .limit(ON_THE_PAGE)
        )
    )


def on_organisation(session: Session, organisation: Organisation, viewer: Viewer) -> dict[str, Any] | None:
    """What the organisation's page shows of its needs; nothing where the viewer finds none."""
    needs = open_needs_of(session, organisation, viewer)
    return {"needs": needs, "own": organisation.id in viewer.organisation_ids} if needs else None
