"""What managers change in how suggestions come about: the glossary, and the order that decisions taught."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import format_percent, ngettext
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response

from embeddings.amending import Concern, Conflict, Entry
from embeddings.feedback import LEAST
from matchmaker import jobs
from matchmaker.clusters.queries import managed_clusters, managed_or_refuse
from matchmaker.db import db
from matchmaker.items.labels import language_name
from matchmaker.items.pages import back_to, page_number, url_of_page, url_with
from matchmaker.paging import Page, paginate
from matchmaker.permissions import NotPermitted, Permission, permits
from matchmaker.suggestions import glossary, learning
from matchmaker.suggestions.forms import AcronymForm, WordForm
from matchmaker.suggestions.models import GlossaryChange, LearnedOrder
from matchmaker.suggestions.ranking import FEATURES
from matchmaker.suggestions.views import bp

#: The kinds of entries, as they stand in an address, and the language that each means to the engine.
KINDS = {"acronym": "", "de": "de", "sv": "sv"}
#: Entries that are named in a sentence about a conflict.
NAMED = 5


@bp.get("/glossary")
@permits(Permission.CURATE)
def glossary_index() -> str:
    """The entries of the glossary: all, of one kind, or the own ones; searched and page by page."""
    words = request.args.get("q", "").strip()[:120]
    kind, own = request.args.get("kind", ""), "own" in request.args
    found = glossary.find(db.session, words, KINDS.get(kind), own, page_number())

    def tab(label: str, **changes: Any) -> dict[str, Any]:
        wanted = {"kind": None, "own": None, **changes}
        active = (wanted["kind"] or "") == (kind if kind in KINDS else "") and bool(wanted["own"]) == own
        return {"label": label, "url": url_with(page=None, **wanted), "active": active}

    return render_template(
        "suggestions/glossary.html",
        q=words,
        kind=kind,
        own=own,
        found=found,
        page=Page(found.items, found.page, found.pages, found.total, url_of_page),
        tabs=[
            tab(_("All")),
            tab(_("Acronyms"), kind="acronym"),
            tab(_("German"), kind="de"),
            tab(_("Swedish"), kind="sv"),
            tab(_("Changed here"), own="1"),
        ],
        language_name=language_name,
        here=request.full_path.rstrip("?"),
    )


@bp.route("/glossary/entry", methods=["GET", "POST"])
@permits(Permission.CURATE)
def glossary_entry() -> Any:
    """Add an entry, or change one; what it means for others is told before it is saved."""
    former = _asked_entry()
    kind = "acronym" if (former.is_acronym if former else request.args.get("kind") == "acronym") else "word"
    made_of: Any = AcronymForm if kind == "acronym" else WordForm
    form = made_of.of(former) if former else made_of()
    conflicts: list[Conflict] = []
    if form.validate_on_submit():
        made = form.entry()
        try:
            glossary.check(made)
            conflicts = [one for one in glossary.conflicts_of(db.session, made) if former not in one.entries]
            if (form.confirmed.data or "") == _sign(conflicts):
                change = glossary.put(db.session, made, user_id=g.viewer.user_id, instead_of=former)
                db.session.commit()
                _say(_("Saved: %(word)s.", word=made.source), change)
                return redirect(url_for(".glossary_index", q=made.source))
        except glossary.Unusable:
            form.source.errors = [*form.source.errors, _unusable(made)]
    form.confirmed.data = _sign(conflicts)
    return render_template(
        "suggestions/glossary_entry.html",
        form=form,
        kind=kind,
        former=former,
        conflicts=[_conflict_text(one) for one in conflicts],
    ), 422 if form.errors else 200


@bp.post("/glossary/remove")
@permits(Permission.CURATE)
def glossary_remove() -> Response:
    """Take an entry out of the glossary."""
    gone = _asked_entry()
    if gone is None:
        raise NotPermitted("glossary entry")
    change = glossary.remove(db.session, gone, user_id=g.viewer.user_id)
    db.session.commit()
    _say(_("Removed: %(word)s.", word=gone.source), change)
    return redirect(back_to(url_for(".glossary_index")))


@bp.post("/glossary/<public_id>/undo")
@permits(Permission.CURATE)
def glossary_undo(public_id: str) -> Response:
    """Take a change back."""
    change = db.session.scalar(select(GlossaryChange).where(GlossaryChange.public_id == public_id))
    if change is None:
        raise NotPermitted(public_id)
    glossary.undo(db.session, change, user_id=g.viewer.user_id)
    db.session.commit()
    flash(_("Taken back: %(word)s reads as before.", word=change.source))
    return redirect(back_to(url_for(".glossary_index")))


@bp.get("/glossary/history")
@permits(Permission.CURATE)
def glossary_history() -> str:
    """Who changed what, and when; the latest first."""
    return render_template(
        "suggestions/glossary_history.html",
        page=paginate(db.session, glossary.history(), page_number(), url_of_page),
        language_name=language_name,
        here=request.full_path.rstrip("?"),
    )


def _asked_entry() -> Entry | None:
    """The entry that the address or the form names; None where it names none. Raises NotPermitted."""
    asked = request.values
    if "of" not in asked:
        return None
    if asked["of"] not in KINDS:
        abort(400)
    found = glossary.entry(db.session, KINDS[asked["of"]], asked.get("word", ""), asked.get("meaning", ""))
    if found is None:
        raise NotPermitted("glossary entry")
    return found


def _sign(conflicts: list[Conflict]) -> str:
    """What somebody has read who saves all the same."""
    return " ".join(f"{one.concern}:{len(one.entries)}" for one in conflicts)


def _unusable(made: Entry) -> str:
    if made.is_acronym:
        return _("A short form is one word, without spaces.")
    if len(made.source) < 3:
        return _("Write at least three letters: fewer would begin too many other words.")
    return _("This word is left out of every text, because it says nothing about a topic.")


def _conflict_text(conflict: Conflict) -> str:
    """What an entry would mean for others, in a sentence."""
    named = ", ".join(f"{one.source} ({one.english})" for one in conflict.entries[:NAMED])
    if len(conflict.entries) > NAMED:
        named = _("%(names)s and %(count)s more", names=named, count=len(conflict.entries) - NAMED)
    if conflict.concern is Concern.REPLACES:
        return _("So far it means: %(entries)s. Yours takes its place.", entries=named)
    if conflict.concern is Concern.LONGER:
        return ngettext(
            "A longer entry begins with it and keeps its own meaning: %(entries)s.",
            "Longer entries begin with it and keep their own meaning: %(entries)s.",
            len(conflict.entries),
            entries=named,
        )
    if conflict.concern is Concern.SHORTER:
        return _("So far a shorter entry stands for it: %(entries)s. Yours is more exact and wins.", entries=named)
    if conflict.concern is Concern.AMBIGUOUS:
        return _(
            "It stands for something else as well: %(entries)s. Without words beside it, every text is read as all "
            "of them. Add words that only appear with your meaning.",
            entries=named,
        )
    return _("Another short form has the same long form: %(entries)s. Both will be found.", entries=named)


def _say(sentence: str, change: GlossaryChange) -> None:
    undo = render_template("suggestions/_glossary_undo.html", change=change)
    background = _("Texts that hold it are read again in the background.")
    flash(Markup("{} {} {}").format(sentence, background, Markup(undo)))  # noqa: S704 - our own template, escaped by it.


# --- The learned order --------------------------------------------------------------------------------------------


@bp.get("/order")
@permits(Permission.CURATE)
def order_index() -> str:
    """What the decisions of the manager's clusters have taught about the order, and the switch."""
    clusters = managed_clusters(db.session, g.viewer)
    rows = [(cluster, order := learning.order_of(db.session, cluster.id), _weights(order)) for cluster in clusters]
    return render_template("suggestions/order.html", rows=rows, least=LEAST)


