"""The suggestion behind a request, kept as it was shown, and what of it the other side may read.

An explanation quotes texts of both sides. The asker saw it and keeps it; the other side reads only what rests on texts
that it may read at that moment.
"""

from __future__ import annotations

from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation
from matchmaker.introductions import things
from matchmaker.introductions.models import About, Introduction, Side
from matchmaker.profiles.models import Evidence
from matchmaker.suggestions import cards, queries
from matchmaker.suggestions.asking import Suggestion, Target
from matchmaker.suggestions.explaining import Quote
from matchmaker.suggestions.models import ItemKind

#: What a card says, beside its pairs.
SAID = ("met", "unmet", "unknown", "why", "why_yes")
#: What may be quoted and may be kept from somebody.
_QUOTED: dict[str, type[Any]] = {**things.MODELS, ItemKind.EVIDENCE: Evidence}
_KIND = {About.NEED: ItemKind.NEED, About.COMPETENCE: ItemKind.COMPETENCE, About.TEST_FIELD: ItemKind.TEST_FIELD}


def found(
    session: Session, viewer: Any, asked_with: tuple[About, Any] | None, asker: Organisation, target: things.Target
) -> Suggestion | None:
    """The suggestion that led to the target, a teaser where its owner is hidden; None where there is none any more."""
    wanted = target.item if target.kind in (About.NEED, About.TEST_FIELD) else target.organisation
    only = [(target.teaser or wanted).public_id]
    if asked_with is None:
        listed = queries.suggest_for_organisation(session, viewer, asker, only=only)
    elif asked_with[0] is About.NEED:
        kind = Target.TEST_FIELDS if target.kind is About.TEST_FIELD else Target.PARTNERS
        listed = queries.suggest_for_need(session, viewer, asked_with[1], target=kind, only=only)
    elif asked_with[0] is About.COMPETENCE and target.kind is About.NEED:
        listed = queries.suggest_for_competence(session, viewer, asked_with[1], only=only)
    else:
        return None
    return next(iter(listed.items), None)


def shown(
    session: Session, viewer: Any, asked_with: tuple[About, Any] | None, asker: Organisation, target: things.Target
) -> dict[str, Any]:
    """Why the target was suggested, as the asker reads it now; {} where it was not."""
    suggestion = found(session, viewer, asked_with, asker, target)
    if suggestion is None:
        return {}
    made = of(suggestion, asked_with[0] if asked_with else None)
    return {**made, "for_asker_alone": _keeps_back(session, made, None if target.hidden else target.organisation)}


def of(suggestion: Suggestion, asked_with: About | None) -> dict[str, Any]:
    """A suggestion as the asker reads it now, in plain data."""
    asked = _KIND.get(asked_with, ItemKind.ORGANISATION) if asked_with else ItemKind.ORGANISATION
    card = cards.card(suggestion, asked)
    sides = [cards.pair_sides(pair, asked, suggestion.thing, "") for pair in suggestion.pairs]
    quotes = [(pair.seek, pair.offer) for pair in suggestion.pairs]
    return {
        "band": str(suggestion.band) if suggestion.band else "",
        "pairs": [
            {"sides": _plain(side), "quotes": [_named(quote) for quote in both]}
            for side, both in zip(sides, quotes, strict=True)
        ],
        **{name: _plain(card[name]) for name in SAID},
        "verdict": suggestion.verdict.reason if suggestion.verdict else "",
    }


def _named(quote: Quote) -> list[str]:
    return [str(quote.kind or ""), quote.item.public_id if quote.kind else ""]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int) else str(value)


def for_side(session: Session, introduction: Introduction, side: Side) -> dict[str, Any]:
    """The explanation for a side: whole for the asker; for the other only where it rests on no text kept from it.

    It quotes what was written when it was shown, so neither may have been kept from it then, nor may be now.
    """
    kept = introduction.explanation
    if side is Side.ASKER or not kept.get("pairs"):
        return kept
    if kept.get("for_asker_alone") or things.confidential_item(session, introduction, Side.ASKER) is not None:
        return {}
    return {} if _keeps_back(session, kept, introduction.to_organisation) else kept


def _keeps_back(session: Session, explanation: dict[str, Any], reader: Organisation | None) -> bool:
    """Whether an explanation quotes a text that is not for this reader; None where it is hidden who reads."""
    for pair in explanation["pairs"]:
        for kind, public_id in pair["quotes"]:
            model = _QUOTED.get(kind)
            if model is None:
                continue
            item = session.scalar(select(model).where(model.public_id == public_id))
            if item is None:
                return True
            if (reader is None or item.organisation_id != reader.id) and things.is_confidential(item, reader):
                return True
    return False


# --- Between the page that shows it and the form that sends it ------------------------------------------------------


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="explanation")


def sealed(explanation: dict[str, Any]) -> str:
    """The explanation as a form carries it, so that what is kept is what was shown."""
    return str(_signer().dumps(explanation)) if explanation else ""


def opened(seal: str) -> dict[str, Any]:
    """What a form carried; nothing where it was not ours."""
    try:
        loaded = _signer().loads(seal) if seal else {}
    except BadData:
        return {}
    return loaded if isinstance(loaded, dict) else {}
