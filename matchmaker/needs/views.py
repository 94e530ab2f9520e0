"""Pages on which members write needs, look after them and read those of others."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker.db import db
from matchmaker.items import pages
from matchmaker.items.operations import NotADraft
from matchmaker.items.queries import counts, ends_soon, get_or_refuse, of_organisation
from matchmaker.needs import operations
from matchmaker.needs.exports import NEED
from matchmaker.needs.forms import NeedForm
from matchmaker.needs.models import Need
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, permits, require
from matchmaker.sheets import Format

bp = Blueprint("needs", __name__, url_prefix="/needs")


@bp.get("/mine")
@bp.get("/mine.<file:format>")
@permits(Permission.ACCOUNT)
def mine(format: Format | None = None) -> Any:
    """The own organisation's needs, by where they stand."""
    if elsewhere := pages.join_first():
        return elsewhere
    organisation = pages.acting_organisation(db.session)
    standing = pages.chosen_standing()
    wanted = of_organisation(Need, organisation.id, standing)
    if format:
        return pages.as_file(format, "needs", NEED, wanted)
    numbers = counts(db.session, Need, organisation.id)
    words = pages.standing_words(published=_("Open"), met=_("Met"), withdrawn=_("Closed"))
    page = paginate(db.session, wanted, pages.page_number(), pages.url_of_page)
    return render_template(
        "needs/mine.html",
        page=page,
        tabs=pages.standing_tabs(numbers, standing, words),
        counts=numbers,
        standing=standing,
        organisation=organisation,
    )


@bp.route("/new", methods=["GET", "POST"])
@permits(Permission.ACCOUNT)
def add() -> Any:
    """Write a need."""
    if elsewhere := pages.join_first():
        return elsewhere
    require(g.viewer, Permission.CONTRIBUTE)
    given = {name: request.args.get(name, "") for name in ("title", "description", "expected_result")}
    form = pages.form_for(NeedForm, pages.acting_organisation(db.session), data=given)
    form.publishing = pages.pressed("publish")
    if form.is_submitted() and not pages.pressed("check") and form.validate():
        need = operations.add(
            db.session, pages.acting_organisation(db.session), current_user._get_current_object(), form.values()
        )
        if form.publishing:
            operations.publish(need)
        db.session.commit()
        return _saved(need, published=form.publishing)
    return _form_page(form)


@bp.route("/<public_id>/edit", methods=["GET", "POST"])
@permits(Permission.EDIT)
def edit(public_id: str) -> Any:
    """Change a need."""
    need = _own(public_id)
    form = pages.form_for(NeedForm, need.organisation, obj=need)
    return pages.edit_page(
        form,
        need,
        edit=operations.edit,
        publish=operations.publish,
        saved=lambda published: _saved(need, published=published),
        page=lambda differences: _form_page(form, need, differences=differences),
    )


def _form_page(form: NeedForm, need: Need | None = None, differences: list[dict[str, Any]] | None = None) -> Any:
    organisation = need.organisation if need else pages.acting_organisation(db.session)
    page = render_template(
        "needs/form.html",
        form=form,
        need=need,
        differences=differences,
        **pages.writing_help("need", form, organisation),
    )
    return page, 409 if differences is not None else 422 if form.errors and form.is_submitted() else 200


def _saved(need: Need, *, published: bool) -> Any:
    flash(_("Your need is open.") if published else _("Saved."), "success")
    return redirect(url_for(".show", public_id=need.public_id))


@bp.post("/review")
@permits(Permission.CONTRIBUTE)
def review() -> str:
    """The help beside the form, for what is typed so far."""
    own = pages.acting_organisation(db.session)
    return render_template("items/_writing.html", **pages.writing_help("need", pages.form_for(NeedForm, own), own))


@bp.get("/<public_id>")
@permits(Permission.READ)
def show(public_id: str) -> str:
    """One need, as its readers see it, with the owner's tools where the owner looks."""
    need = get_or_refuse(db.session, Need, public_id, g.viewer)
    return render_template("needs/show.html", need=need, ends_soon=ends_soon(need))


@bp.post("/<public_id>/publish")
@permits(Permission.EDIT)
def publish(public_id: str) -> Any:
    """Open a draft or closed need, where it says enough; otherwise show what is missing."""
    need = _own(public_id)
    if not NeedForm(formdata=None, obj=need).says_enough():
        flash(_("Before it can be published, it needs a little more."), "info")
        return redirect(url_for(".edit", public_id=public_id, publish=""))
    operations.publish(need)
    db.session.commit()
    flash(_("Your need is open."), "success")
    return _back(need)


@bp.post("/<public_id>/renew")
@permits(Permission.EDIT)
def renew(public_id: str) -> Any:
    """Start its term anew, in one click."""
    need = _own(public_id)
    operations.renew(need)
    db.session.commit()
    flash(_("“%(title)s” is open again.", title=need.title), "success")
    return _back(need)


@bp.post("/<public_id>/met")
@permits(Permission.EDIT)
def meet(public_id: str) -> Any:
    """Mark it as met."""
    need = _own(public_id)
    operations.meet(need)
    db.session.commit()
    flash(_("Good to hear. The need is kept and no longer suggested."), "success")
    return _back(need)


@bp.post("/<public_id>/close")
@permits(Permission.EDIT)
def close(public_id: str) -> Any:
    """Close it; only the own organisation still sees it."""
    need = _own(public_id)
    operations.close(need)
    db.session.commit()
    flash(_("The need is closed. Only your organisation still sees it."), "success")
    return _back(need)


@bp.post("/<public_id>/delete")
@permits(Permission.EDIT)
def delete(public_id: str) -> Any:
    """Remove a draft."""
    need = _own(public_id)
    try:
        operations.delete_draft(db.session, need)
    except NotADraft:
        flash(_("Only drafts can be deleted. You can close this need instead."), "error")
        return _back(need)
    db.session.commit()
    flash(_("The draft is deleted."), "success")
    return redirect(url_for(".mine"))


def _own(public_id: str) -> Need:
    need = get_or_refuse(db.session, Need, public_id, g.viewer)
    require(g.viewer, Permission.EDIT, need)
    return need


def _back(need: Need) -> Any:
    if request.form.get("back") == "mine":
        return redirect(url_for(".mine", state=request.form.get("state") or None))
    return redirect(url_for(".show", public_id=need.public_id))
