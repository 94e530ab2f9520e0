"""A suggestion as a card shows it: what the macro ``suggestion_card`` takes."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import format_date, get_locale
from flask_babel import gettext as _

from matchmaker.curation.models import VerdictKind
from matchmaker.items.labels import country_name, label, labels
from matchmaker.items.models import Cooperation
from matchmaker.suggestions import words
from matchmaker.suggestions.asking import Suggestion
from matchmaker.suggestions.explaining import Pair, Quote
from matchmaker.suggestions.models import ItemKind
from matchmaker.testfields.models import Place

#: The page of each kind of thing.
PAGES = {
    ItemKind.ORGANISATION: "profiles.organisation",
    ItemKind.TEST_FIELD: "testfields.show",
    ItemKind.NEED: "needs.show",
    ItemKind.COMPETENCE: "profiles.competence",
    ItemKind.EVIDENCE: "profiles.evidence",
    ItemKind.TEASER: "items.teaser",
}


def page_of(kind: ItemKind, thing: Any) -> str:
    """The address of the page that shows a thing."""
    return url_for(PAGES[kind], public_id=thing.public_id)


def card(suggestion: Suggestion, asked: ItemKind | None, asker: str = "") -> dict[str, Any]:
    """The arguments of ``suggestion_card``.

    ``asked`` is the kind of what is asked with, None for a typed text; ``asker`` names who asks, where somebody else
    reads it.
    """
    pairs = [pair_sides(pair, asked, suggestion.thing, asker) for pair in suggestion.pairs]
    # Where both sides gain, one pair of each direction is shown.
    both = len({pair.we_seek for pair in suggestion.pairs[:2]}) > 1
    verdict = suggestion.verdict
    source = words.sources_text(suggestion)
    return {
        "id": f"s-{suggestion.thing.public_id}",
        "name": suggestion.name,
        "url": page_of(suggestion.kind, suggestion.thing),
        "unnamed": words.unnamed(suggestion.thing.of) if suggestion.kind is ItemKind.TEASER else None,
        "lang": _foreign(suggestion.thing.language) if suggestion.kind is not ItemKind.ORGANISATION else None,
        "sector": suggestion.organisation.sector if suggestion.organisation else suggestion.thing.sector,
        "facts": facts(suggestion),
        "band_value": suggestion.band,
        "pairing": pairs[: 2 if both else 1],
        "more_pairs": pairs[2 if both else 1 :],
        **words.wish_columns(suggestion.wishes),
        "why": [words.reason_text(reason, asker) for reason in suggestion.why],
        "why_yes": [words.reason_text(reason) for reason in suggestion.why_yes],
        "pinned": verdict.reason if verdict and verdict.kind == VerdictKind.PIN else None,
        "proposed": verdict.reason if verdict and verdict.kind == VerdictKind.PROPOSAL else None,
        "source": (source, None) if source else None,
        "raises": [words.reason_text(reason) for reason in suggestion.raises],
    }


def facts(suggestion: Suggestion) -> list[str]:
    """What one wants to know at a glance: what it is, and where."""
    organisation, thing = suggestion.organisation, suggestion.thing
    if organisation is None:
        shown = [str(label(thing.size)) if thing.size else "", country_name(thing.country)]
        return [
            str(words.confidential_word(thing.of)),
            *shown,
            ", ".join(map(str, labels(thing.cooperation, Cooperation))),
        ]
    if suggestion.kind is ItemKind.ORGANISATION:
        return [str(label(organisation.type)), organisation.place]
    if suggestion.kind is ItemKind.TEST_FIELD:
        where = thing.city or organisation.place if thing.place == Place.PHYSICAL else str(label(thing.place))
        return [organisation.name, str(label(thing.kind)), str(label(thing.rung)), where]
    if suggestion.kind is ItemKind.COMPETENCE:
        return [organisation.name, organisation.place]
    answers_by = _("answers by %(day)s", day=format_date(thing.deadline, "medium")) if thing.deadline else ""
    return [organisation.name, organisation.place, answers_by]


def pair_sides(pair: Pair, asked: ItemKind | None, suggested: Any, asker: str) -> dict[str, Any]:
    """The arguments of the macro ``pair``.

    What is asked with stands over the page, and what is suggested over the card, so their titles are repeated only
    where nothing else is quoted of them, or where an organisation asks with all it has.
    """
    seek_label, offer_label = words.pair_labels(pair, asker)
    sides = (
        ("seek", seek_label, pair.seek, pair.we_seek or pair.alike),
        ("offer", offer_label, pair.offer, not (pair.we_seek or pair.alike)),
    )
    made: dict[str, Any] = {}
    for name, text, quote, ours in sides:
        known = (ours and asked is not ItemKind.ORGANISATION) or quote.item is suggested
        titled = not known or not quote.segments
        made |= {
            f"{name}_label": text,
            f"{name}_segments": quote.segments,
            f"{name}_title": quote.title if titled else None,
            f"{name}_url": page_of(quote.kind, quote.item) if quote.kind else None,
            f"{name}_lang": _foreign(quote.language),
        }
    return made


def in_short(suggestion: Suggestion) -> str:
    """The reason in one line: the title of what they offer, or of what they seek."""
    if not suggestion.pairs:
        return ""
    pair = suggestion.pairs[0]
    theirs: Quote = pair.offer if pair.we_seek else pair.seek
    return "".join(text for text, _marked in theirs.title or theirs.segments)


def _foreign(language: str) -> str | None:
    """The language of a text, where it is not the page's."""
    return language if language and language != str(get_locale()) else None
