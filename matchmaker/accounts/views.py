"""Pages of one's own account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import refresh
from flask_security import current_user, login_user

from matchmaker import audit
from matchmaker.accounts import operations, providers, queries
from matchmaker.accounts.forms import MeForm, TokenForm
from matchmaker.accounts.models import User
from matchmaker.accounts.redirects import is_safe
from matchmaker.accounts.security import ask_again
from matchmaker.audit import Event
from matchmaker.db import db, utcnow
from matchmaker.permissions import NotPermitted, Permission, permits
from matchmaker.texts import clean_line
from matchmaker.translations import LANGUAGES, own_name

bp = Blueprint("accounts", __name__)


def language_cookie() -> str:
    """The name of the cookie that keeps the language somebody chose without an account."""
    return "__Host-language" if current_app.config["SESSION_COOKIE_SECURE"] else "language"


@bp.get("/language/<code>")
@permits(Permission.BROWSE)
def speak(code: str) -> Any:
    """Remember the language chosen for this browser, and go back to the page. It counts until the account has one."""
    if code not in LANGUAGES:
        raise NotPermitted(code)
    back = request.args.get("next")
    answer = redirect(back if is_safe(back) else url_for("home.index"))
    answer.set_cookie(
        language_cookie(),
        code,
        max_age=timedelta(days=365),
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return answer


@bp.get("/account/check-mail")
@permits(Permission.BROWSE)
def check_mail() -> str:
    """What comes after sign-up: look into the mailbox."""
    return render_template("accounts/check_mail.html")


def me_form(user: User, **given: Any) -> MeForm:
    """What a user says of themselves, with the languages to choose from."""
    form = MeForm(obj=user, **given)
    spoken = [(language, own_name(language)) for language in LANGUAGES]
    form.locale.choices = [("", _("As my browser asks for")), *spoken]
    return form


@bp.get("/account")
@permits(Permission.ACCOUNT)
def me() -> str:
    """The account: name, title, language, and where to go from here."""
    return render_template("accounts/me.html", form=me_form(current_user))


@bp.post("/account")
@permits(Permission.ACCOUNT)
def update_me() -> Any:
    """Save name, title and language."""
    form = me_form(current_user)
    if not form.validate_on_submit():
        return render_template("accounts/me.html", form=form), 422
    operations.update_me(
        current_user._get_current_object(), name=form.name.data, title=form.title.data, locale=form.locale.data
    )
    db.session.commit()
    # What is said from here on is said in the language that was just chosen.
    refresh()
    flash(_("Saved."))
    return redirect(url_for(".me"))


@bp.get("/account/second-step")
@permits(Permission.ACCOUNT)
def second_step() -> str:
    """What is asked for beside the password, and what replaces it."""
    return render_template(
        "accounts/second_step.html",
        connected=queries.issuers_of(db.session, g.viewer.user_id),
        passkeys=current_user.webauthn,
        codes_left=len(current_user.mf_recovery_codes or ()),
    )


@bp.get("/account/sign-ins")
@permits(Permission.ACCOUNT)
def sign_ins() -> str:
    """Where one is signed in."""
    return render_template(
        "accounts/sign_ins.html",
        sign_ins=queries.sign_ins_of(db.session, g.viewer.user_id),
        here=queries.sign_in_for_cookie(db.session, g.sign_in),
    )


@bp.post("/account/sign-ins/<public_id>/end")
@permits(Permission.ACCOUNT)
def end_sign_in(public_id: str) -> Any:
    """Sign out on one other device."""
    ended = queries.sign_in_or_refuse(db.session, public_id, g.viewer.user_id)
    if again := ask_again(url_for(".sign_ins")):
        return again
    operations.end_sign_ins(db.session, g.viewer.user_id, only=ended.id)
    audit.record(db.session, Event.SIGNED_OUT, actor_id=g.viewer.user_id, thing=ended)
    db.session.commit()
    flash(_("That device is signed out."))
    return redirect(url_for(".sign_ins"))


@bp.post("/account/sign-ins/end-others")
@permits(Permission.ACCOUNT)
def end_other_sign_ins() -> Any:
    """Sign out everywhere but here."""
    if again := ask_again(url_for(".sign_ins")):
        return again
    operations.end_sign_ins(db.session, g.viewer.user_id, besides=g.sign_in)
    audit.record(db.session, Event.SIGN_INS_ENDED, actor_id=g.viewer.user_id, thing=current_user)
    db.session.commit()
    flash(_("Every other device is signed out."))
    return redirect(url_for(".sign_ins"))


@bp.get("/account/tokens")
@permits(Permission.ACCOUNT)
def tokens() -> str:
    """The tokens of one's programs."""
    return _tokens_page(TokenForm())


