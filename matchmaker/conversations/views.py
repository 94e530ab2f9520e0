"""Writing to each other, files, and one's own note; the conversation itself stands on the introduction's page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, url_for
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker.conversations import files, operations, queries
from matchmaker.conversations.forms import MessageForm, NoteForm
from matchmaker.db import db
from matchmaker.introductions.queries import get_or_refuse, own_or_refuse
from matchmaker.introductions.views import show_again
from matchmaker.permissions import Permission, permits
from matchmaker.uploads import takes_up_to

bp = Blueprint("conversations", __name__, url_prefix="/introductions/<public_id>")


@bp.post("/messages")
@takes_up_to(files.LARGEST_FORM)
@permits(Permission.INTRODUCTION)
def write(public_id: str) -> Any:
    """Write to the other side."""
    introduction, side = own_or_refuse(db.session, public_id, g.viewer)
    form = MessageForm()
    back = redirect(url_for("introductions.show", public_id=public_id, _anchor="conversation"))
    if not form.validate():
        why = " ".join(form.body.errors) or _("the form was not complete.")
        return show_again(public_id, form, _("Nothing was sent: %(why)s", why=why))
    sent = [one for one in form.files.data or () if getattr(one, "filename", "")]
    try:
        answers = queries.message_or_refuse(db.session, introduction, form.answers.data) if form.answers.data else None
        operations.write(
            db.session,
            introduction,
            side,
            current_user._get_current_object(),
            form.body.data,
            answers=answers,
            files=[files.check(one.filename, one.read()) for one in sent],
        )
    except files.FileRefused as error:
        why = _(
            "Nothing was sent: “%(name)s” is empty, larger than 5 MB, or none of %(allowed)s.",
            name=error.args[0], allowed=files.ALLOWED,
        )  # fmt: skip
        return show_again(public_id, form, why)
    except operations.TooManyFiles:
        why = _("Nothing was sent: at most %(most)s files come with one message.", most=files.MOST)
        return show_again(public_id, form, why)
    except operations.Closed:
        flash(_("Nothing was sent: the introduction holds no longer."), "error")
        return back
    db.session.commit()
    flash(_("Sent."))
    return back


@bp.get("/files/<file_id>")
@permits(Permission.INTRODUCTION)
def download(public_id: str, file_id: str) -> Response:
    """A file, to be saved and never shown in our name."""
    introduction = get_or_refuse(db.session, public_id, g.viewer)
    return files.attachment(queries.file_or_refuse(db.session, introduction, file_id))


@bp.post("/note")
@permits(Permission.INTRODUCTION)
def note(public_id: str) -> Any:
    """Keep a note that only oneself reads."""
    introduction = get_or_refuse(db.session, public_id, g.viewer)
    form = NoteForm()
    if not form.validate():
        return show_again(public_id, form, " ".join(form.note.errors) or _("The note was not kept."))
    operations.keep_note(db.session, introduction, current_user._get_current_object(), form.note.data)
    db.session.commit()
    flash(_("Your note is kept. Only you read it."))
    return redirect(url_for("introductions.show", public_id=public_id, _anchor="note"))
