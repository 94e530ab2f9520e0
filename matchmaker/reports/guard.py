"""What was taken down stays down: no page, program or import publishes it, whichever way it comes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation
from matchmaker.items.models import ItemState
from matchmaker.reports.models import KINDS, Decision, Report

#: What an organisation says of itself, and can't change while it is down.
SAID = ("name", "headline", "about", "website")


class TakenDown(ValueError):
    """What was taken down after a report can't be published before a manager puts it back."""


@event.listens_for(Session, "before_flush")
def keep_down(session: Session, _context: Any, _instances: Any) -> None:
    """Refuse to write what would show again. Raises TakenDown."""
    shown = [one for one in (*session.new, *session.dirty) if _would_show(session, one)]
    if not shown:
        return
    with session.no_autoflush:
        standing = session.execute(
            select(Report.organisation_id, *(getattr(Report, column) for column in KINDS)).where(
                Report.decision == Decision.TAKEN_DOWN, Report.lifted_at.is_(None)
            )
        ).all()
        organisations = {row.organisation_id for row in standing if not any(row[1:])}
        for one in shown:
            owner = one.organisation_id or getattr(one.organisation, "id", None)
            column = next((name for name, model in KINDS.items() if isinstance(one, model)), None)
            itself = {getattr(row, column) for row in standing} - {None} if column else set()
            if owner in organisations or one.id in itself:
                raise TakenDown(f"expected nothing of what was taken down, got a {type(one).__name__} to show")


def _would_show(session: Session, one: Any) -> bool:
    if isinstance(one, Organisation):
        return one in session.dirty and any(inspect(one).attrs[name].history.has_changes() for name in SAID)
    return isinstance(one, tuple(KINDS.values())) and one.state == ItemState.PUBLISHED and session.is_modified(one)