@bp.post("/order/<public_id>/switch")
@permits(Permission.CURATE)
def order_switch(public_id: str) -> Response:
    """Use what a cluster has learned where it convinces, or go by the default."""
    cluster = managed_or_refuse(db.session, public_id, g.viewer)
    wanted = request.form.get("wanted") == "1"
    learning.want(db.session, cluster, wanted)
    db.session.commit()
    if wanted:
        flash(_("What was learned is used wherever it proves better."))
    else:
        flash(_("Suggestions follow the usual order again."))
    return redirect(url_for(".order_index"))


@bp.post("/order/<public_id>/learn")
@permits(Permission.CURATE)
def order_learn(public_id: str) -> Response:
    """Learn again from what was decided until now."""
    managed_or_refuse(db.session, public_id, g.viewer)
    jobs.wake(db.session, "orders")
    db.session.commit()
    flash(_("It is being learned again in the background; look again in a minute."))
    return redirect(url_for(".order_index"))


def _weights(order: LearnedOrder | None) -> list[tuple[str, str]]:
    """How much each part counts, in words: beside what it counts by default."""
    if order is None:
        return []
    names = {
        "meaning": _("Similar in meaning"),
        "words": _("Shared words"),
        "breadth": _("Several texts that fit"),
        "wishes": _("What was asked for is met"),
        "nearness": _("The same region or country"),
    }
    return [(names[name], _counts(order.weights.get(name, default), default)) for name, default in FEATURES.items()]


def _counts(weight: float, default: float) -> str:
    if not default:
        return _("does not count, as usual") if weight < 0.05 else _("counts here, usually not")
    if abs(weight - default) < 0.05:
        return _("counts as usual")
    share = format_percent(weight / default)
    return _("counts %(share)s of the usual", share=share)
