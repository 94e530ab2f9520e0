"""The inbox."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from matchmaker.accounts.models import User
from matchmaker.accounts.queries import user_by_public_id
from matchmaker.db import db, utcnow
from matchmaker.extensions import csrf
from matchmaker.notifications import letters, matrix, operations, queries
from matchmaker.notifications.forms import PreferencesForm
from matchmaker.notifications.kinds import DIGEST, KINDS, ByMail, Frequency, Kind
from matchmaker.notifications.models import Notification
from matchmaker.permissions import NotPermitted, Permission, permits

bp = Blueprint("notifications", __name__)


def _kind(told: Notification) -> Kind:
    return KINDS[told.kind]


@bp.get("/inbox")
@permits(Permission.ACCOUNT)
def inbox() -> str:
    """What the user was told: unread first, then the newest."""
    page = queries.inbox(db.session, g.viewer.user_id, page=request.args.get("page", 1, type=int), url=_url_of_page)
    lines = [(told, _kind(told).sentence(told.facts), _kind(told).group) for told in page.items]
    return render_template(
        "notifications/inbox.html",
        lines=lines,
        unread=queries.unread(db.session, g.viewer.user_id),
        page=page,
    )


def _url_of_page(number: int) -> str:
    return url_for("notifications.inbox", page=number if number > 1 else None)


@bp.get("/inbox/<public_id>")
@permits(Permission.ACCOUNT)
def open_one(public_id: str) -> Any:
    """Go to what a notification is about; that counts as read. Links in mails lead here too."""
    told = queries.own_or_refuse(db.session, public_id, g.viewer.user_id)
    operations.mark_read(db.session, told, now=utcnow())
    db.session.commit()
    kind = _kind(told)
    return redirect(url_for(kind.endpoint, **{part: told.facts[fact] for part, fact in kind.arguments.items()}))


@bp.post("/inbox/<public_id>/read")
@permits(Permission.ACCOUNT)
def mark_read(public_id: str) -> Any:
    """Take one out of what waits, without opening it."""
    operations.mark_read(db.session, queries.own_or_refuse(db.session, public_id, g.viewer.user_id), now=utcnow())
    db.session.commit()
    return _back()


@bp.post("/inbox/<public_id>/unread")
@permits(Permission.ACCOUNT)
def mark_unread(public_id: str) -> Any:
    """Put one back among what waits."""
    operations.mark_unread(db.session, queries.own_or_refuse(db.session, public_id, g.viewer.user_id))
    db.session.commit()
    return _back()


@bp.post("/inbox")
@permits(Permission.ACCOUNT)
def mark_all_read() -> Any:
    """Take everything out of what waits that was there when the page was made."""
    newest = queries.own_or_refuse(db.session, request.form.get("newest", ""), g.viewer.user_id)
    seen = operations.mark_all_read(db.session, newest, now=utcnow())
    db.session.commit()
    flash(ngettext("%(num)s notification marked as read.", "%(num)s notifications marked as read.", seen))
    return redirect(url_for(".inbox"))


@bp.get("/account/notifications")
@permits(Permission.ACCOUNT)
def preferences() -> str:
    """What the user is told, and how."""
    return _preferences_page(PreferencesForm(formdata=None, data={"every": queries.rhythm(db.session, _me())}))


@bp.post("/account/notifications")
@permits(Permission.ACCOUNT)
def save_preferences() -> Any:
    """Save what the user is told, and how."""
    form = PreferencesForm()
    ways = matrix.read(request.form)
    if not form.validate_on_submit() or ways is None:
        return _preferences_page(form), 422
    for kind, way in ways.items():
        operations.prefer(db.session, _me(), kind, way)
    operations.choose_rhythm(db.session, _me(), Frequency(form.every.data))
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for(".preferences"))


def _me() -> int:
    return int(g.viewer.user_id)


def _preferences_page(form: PreferencesForm) -> str:
    return render_template(
        "notifications/preferences.html",
        form=form,
        groups=matrix.groups(queries.ways(db.session, _me())),
        ByMail=ByMail,
    )


@bp.get("/unsubscribe/<token>")
@permits(Permission.BROWSE)
def confirm_unsubscribe(token: str) -> str:
    """Ask whether mails of a kind shall stop: following a link changes nothing, since scanners follow links too."""
    _user, name = _unsubscriber(token)
    return _unsubscribe_page(token, name)


@bp.post("/unsubscribe/<token>")
@permits(Permission.BROWSE)
@csrf.exempt
def unsubscribe(token: str) -> str:
    """Stop mails of a kind. Mail programs post here by themselves (RFC 8058), so without a form of ours."""
    user, name = _unsubscriber(token)
    operations.stop_mails(db.session, user.id, name)
    db.session.commit()
    return _unsubscribe_page(token, name, done=True)


def _unsubscriber(token: str) -> tuple[User, str]:
    named = letters.unsubscriber(token)
    user = named and user_by_public_id(db.session, named[0])
    if not named or not user:
        raise NotPermitted(token)
    return user, named[1]


def _unsubscribe_page(token: str, name: str, *, done: bool = False) -> str:
    label = _("Digest") if name == DIGEST else KINDS[name].label
    return render_template("notifications/unsubscribe.html", label=label, token=token, done=done)


def _back() -> Any:
    return redirect(url_for(".inbox", page=request.form.get("page", type=int)))
