"""Pages of the searches that a member keeps."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from matchmaker import sheets
from matchmaker.db import db
from matchmaker.directory.exports import MIXED
from matchmaker.directory.labels import KINDS, PAGES, filter_words
from matchmaker.permissions import Permission, permits
from matchmaker.suggestions.filters import Filters
from matchmaker.suggestions.models import ItemKind
from matchmaker.texts import clean_line, excerpt
from matchmaker.watches import operations, queries
from matchmaker.watches.exports import WATCH
from matchmaker.watches.forms import NameForm
from matchmaker.watches.models import Watch

bp = Blueprint("watches", __name__, url_prefix="/searches")


@bp.get("")
@bp.get("/list.<file:format>")
@permits(Permission.ACCOUNT)
def index(format: sheets.Format | None = None) -> Any:
    """The searches that the user keeps."""
    if format:
        return sheets.answer("searches", format, WATCH, queries.of_user(db.session, g.viewer.user_id))
    return _page(NameForm(formdata=None))


@bp.post("")
@permits(Permission.ACCOUNT)
def keep() -> Any:
    """Keep the search whose address the form carries."""
    asked = MultiDict(parse_qsl(request.form.get("search", "")[:8_000]))
    words = " ".join(asked.get("q", "").split())[:1_000]
    kind = ItemKind(asked["what"]) if asked.get("what") in queries.WATCHED else None
    filters = Filters.of_address(asked)
    if not (words or kind or filters):
        flash(_("Type a few words or choose a filter first: then the search can be kept."), "error")
        return redirect(url_for("directory.search"))
    try:
        watch = operations.keep(
            db.session, g.viewer.user_id, name=_name(words, kind, filters), words=words, kind=kind, filters=filters
        )
    except operations.TooManyWatches:
        flash(_("You keep %(number)s searches. Drop one first.", number=operations.MOST), "error")
        return redirect(url_for(".index"))
    db.session.commit()
    flash(_("“%(name)s” is kept. You are told when something new fits.", name=watch.name))
    return redirect(url_for(".index"))


def _name(words: str, kind: ItemKind | None, filters: Filters) -> str:
    """What a search is called until its owner names it."""
    parts = [words] if words else [str(KINDS[kind])] if kind else []
    return excerpt(clean_line(", ".join(parts + [filter_words(*pair) for pair in filters.pairs()])), 100)


@bp.get("/<public_id>")
@bp.get("/<public_id>/found.<file:format>")
@permits(Permission.ACCOUNT)
def show(public_id: str, format: sheets.Format | None = None) -> Any:
    """What a kept search has found."""
    watch = queries.own_or_refuse(db.session, public_id, g.viewer.user_id)
    if format:
        found = queries.finds(db.session, g.viewer, watch)
        return sheets.answer("found", format, MIXED, (item for _kind, item in found))
    return render_template(
        "watches/show.html",
        watch=watch,
        found=queries.finds(db.session, g.viewer, watch),
        pages=PAGES,
        search_url=_search_url(watch),
    )


@bp.post("/<public_id>/rename")
@permits(Permission.ACCOUNT)
def rename(public_id: str) -> Any:
    """Give a kept search another name."""
    watch = queries.own_or_refuse(db.session, public_id, g.viewer.user_id)
    form = NameForm()
    if not form.validate_on_submit():
        return _page(form, naming=watch), 422
    operations.rename(db.session, watch, form.name.data)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for(".index"))


@bp.post("/<public_id>/drop")
@permits(Permission.ACCOUNT)
def drop(public_id: str) -> Any:
    """Keep a search no longer."""
    watch = queries.own_or_refuse(db.session, public_id, g.viewer.user_id)
    name = watch.name
    operations.drop(db.session, watch)
    db.session.commit()
    flash(_("“%(name)s” is dropped.", name=name))
    return redirect(url_for(".index"))


def _search_url(watch: Watch) -> str:
    return url_for("directory.search", q=watch.words or None, what=watch.kind, **watch.narrowed)


def _page(form: NameForm, naming: Watch | None = None) -> str:
    watches = queries.of_user(db.session, g.viewer.user_id)
    told = queries.counts(db.session, g.viewer.user_id)
    return render_template(
        "watches/index.html",
        rows=[
            (
                watch,
                [KINDS[watch.kind]] if watch.kind else [],
                [filter_words(*pair) for pair in watch.filters.pairs()],
                told.get(watch.id, 0),
                _search_url(watch),
            )
            for watch in watches
        ],
        form=form,
        naming=naming,
    )
