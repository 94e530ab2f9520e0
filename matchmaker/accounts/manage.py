"""The platform admin's page of users: who can sign in, who is suspended and why."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from matchmaker import audit, sheets
from matchmaker.accounts import notifications, operations, queries
from matchmaker.accounts.exports import USER
from matchmaker.accounts.forms import SuspensionForm
from matchmaker.accounts.models import User
from matchmaker.accounts.security import ask_again
from matchmaker.accounts.views import bp
from matchmaker.audit import Event
from matchmaker.db import db
from matchmaker.paging import paginate
from matchmaker.permissions import NotPermitted, Permission, permits


@bp.get("/users")
@permits(Permission.ADMINISTER)
def users() -> str:
    """Every user of the installation."""
    return _page(SuspensionForm())


def _page(form: SuspensionForm, suspending: User | None = None) -> str:
    words = _words()

    def url(number: int) -> str:
        return url_for("accounts.users", q=words or None, page=number if number > 1 else None)

    page = paginate(db.session, queries.users(words), request.args.get("page", 1, type=int), url, size=50)
    return render_template(
        "accounts/users.html",
        users=[suspending] if suspending else page.items,
        page=page,
        words=words,
        form=form,
        suspending=suspending,
    )


def _words() -> str:
    return request.args.get("q", "")[:200]


@bp.get("/users.<file:format>")
@permits(Permission.ADMINISTER)
def users_file(format: sheets.Format) -> Response:
    """The users that the page lists, as a file."""
    return sheets.answer("users", format, USER, db.session.scalars(queries.users(_words()).limit(sheets.MOST_ROWS)))


def _other(public_id: str) -> User:
    """A user who is not the one who acts: nobody shuts themselves out."""
    user = queries.user_or_refuse(db.session, public_id)
    if user.id == g.viewer.user_id:
        raise NotPermitted(public_id)
    return user


@bp.post("/users/<public_id>/suspend")
@permits(Permission.ADMINISTER)
def suspend(public_id: str) -> Any:
    """Shut a user out, with a reason they read."""
    user = _other(public_id)
    if again := ask_again(url_for("accounts.users", q=user.email)):
        return again
    form = SuspensionForm()
    if not form.validate():
        return _page(form, suspending=user), 422
    operations.suspend(db.session, user, form.reason.data, by=g.viewer.user_id)
    notifications.tell_of_suspension(db.session, user)
    db.session.commit()
    flash(_("%(name)s is suspended and signed out everywhere.", name=user.display_name))
    return redirect(url_for("accounts.users", q=user.email))


@bp.post("/users/<public_id>/reinstate")
@permits(Permission.ADMINISTER)
def reinstate(public_id: str) -> Any:
    """Let a suspended user in again."""
    user = _other(public_id)
    if user.suspended_at is not None:
        operations.reinstate(db.session, user, by=g.viewer.user_id)
        db.session.commit()
        flash(_("%(name)s can sign in again.", name=user.display_name))
    return redirect(url_for("accounts.users", q=user.email))


@bp.post("/users/<public_id>/end-sign-ins")
@permits(Permission.ADMINISTER)
def end_sign_ins_of(public_id: str) -> Any:
    """Sign a user out on every device."""
    user = _other(public_id)
    operations.end_sign_ins(db.session, user.id)
    audit.record(db.session, Event.SIGN_INS_ENDED, actor_id=g.viewer.user_id, thing=user)
    db.session.commit()
    flash(_("%(name)s is signed out everywhere.", name=user.display_name))
    return redirect(url_for("accounts.users", q=user.email))
