"""Whether the engine can do its work: the model, and the index against the database."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.suggestions import indexing, switching
from matchmaker.suggestions.catalogue import Catalogue, ModelState, current_catalogue
from matchmaker.suggestions.models import StatementRow
from matchmaker.translations import Number


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
        return Finding("model", True, _("%(name)s, %(num)s dimensions", name=encoder.name, num=encoder.dimension))
    if catalogue.state is ModelState.OFF:
        return Finding(
            "model", True, _("off: searching by words only"), _("Unset MATCHMAKER_MODEL to use the bundled model.")
        )
    if catalogue.state is ModelState.FAILED:
        return Finding(
            "model",
            True,
            _("not loaded: %(failure)s; searching by words only", failure=catalogue.failure),
            _("Check %(setting)s.", setting="MATCHMAKER_MODEL"),
        )
    return Finding("model", True, _("loads on first use"))


def _inspect_index(session: Session, catalogue: Catalogue) -> Finding:
    statements = session.scalar(select(func.count()).select_from(StatementRow).where(~StatementRow.gone)) or 0
    now = indexing.clock(session)
    seen = _("%(num)s statements, change %(now)s", num=Number(statements), now=now)
    if catalogue.seen:
        seen += _(", this process has seen %(change)s", change=catalogue.seen)
    waiting = indexing.count_pending(session, catalogue.model_hash) if catalogue.model_hash else 0
    if not waiting:
        return Finding("index", True, seen)
    seen += _(", %(num)s without a vector (found by words)", num=Number(waiting))
    return Finding("index", True, seen, _("Run `matchmaker index sync`."))


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
