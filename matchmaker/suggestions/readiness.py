"""Whether the engine can do its work: the model, and the index against the database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.suggestions import indexing, switching
from matchmaker.suggestions.catalogue import Catalogue, ModelState, current_catalogue
from matchmaker.suggestions.models import StatementRow


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is fine, what was seen, and what to do if it is not."""

    what: str
    fine: bool
    seen: str
    advice: str = ""


def inspect_engine(session: Session, *, load: bool = False) -> list[Finding]:
    """What ``/readyz`` and ``matchmaker doctor`` say of model and index. Only ``load`` loads a model for it."""
    catalogue = current_catalogue()
    if load:
        catalogue.encoder()
    return [_inspect_model(catalogue), _inspect_index(session, catalogue)]


def _inspect_model(catalogue: Catalogue) -> Finding:
    encoder = catalogue.encoder(patience=0) if catalogue.state is ModelState.READY else None
    if encoder is not None:
        return Finding("model", True, f"{encoder.name}, {encoder.dimension} dimensions")
    if catalogue.state is ModelState.OFF:
        return Finding(
            "model", True, "off: searching by words only", "Unset MATCHMAKER_MODEL to use the bundled model."
        )
    if catalogue.state is ModelState.FAILED:
        return Finding(
            "model", True, f"not loaded: {catalogue.failure}; searching by words only", "Check MATCHMAKER_MODEL."
        )
    return Finding("model", True, "loads on first use")


def _inspect_index(session: Session, catalogue: Catalogue) -> Finding:
    statements = session.scalar(select(func.count()).select_from(StatementRow).where(~StatementRow.gone)) or 0
    now = indexing.clock(session)
    seen = f"{statements} statements, change {now}"
    if catalogue.seen:
        seen += f", this process has seen {catalogue.seen}"
    waiting = indexing.count_pending(session, catalogue.model_hash) if catalogue.model_hash else 0
    if not waiting:
        return Finding("index", True, seen)
    return Finding(
        "index", True, f"{seen}, {waiting} without a vector (found by words)", "Run `matchmaker index sync`."
    )


def percent_read(session: Session) -> int | None:
    """How far a large import, or the change to another model, is read for meaning; None where little or nothing waits.

    A share of the whole installation, so that it tells of no single text.
    """
    catalogue = current_catalogue()
    in_the_making = switching.building(session)
    space = in_the_making.model_hash if in_the_making else catalogue.space()
    waiting = indexing.count_pending(session, space)
    if catalogue.is_off or not space or waiting <= indexing.ON_THE_WAY:
        return None
    total = session.scalar(select(func.count()).select_from(StatementRow).where(~StatementRow.gone)) or 1
    return 100 * (total - waiting) // total
