"""How the facts of an explanation read in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from embeddings import Band
from matchmaker.clusters.models import Organisation, OrganisationType
from matchmaker.items.labels import country_name, label, labels, language_in_sentence
from matchmaker.items.models import Cooperation, Rung, Stage
from matchmaker.suggestions.asking import Sort, Suggestion
from matchmaker.suggestions.explaining import Because, Pair, Quote, Reason, Standing, Wish, Wished
from matchmaker.suggestions.models import ItemKind

#: Shared words that are named in a sentence; the marks in the texts show all of them.
NAMED_TERMS = 6


def band_word(band: Band) -> str:
    """The band in a word."""
    return {Band.STRONG: _("Strong"), Band.GOOD: _("Good"), Band.POSSIBLE: _("Possible")}[band]


def sort_word(sort: Sort) -> str:
    """An order of the list."""
    return {Sort.BEST: _("Best fit"), Sort.NEWEST: _("Newest"), Sort.NEAREST: _("Nearest")}[sort]


def confidential_word(kind: str) -> str:
    """What is shown by a teaser, in a word."""
    return {
        ItemKind.NEED: _("A need, in confidence"),
        ItemKind.COMPETENCE: _("A competence, in confidence"),
        ItemKind.TEST_FIELD: _("A test field, in confidence"),
    }[ItemKind(kind)]


def unnamed(kind: str) -> str:
    """What may be said of whoever stands behind a teaser."""
    return {
        ItemKind.NEED: _("An organisation that stays unnamed seeks this. Who it is follows once both agree."),
        ItemKind.COMPETENCE: _("An organisation that stays unnamed can do this. Who it is follows once both agree."),
        ItemKind.TEST_FIELD: _("An organisation that stays unnamed hosts this. Who it is follows once both agree."),
    }[ItemKind(kind)]


def listed(values: Iterable[Any]) -> str:
    """Values in a row."""
    return ", ".join(map(str, values))


def _either(values: Sequence[Any]) -> str:
    return str(_(" or ")).join(map(str, values))


# --- What was asked for -----------------------------------------------------------------------------------------------


def wish_texts(wish: Wish) -> dict[str, str]:
    """A wish as label and note: what was wanted or found, and what differs."""
    met = wish.standing is Standing.MET
    if wish.what is Wished.TYPE:
        if met:
            return {"label": listed(labels(wish.found, OrganisationType)), "note": ""}
        wanted = _either(labels(wish.wanted, OrganisationType))
        return {"label": wanted, "note": _("they are: %(type)s", type=listed(labels(wish.found, OrganisationType)))}
    if wish.what is Wished.COUNTRY:
        if met:
            return {"label": _("In %(country)s", country=listed(map(country_name, wish.found))), "note": ""}
        note = _("they are in %(country)s", country=listed(map(country_name, wish.found))) if wish.found else ""
        return {"label": _("In %(country)s", country=_either(list(map(country_name, wish.wanted)))), "note": note}
    if wish.what is Wished.TRL:
        low, high = wish.wanted
        window = f"TRL {low}" if low == high else f"TRL {low}–{high}"
        return {"label": window, "note": _("theirs: TRL %(level)s", level=wish.found[0]) if wish.found else ""}
    if wish.what is Wished.COOPERATION:
        if met:
            return {"label": listed(labels(wish.found, Cooperation)), "note": ""}
        note = _("they offer: %(kinds)s", kinds=listed(labels(wish.found, Cooperation))) if wish.found else ""
        return {"label": _either(labels(wish.wanted, Cooperation)), "note": note}
    if wish.what is Wished.LANGUAGE:
        found = listed(map(language_in_sentence, wish.found))
        if met:
            return {"label": _("Works in %(languages)s", languages=found), "note": ""}
        note = _("they work in %(languages)s", languages=found) if wish.found else ""
        wanted = _either(list(map(language_in_sentence, wish.wanted)))
        return {"label": _("Works in %(languages)s", languages=wanted), "note": note}
    if wish.what is Wished.RUNG:
        wanted, found = label(wish.wanted[0], Rung), label(wish.found[0], Rung)
        note = "" if wish.wanted == wish.found else _("theirs: %(rung)s", rung=found)
        return {"label": _("Readiness %(rung)s", rung=wanted), "note": note}
    if wish.what is Wished.STAGE:
        stage, rung = label(wish.wanted[0], Stage), label(wish.found[0], Rung)
        sentence = _("Readiness suits your stage") if met else _("Readiness does not suit your stage")
        return {"label": sentence, "note": _("%(stage)s, %(rung)s", stage=stage, rung=rung)}
    return {"label": _("Regulated environment"), "note": ""}


def wish_columns(wishes: Sequence[Wish]) -> dict[str, list[dict[str, str]]]:
    """Wishes by whether they are met, as the list of a card takes them."""
    return {
        name: [wish_texts(wish) for wish in wishes if wish.standing is standing]
        for name, standing in (("met", Standing.MET), ("unmet", Standing.UNMET), ("unknown", Standing.UNKNOWN))
    }


# --- Reasons ----------------------------------------------------------------------------------------------------------


def reason_text(reason: Reason, asker: str = "") -> str:
    """A reason as a sentence without a full stop; ``asker`` names who asks, where somebody else reads it."""
    values = reason.values
    if reason.because is Because.SIMILAR:
        return _("Similar in meaning")
    if reason.because is Because.TERMS:
        named, more = values[:NAMED_TERMS], len(values) - NAMED_TERMS
        words = listed(named) if more <= 0 else _("%(words)s and %(count)s more", words=listed(named), count=more)
        return _("Shared words: %(words)s", words=words)
    if reason.because is Because.SEVERAL:
        return ngettext("%(num)s of their statements fits", "%(num)s of their statements fit", values[0])
    if reason.because is Because.BACKED:
        return ngettext("Backed by %(num)s record", "Backed by %(num)s records", values[0])
    if reason.because is Because.TOGETHER:
        record = values[0]
        if record.year:
            return _("Earlier work together: “%(title)s” (%(year)s)", title=record.title, year=record.year)
        return _("Earlier work together: “%(title)s”", title=record.title)
    if reason.because is Because.SAME_REGION:
        return _("In the same region, %(region)s", region=values[0])
    if reason.because is Because.RESPONSE:
        return ngettext(
            "Promises an answer within %(num)s working day", "Promises an answer within %(num)s working days", values[0]
        )
    if reason.because is Because.THEY_OFFER:
        return _("They offer what %(asker)s seeks", asker=asker) if asker else _("They offer what you seek")
    if reason.because is Because.WE_OFFER:
        return _("%(asker)s offers what they seek", asker=asker) if asker else _("You offer what they seek")
    if reason.because is Because.SEEK_OUR_TYPE:
        return _("They look for: %(type)s", type=label(values[0], OrganisationType))
    if reason.because is Because.COOPERATION:
        return _("Open to: %(kinds)s", kinds=listed(labels(values, Cooperation)))
    if reason.because is Because.CAPACITY:
        return _("Capacity: %(capacity)s", capacity=values[0])
    if reason.because is Because.UNSAID:
        item, unsaid = values
        own = item.name if isinstance(item, Organisation) else item.title
        return _("“%(own)s” does not say: %(words)s. Add those that are true of it.", own=own, words=listed(unsaid))
    if reason.because is Because.SAY_NEED:
        return _("None of your needs speaks to what they offer. If you seek it, say so in a need.")
    if reason.because is Because.SAY_OFFER:
        return _("Nothing you offer speaks to what they seek. If you can do it, say so in a competence.")
    if reason.because is Because.NOT_INDEXED:
        return _("Your text is confidential and stands in no index, so this can’t be told for it.")
    if reason.because is Because.ALL_SAID:
        return _("Your texts say all that theirs say. More texts on the same matter would help, or a longer one.")
    if reason.because is Because.ACCESS:
        return ngettext("Access in %(num)s described step", "Access in %(num)s described steps", values[0])
    return ngettext(
        "They seek something themselves: %(num)s open need",
        "They seek something themselves: %(num)s open needs",
        values[0],
    )


# --- The two sides ----------------------------------------------------------------------------------------------------


def side_label(quote: Quote, *, ours: bool, seeks: bool, asker: str = "") -> str:
    """Over a quoted text: who says it, and in what."""
    if ours and asker:
        return _("%(asker)s seeks", asker=asker) if seeks else _("%(asker)s offers", asker=asker)
    if quote.kind is ItemKind.EVIDENCE:
        kind, year = label(quote.item.kind), quote.item.year
        what = f"{kind}, {year}" if year else str(kind)
        return _("You showed it: %(record)s", record=what) if ours else _("They showed it: %(record)s", record=what)
    if quote.kind is ItemKind.ORGANISATION:
        return _("Your profile") if ours else _("Their profile")
    if quote.kind is ItemKind.TEST_FIELD:
        return _("Your test field") if ours else _("Their test field")
    if quote.kind is None:
        return _("Your text")
    if seeks:
        return _("You seek") if ours else _("They seek")
    return _("You offer") if ours else _("They offer")


def pair_labels(pair: Pair, asker: str = "") -> tuple[str, str]:
    """The labels over what is sought and what is offered."""
    if pair.alike:
        both_seek = pair.offer.kind is ItemKind.NEED
        return (
            side_label(pair.seek, ours=True, seeks=both_seek, asker=asker),
            side_label(pair.offer, ours=False, seeks=both_seek),
        )
    return (
        side_label(pair.seek, ours=pair.we_seek, seeks=True, asker=asker),
        side_label(pair.offer, ours=not pair.we_seek, seeks=False, asker=asker),
    )


def sources_text(suggestion: Suggestion) -> str:
    """Where the imported texts that a suggestion rests on came from, with their licences."""
    return "; ".join(f"{source} ({licence})" if licence else source for source, licence, _url in suggestion.sources)
