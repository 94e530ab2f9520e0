"""Saying what came of an introduction, and the stories that everybody may read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker.accounts.models import User
from matchmaker.db import EditConflict, db
from matchmaker.introductions.queries import own_or_refuse
from matchmaker.introductions.views import show_again
from matchmaker.items.pages import page_number, url_of_page
from matchmaker.outcomes import operations, queries
from matchmaker.outcomes.forms import OutcomeForm, StoryForm
from matchmaker.paging import paginate
from matchmaker.permissions import NotPermitted, Permission, permits

bp = Blueprint("outcomes", __name__)


def _me() -> User:
    return current_user._get_current_object()


def _back(public_id: str) -> Any:
    return redirect(url_for("introductions.show", public_id=public_id, _anchor="outcomes"))


@bp.get("/stories")
@permits(Permission.BROWSE)
def stories() -> str:
    """What members did together, told with both sides' consent."""
    page = paginate(db.session, queries.published(), page_number(), url_of_page, size=10)
    return render_template("outcomes/stories.html", page=page)


@bp.post("/introductions/<public_id>/outcomes")
@permits(Permission.INTRODUCTION)
def report(public_id: str) -> Any:
    """Say what came of it."""
    introduction, side = own_or_refuse(db.session, public_id, g.viewer)
    form = OutcomeForm()
    try:
        if not form.validate():
            raise operations.Incomplete
        operations.report(
            db.session,
            introduction,
            side,
            _me(),
            form.kind.data,
            agreement=form.agreement.data,
            amount=form.amount.data,
            currency=form.currency.data,
            note=form.note.data,
        )
        db.session.commit()
    except operations.Incomplete:
        why = _("Not noted yet: an agreement needs its kind, an application its amount, and “nothing” a reason.")
        return show_again(public_id, form, why)
    except operations.NotIntroduced:
        flash(_("Nothing was noted: the introduction holds no longer."), "info")
        return _back(public_id)
    flash(_("Noted. The other side is asked whether it sees it the same way."))
    return _back(public_id)


@bp.post("/introductions/<public_id>/outcomes/<outcome_id>")
@permits(Permission.INTRODUCTION)
def say(public_id: str, outcome_id: str) -> Any:
    """Confirm for one's own side, see it differently, or take back what one said."""
    introduction, side = own_or_refuse(db.session, public_id, g.viewer)
    outcome = queries.outcome_or_refuse(db.session, introduction, outcome_id)
    said = request.form.get("said", "")
    if said == "take-back" and outcome.side == side:
        operations.take_back(db.session, outcome)
    elif said in ("yes", "no"):
        operations.say(db.session, outcome, side, _me(), agrees=said == "yes")
    db.session.commit()
    flash(_("Noted."))
    return _back(public_id)


@bp.post("/introductions/<public_id>/story")
@permits(Permission.INTRODUCTION)
def story(public_id: str) -> Any:
    """Write the story; the other side has to agree to its very words."""
    introduction, side = own_or_refuse(db.session, public_id, g.viewer)
    form = StoryForm()
    if not form.validate():
        why = _("Not kept yet: a story needs a title and a text of at most 3,000 characters.")
        return show_again(public_id, form, why)
    version = int(form.version.data) if (form.version.data or "").isdecimal() else 0
    try:
        operations.tell_story(
            db.session, introduction, side, _me(), title=form.title.data, text=form.text.data, version=version
        )
        db.session.commit()
    except EditConflict as conflict:
        form.version.data = str(conflict.current.version)
        db.session.rollback()
        why = _(
            "The other side changed the story meanwhile; theirs stands above. Yours is kept here until you send it."
        )
        return show_again(public_id, form, why, 409)
    except operations.NotIntroduced:
        db.session.rollback()
        flash(_("Nothing was kept: the introduction holds no longer."), "info")
        return _back(public_id)
    flash(_("Kept. It is published as soon as the other side agrees to these very words."))
    return _back(public_id)


@bp.post("/introductions/<public_id>/story/consent")
@permits(Permission.INTRODUCTION)
def consent(public_id: str) -> Any:
    """Agree to the very words, or take that back."""
    introduction, side = own_or_refuse(db.session, public_id, g.viewer)
    found = queries.story_of(db.session, introduction)
    if found is None:
        raise NotPermitted(public_id)
    if request.form.get("take_back"):
        operations.withdraw_story(db.session, found, side, _me())
        db.session.commit()
        flash(_("Taken back. The story is public no longer."))
        return _back(public_id)
    try:
        operations.agree_to_story(db.session, found, side, _me(), shown=request.form.get("shown", ""))
        db.session.commit()
    except EditConflict:
        db.session.rollback()
        flash(_("The words have changed since you opened the page. Read them again, then agree."), "warning")
        return _back(public_id)
    flash(_("Published.") if found.published_at else _("You agreed. It is published once the other side does too."))
    return _back(public_id)
