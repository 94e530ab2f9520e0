"""Whether the engine can do its work: the model, and the index against the database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.suggestions.models import StatementRow


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is fine, what was seen, and what to do if it is not."""

    what: str
    fine: bool
    seen: str
    advice: str = ""


def inspect_engine(session: Session) -> list[Finding]:
    """What ``/readyz`` and ``matchmaker doctor`` say of model and index."""
    statements = session.scalar(select(func.count()).select_from(StatementRow).where(StatementRow.gone.is_(False)))
    return [Finding("index", True, f"{statements} statements")]
