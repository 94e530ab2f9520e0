"""Pages of one's own account."""

from __future__ import annotations

from typing import Any

from babel import Locale
from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker.accounts import operations, queries
from matchmaker.accounts.forms import MeForm, TokenForm
from matchmaker.db import db, utcnow
from matchmaker.mail.letters import LANGUAGES
from matchmaker.permissions import Permission, permits

bp = Blueprint("accounts", __name__, url_prefix="/account")


@bp.get("/check-mail")
@permits(Permission.BROWSE)
def check_mail() -> str:
    """What comes after sign-up: look into the mailbox."""
    return render_template("accounts/check_mail.html")


def _me_form() -> MeForm:
    form = MeForm(obj=current_user)
    spoken = [(language, Locale(language).get_display_name().capitalize()) for language in LANGUAGES]
    form.locale.choices = [("", _("As my browser asks for")), *spoken]
    return form


@bp.get("")
@permits(Permission.ACCOUNT)
def me() -> str:
    """The account: name, title, language, and where to go from here."""
    return render_template("accounts/me.html", form=_me_form())


@bp.post("")
@permits(Permission.ACCOUNT)
def update_me() -> Any:
    """Save name, title and language."""
    form = _me_form()
    if not form.validate_on_submit():
        return render_template("accounts/me.html", form=form), 422
    operations.update_me(
        current_user._get_current_object(), name=form.name.data, title=form.title.data, locale=form.locale.data
    )
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for(".me"))


@bp.get("/second-step")
@permits(Permission.ACCOUNT)
def second_step() -> str:
    """What is asked for beside the password, and what replaces it."""
    return render_template(
        "accounts/second_step.html",
        passkeys=current_user.webauthn,
        codes_left=len(current_user.mf_recovery_codes or ()),
    )


@bp.get("/sign-ins")
@permits(Permission.ACCOUNT)
def sign_ins() -> str:
    """Where one is signed in."""
    return render_template(
        "accounts/sign_ins.html",
        sign_ins=queries.sign_ins_of(db.session, g.viewer.user_id),
        here=queries.sign_in_for_cookie(db.session, g.sign_in),
    )


@bp.post("/sign-ins/<public_id>/end")
@permits(Permission.ACCOUNT)
def end_sign_in(public_id: str) -> Any:
    """Sign out on one other device."""
    ended = queries.sign_in_or_refuse(db.session, public_id, g.viewer.user_id)
    operations.end_sign_ins(db.session, g.viewer.user_id, only=ended.id)
    db.session.commit()
    flash(_("That device is signed out."))
    return redirect(url_for(".sign_ins"))


@bp.post("/sign-ins/end-others")
@permits(Permission.ACCOUNT)
def end_other_sign_ins() -> Any:
    """Sign out everywhere but here."""
    operations.end_sign_ins(db.session, g.viewer.user_id, besides=g.sign_in)
    db.session.commit()
    flash(_("Every other device is signed out."))
    return redirect(url_for(".sign_ins"))


@bp.get("/tokens")
@permits(Permission.ACCOUNT)
def tokens() -> str:
    """The tokens of one's programs."""
    return _tokens_page(TokenForm())


@bp.post("/tokens")
@permits(Permission.ACCOUNT)
def create_token() -> Any:
    """Make a token and show it this once."""
    form = TokenForm()
    if not form.validate_on_submit():
        return _tokens_page(form), 422
    try:
        _token, raw = operations.create_token(
            db.session, current_user._get_current_object(), name=form.name.data, days=form.days.data
        )
    except operations.TooManyTokens:
        flash(_("You have %(number)s valid tokens. Revoke one first.", number=operations.TOKENS_MOST), "error")
        return _tokens_page(form), 409
    db.session.commit()
    # Shown in the answer itself: a redirect would have to keep it somewhere.
    return _tokens_page(TokenForm(formdata=None), raw=raw)


@bp.post("/tokens/<public_id>/revoke")
@permits(Permission.ACCOUNT)
def revoke_token(public_id: str) -> Any:
    """Make a token worthless."""
    token = queries.token_or_refuse(db.session, public_id, g.viewer.user_id)
    operations.revoke_token(token)
    db.session.commit()
    flash(_("“%(name)s” is revoked. Programs that use it are refused from now on.", name=token.name))
    return redirect(url_for(".tokens"))


def _tokens_page(form: TokenForm, raw: str | None = None) -> str:
    return render_template(
        "accounts/tokens.html",
        form=form,
        tokens=queries.tokens_of(db.session, g.viewer.user_id),
        raw=raw,
        now=utcnow(),
    )