@bp.post("/account/tokens")
@permits(Permission.ACCOUNT)
def create_token() -> Any:
    """Make a token and show it this once."""
    if again := ask_again(url_for(".tokens")):
        return again
    form = TokenForm()
    if not form.validate_on_submit():
        return _tokens_page(form), 422
    try:
        _token, raw = operations.create_token(
            db.session,
            current_user._get_current_object(),
            name=form.name.data,
            days=form.days.data,
            writes=form.writes.data,
            exports=form.exports.data,
        )
    except operations.TooManyTokens:
        flash(_("You have %(number)s valid tokens. Revoke one first.", number=operations.TOKENS_MOST), "error")
        return _tokens_page(form), 409
    db.session.commit()
    # Shown in the answer itself: a redirect would have to keep it somewhere.
    return _tokens_page(TokenForm(formdata=None), raw=raw)


@bp.post("/account/tokens/<public_id>/revoke")
@permits(Permission.ACCOUNT)
def revoke_token(public_id: str) -> Any:
    """Make a token worthless."""
    token = queries.token_or_refuse(db.session, public_id, g.viewer.user_id)
    operations.revoke_token(db.session, token)
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


# Signing in through a provider.


def _provider(key: str) -> providers.Provider:
    provider = providers.find(key)
    if provider is None:
        raise NotPermitted(key)
    return provider


@bp.get("/sign-in/with/<provider>")
@permits(Permission.BROWSE)
def go_to(provider: str) -> Any:
    """Leave for the provider: to sign in, or, for who is signed in and said so a moment ago, to connect the two."""
    chosen = _provider(provider)
    if g.viewer.signed_in and session.get("connecting") != provider:
        return redirect(url_for(".second_step"))
    if not g.viewer.signed_in:
        session.pop("connecting", None)
        asked = request.args.get("next")
        session["after_provider"] = asked if is_safe(asked) else ""
    try:
        return providers.leave_for(chosen)
    except providers.ProviderFailed:
        return _provider_failed(chosen)


def _provider_failed(provider: providers.Provider) -> Any:
    flash(
        _("%(provider)s could not tell who you are. Try again, or sign in another way.", provider=provider.label),
        "error",
    )
    return redirect(url_for(".second_step") if g.viewer.signed_in else url_for("security.login"))


@bp.get("/sign-in/with/<provider>/back")
@permits(Permission.BROWSE)
def come_back(provider: str) -> Any:
    """Back from the provider: connect, sign in, or open an account for an address nobody uses here."""
    chosen = _provider(provider)
    connecting = session.pop("connecting", None) == provider
    # The provider is asked while no lock is held.
    db.session.rollback()
    try:
        claims = providers.who_came_back(chosen)
    except providers.ProviderFailed:
        return _provider_failed(chosen)
    if g.viewer.signed_in:
        return _connect(chosen, claims) if connecting else redirect(url_for(".second_step"))
    user = queries.user_of_identity(db.session, claims.issuer, claims.subject)
    if user is None:
        address = _free_address(claims.email)
        if address is None:
            flash(
                _(
                    "Nobody here has connected this %(provider)s account. Sign in or create an account first, then "
                    "connect it under “Second step” of your account.",
                    provider=chosen.label,
                ),
                "error",
            )
            return redirect(url_for("security.login"))
        user = operations.create_user(db.session, email=address, name=clean_line(claims.name)[:120], password_hash=None)
        operations.connect(db.session, user, issuer=claims.issuer, subject=claims.subject)
    if not user.active:
        flash(_("This account is closed. Ask your cluster manager."), "error")
        return redirect(url_for("security.login"))
    follow = session.pop("after_provider", "") or url_for("clusters.arrive")
    second = current_app.extensions["security"].two_factor_plugins.tf_enter(user, False, "oauth", next_loc=follow)
    if second is None:
        login_user(user, remember=False, authn_via=["oauth"])
    db.session.commit()
    return second or redirect(follow)


def _free_address(vouched: str) -> str | None:
    """The address a provider vouches for, where it is one and no account uses it."""
    try:
        address: str = current_app.extensions["security"].mail_util.validate(vouched)
    except ValueError:
        return None
    return None if queries.user_by_email(db.session, address) else address


def _connect(provider: providers.Provider, claims: providers.Claims) -> Any:
    try:
        operations.connect(db.session, current_user._get_current_object(), issuer=claims.issuer, subject=claims.subject)
    except operations.Connected:
        flash(_("This %(provider)s account signs somebody else in here.", provider=provider.label), "error")
        return redirect(url_for(".second_step"))
    db.session.commit()
    flash(_("%(provider)s signs you in from now on.", provider=provider.label))
    return redirect(url_for(".second_step"))


@bp.post("/account/providers/<provider>/connect")
@permits(Permission.ACCOUNT)
def connect_provider(provider: str) -> Any:
    """Begin to connect a provider; the page that answers leads there, since forms may not leave this site."""
    chosen = _provider(provider)
    if again := ask_again(url_for(".second_step")):
        return again
    session["connecting"] = provider
    return render_template("accounts/connect.html", provider=chosen)


@bp.post("/account/providers/<provider>/disconnect")
@permits(Permission.ACCOUNT)
def disconnect_provider(provider: str) -> Any:
    """Let a provider sign one in no more."""
    chosen = _provider(provider)
    operations.disconnect(db.session, current_user._get_current_object(), chosen.issuer)
    db.session.commit()
    flash(_("%(provider)s does not sign you in any more.", provider=chosen.label))
    return redirect(url_for(".second_step"))
