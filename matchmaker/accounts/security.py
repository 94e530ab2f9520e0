"""Sign-up, sign-in, confirmation and recovery: Flask-Security, set up for this product.

Its pages are ours (``templates/security``), its mails go through the outbox, and a session counts only as long as its
row in ``sign_in`` has not ended: signing out really ends it, a copy of the cookie is worth nothing afterwards.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Flask, Response, abort, current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import user_logged_in, user_logged_out
from flask_security import (
    Security,
    change_email_confirmed,
    password_changed,
    password_reset,
    tf_disabled,
    tf_profile_changed,
    wan_deleted,
    wan_registered,
)
from flask_security.babel import FsDomain
from flask_security.datastore import FSQLALiteUserDatastore
from flask_security.utils import check_and_update_authn_fresh
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.accounts import forms, links, operations, providers, queries
from matchmaker.accounts.factors import RECOVERY_CODES, Codes, Passkeys, RecoveryCodes, seed_key
from matchmaker.accounts.models import Passkey, Role, User
from matchmaker.accounts.notifications import Mails, tell_of_move
from matchmaker.accounts.passwords import SHORTEST, Passwords, TakingTurns
from matchmaker.accounts.redirects import is_safe
from matchmaker.audit import Event
from matchmaker.config import Settings
from matchmaker.db import db, utcnow, writing

#: For how long a typed password is enough for what matters, and how much longer while that is being used.
FRESHNESS, GRACE = timedelta(minutes=30), timedelta(minutes=10)

#: Longer than anything the forms of these pages carry: passwords, tokens, what a passkey says.
FIELD_LONGEST = 20_000

datastore = FSQLALiteUserDatastore(db, User, Role, Passkey)


def _(text: str) -> str:
    """Marks a text for translation; Flask-Security asks for the translation when it shows it."""
    return text


MESSAGES = {
    "CONFIRM_REGISTRATION": (_("We have sent a mail to %(email)s."), "success"),
    "EMAIL_CONFIRMED": (_("Your address is confirmed. Sign in to go on."), "success"),
    "ALREADY_CONFIRMED": (_("This address is confirmed already. Sign in to go on."), "info"),
    "INVALID_CONFIRMATION_TOKEN": (_("This link is not complete or was replaced. Ask for a new one here."), "error"),
    "CONFIRMATION_EXPIRED": (_("This link was valid for %(within)s. Ask for a new one here."), "error"),
    "CONFIRMATION_REQUEST": (
        _("If %(email)s waits for confirmation, a new link is on its way to it."),
        "info",
    ),
    "CONFIRMATION_REQUIRED": (
        _("Your address is not confirmed yet. Open the link in our mail, or ask for a new one below."),
        "error",
    ),
    "GENERIC_AUTHN_FAILED": (_("Address and password do not fit together. Check both and try again."), "error"),
    "PASSWORD_RESET_REQUEST": (
        _("If %(email)s belongs to an account, a link for a new password is on its way to it."),
        "info",
    ),
    "PASSWORD_RESET_EXPIRED": (_("This link was valid for %(within)s. Ask for a new one here."), "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (_("This link was used already or replaced. Ask for a new one here."), "error"),
    "PASSWORD_RESET_NO_LOGIN": (_("Your new password is set, every device is signed out. Sign in with it."), "success"),
    "PASSWORD_CHANGE": (_("Your new password is set. Every other device is signed out."), "success"),
    "PASSWORD_IS_THE_SAME": (_("This is the password you have. Choose another one."), "error"),
    "RETYPE_PASSWORD_MISMATCH": (_("The two passwords differ."), "error"),
    "PASSWORD_NOT_PROVIDED": (_("Type a password."), "error"),
    "INVALID_PASSWORD": (_("This is not your password."), "error"),
    "EMAIL_NOT_PROVIDED": (_("Type your e-mail address."), "error"),
    "INVALID_EMAIL_ADDRESS": (_("This does not look like an e-mail address: expected name@organisation.org."), "error"),
    "DISABLED_ACCOUNT": (_("This account is closed. Ask your cluster manager."), "error"),
    "UNAUTHENTICATED": (_("Sign in to see this page."), "info"),
    "REAUTHENTICATION_REQUIRED": (_("Type your password again to go on."), "info"),
    "REAUTHENTICATION_SUCCESSFUL": (_("Thank you."), "success"),
    "CHANGE_EMAIL_SENT": (_("We have sent a link to %(email)s. The address changes when you open it."), "info"),
    "CHANGE_EMAIL_EXPIRED": (_("This link was valid for %(within)s. Ask for a new one."), "error"),
    "CHANGE_EMAIL_CONFIRMED": (_("Your new address is confirmed. Sign in with it."), "success"),
    "API_ERROR": (_("This link or answer is not complete, or was used already. Start again."), "error"),
    "TWO_FACTOR_INVALID_TOKEN": (_("This code does not fit. Wait for the next one."), "error"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (_("You are signed in."), "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (
        _("From now on a code from your app is asked for after the password. Make recovery codes next."),
        "success",
    ),
    "TWO_FACTOR_DISABLED": (_("No code is asked for any more."), "success"),
    "TWO_FACTOR_PERMISSION_DENIED": (_("Sign in from the beginning."), "error"),
    "TWO_FACTOR_SETUP_EXPIRED": (_("That took longer than %(within)s. Start again."), "error"),
    "INVALID_RECOVERY_CODE": (_("This is none of your recovery codes, or it was used already."), "error"),
    "WEBAUTHN_NAME_REQUIRED": (_("Give the passkey a name."), "error"),
    "WEBAUTHN_NAME_INUSE": (_("You have a passkey called “%(name)s” already."), "error"),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": (_("Use letters, digits, spaces and dashes."), "error"),
    "WEBAUTHN_NAME_NOT_FOUND": (_("You have no passkey called “%(name)s”."), "error"),
    "WEBAUTHN_REGISTER_SUCCESSFUL": (_("“%(name)s” is added."), "success"),
    "WEBAUTHN_CREDENTIAL_DELETED": (_("“%(name)s” is removed."), "success"),
    "WEBAUTHN_EXPIRED": (_("That took longer than %(within)s. Start again."), "error"),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": (_("This passkey does not fit. Use another one, or the password."), "error"),
    "WEBAUTHN_MISMATCH_USER_HANDLE": (_("This passkey does not fit. Use another one, or the password."), "error"),
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": (_("This passkey does not fit. Use another one, or the password."), "error"),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": (_("This passkey does not fit. Use another one, or the password."), "error"),
    "WEBAUTHN_NO_VERIFY": (_("This passkey does not fit. Use another one, or the password."), "error"),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": (_("This passkey is in use already."), "error"),
    "ANONYMOUS_USER_REQUIRED": (_("You are signed in already."), "info"),
}


class Words(FsDomain):
    """Translations of what Flask-Security says: ours where we have one, else its own."""

    def gettext(self, string: str, **variables: Any) -> str:
        """The text in the language of the page, filled in."""
        ours = gettext(string)
        if ours == string:
            return super().gettext(string, **variables)
        return ours % variables if variables else ours


def init_app(app: Flask) -> None:
    """Bind Flask-Security with our tables and rules."""
    settings: Settings = app.extensions["settings"]
    defaults = {
        "SECURITY_PASSWORD_HASH": "argon2",
        # argon2 salts by itself; this is mixed in before it, so that a stolen table alone can't be guessed at.
        "SECURITY_PASSWORD_SALT": settings.pepper,
        "SECURITY_PASSWORD_LENGTH_MIN": SHORTEST,
        # Ties links in mails to the address or the password as it is. What is hashed is random or known to the reader
        # of the mail, so a slow hash would only show by its time that there is an account.
        "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
        "SECURITY_REGISTERABLE": True,
        "SECURITY_USE_REGISTER_V2": True,
        "SECURITY_PASSWORD_CONFIRM_REQUIRED": False,
        "SECURITY_CONFIRMABLE": True,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_CHANGE_EMAIL": True,
        "SECURITY_CHANGE_EMAIL_WITHIN": timedelta(hours=2),
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        # Seconds by which an app's clock may differ.
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TOTP_SECRETS": seed_key(settings.pepper),
        "SECURITY_TOTP_ISSUER": "matchmaker",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": RECOVERY_CODES,
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_RP_NAME": "matchmaker",
        # Nobody types an address before a passkey, so none can be asked about.
        "SECURITY_WAN_ALLOW_USER_HINTS": False,
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        # Mails are written by ``Mails``, from our own templates.
        "SECURITY_EMAIL_PLAINTEXT": False,
        "SECURITY_EMAIL_HTML": False,
        "SECURITY_CONFIRM_EMAIL_WITHIN": timedelta(days=2),
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=1),
        # What matters asks for the password again once so much time has passed, and a little later while it is used.
        "SECURITY_FRESHNESS": FRESHNESS,
        "SECURITY_FRESHNESS_GRACE_PERIOD": GRACE,
        "SECURITY_AUTO_LOGIN_AFTER_CONFIRM": False,
        "SECURITY_DATETIME_FACTORY": utcnow,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        # Our own commands do this work (``matchmaker users``).
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_REGISTER_URL": "/sign-up",
        "SECURITY_RESET_URL": "/recover",
        "SECURITY_CONFIRM_URL": "/confirm",
        "SECURITY_CHANGE_URL": "/account/password",
        "SECURITY_VERIFY_URL": "/account/verify",
        "SECURITY_CHANGE_EMAIL_URL": "/account/email",
        "SECURITY_CHANGE_EMAIL_CONFIRM_URL": "/account/email",
        "SECURITY_TWO_FACTOR_SETUP_URL": "/account/app",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
        "SECURITY_TWO_FACTOR_RESCUE_URL": "/sign-in/rescue",
        "SECURITY_TWO_FACTOR_SELECT_URL": "/sign-in/second-step",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery-code",
        "SECURITY_WAN_REGISTER_URL": "/account/passkeys",
        "SECURITY_WAN_DELETE_URL": "/account/passkeys/delete",
        "SECURITY_WAN_VERIFY_URL": "/account/verify/passkey",
        "SECURITY_WAN_SIGNIN_URL": "/sign-in/passkey",
        "SECURITY_POST_LOGIN_VIEW": "clusters.arrive",
        "SECURITY_POST_REGISTER_VIEW": "accounts.check_mail",
        "SECURITY_POST_CONFIRM_VIEW": "security.login",
        "SECURITY_POST_CHANGE_VIEW": "accounts.me",
        "SECURITY_POST_CHANGE_EMAIL_VIEW": "security.login",
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "accounts.second_step",
        "SECURITY_WAN_POST_REGISTER_VIEW": "accounts.second_step",
        "REMEMBER_COOKIE_DURATION": operations.SIGN_IN_LASTS,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        **{f"SECURITY_MSG_{key}": value for key, value in MESSAGES.items()},
    }
    for key, value in defaults.items():
        app.config.setdefault(key, value)
    security = Security(
        app,
        datastore,
        login_form=forms.SignInForm,
        register_form=forms.SignUpForm,
        forgot_password_form=forms.RecoverForm,
        send_confirmation_form=forms.ConfirmAgainForm,
        reset_password_form=forms.NewPasswordForm,
        change_password_form=forms.ChangePasswordForm,
        verify_form=forms.VerifyForm,
        change_email_form=forms.ChangeEmailForm,
        two_factor_verify_code_form=forms.CodeForm,
        mf_recovery_form=forms.RecoveryCodeForm,
        wan_register_form=forms.PasskeyForm,
        totp_cls=Codes,
        mf_recovery_codes_util_cls=RecoveryCodes,
        webauthn_util_cls=Passkeys,
        password_util_cls=Passwords,
        mail_util_cls=Mails,
    )
    security.i18n_domain = Words(app)
    links.init_app(app)
    providers.init_app(app, settings)
    security.pwd_context = TakingTurns(security.pwd_context, waiting=max(1, settings.threads // 2))
    # The pages are for people; programs use tokens under /api.
    security.want_json(lambda _request: False)
    manager = app.login_manager  # type: ignore[attr-defined]
    manager.user_loader(_user_of_cookie)
    manager.request_loader(lambda _request: None)
    user_logged_in.connect(_begin, app)
    user_logged_out.connect(_end, app)
    change_email_confirmed.connect(_move, app)
    _put_on_record(app)
    app.before_request(_refuse_nonsense)
    app.after_request(_renew)
    app.after_request(_keep_at_home)


def ask_again(back: str) -> Any:
    """Where somebody who typed the password too long ago has to go first, on the way to ``back``; else None."""
    if check_and_update_authn_fresh(FRESHNESS, GRACE, "session"):
        return None
    flash(gettext("Type your password again to go on."))
    return redirect(url_for("security.verify", next=back))


def _user_of_cookie(value: str) -> User | None:
    sign_in = queries.sign_in_for_cookie(db.session, value)
    if sign_in is None:
        return None
    user = sign_in.user
    if sign_in.last_seen_at < utcnow() - operations.SEEN_EVERY:
        # A session of its own, since this request may be one that only reads; ours must hold no lock meanwhile. When
        # the database is busy, the next request will note it.
        db.session.rollback()
        with suppress(OperationalError), writing(), Session(db.engine) as writer:
            operations.note_seen(writer, value)
            writer.commit()
    g.fs_authn_via = "session"
    g.fs_paa = session.get("fs_paa", 0)
    g.sign_in = value
    return user


def _begin(_app: Flask, user: User) -> None:
    g.sign_in = operations.begin_sign_in(
        db.session,
        user,
        user_agent=request.user_agent.string,
        remembered=session.get("_remember") == "set",
    )
    audit.record(db.session, Event.SIGNED_IN, actor_id=user.id, thing=user)
    # Flask-Login writes this value into the session and the remembering cookie alike.
    session["_user_id"] = g.sign_in


def _end(_app: Flask, user: User) -> None:
    value = g.pop("sign_in", None)
    if value is not None:
        operations.end_sign_in(db.session, value)
        audit.record(db.session, Event.SIGNED_OUT, actor_id=user.id, thing=user)
        db.session.commit()


def _move(_app: Flask, user: User, old_email: str, **_more: Any) -> None:
    """After a change of address everybody signs in anew, and the old address is told."""
    operations.end_all_sign_ins(db.session, user)
    audit.record(db.session, Event.EMAIL_CHANGED, actor_id=user.id, thing=user)
    tell_of_move(db.session, user, old_email)


#: What Flask-Security says happened, and how it is put on record.
RECORDED = {
    password_changed: (Event.PASSWORD_CHANGED, "changed"),
    password_reset: (Event.PASSWORD_CHANGED, "reset"),
    tf_profile_changed: (Event.FACTOR_CHANGED, "app-on"),
    tf_disabled: (Event.FACTOR_CHANGED, "app-off"),
    wan_registered: (Event.FACTOR_CHANGED, "passkey-added"),
    wan_deleted: (Event.FACTOR_CHANGED, "passkey-removed"),
}


def _put_on_record(app: Flask) -> None:
    """Have the trail tell of passwords and second steps that changed."""
    for signal, (event, change) in RECORDED.items():

        def keep(_app: Flask, user: User, event: Event = event, change: str = change, **_more: Any) -> None:
            audit.record(db.session, event, actor_id=user.id, thing=user, facts={"change": change})

        signal.connect(keep, app, weak=False)


def _renew(response: Response) -> Response:
    """Whoever has just typed the password again goes on under another key: a copy of the cookie is worth nothing."""
    if "sign_in" in g and session.get("fs_paa", 0) > g.get("fs_paa", 0) and session.get("_user_id") == g.sign_in:
        g.sign_in = session["_user_id"] = operations.renew_sign_in(db.session, g.sign_in)
        db.session.commit()
        if current_app.config["REMEMBER_COOKIE_NAME"] in request.cookies:
            session["_remember"] = "set"
    return response


def _refuse_nonsense() -> None:
    """Refuse what our forms never send, before anything works through it."""
    if request.blueprint != "security":
        return
    if request.endpoint == "security.two_factor_rescue":
        # Recovery codes are the rescue here; Flask-Security's would send mails.
        abort(404)
    if request.endpoint == "security.two_factor_token_validation" and g.viewer.signed_in:
        # Who is in needs no code; Flask-Security would sign them out, and so would any link to this address.
        abort(404)
    if request.is_json:
        abort(415)
    if any(len(values) > 1 or len(values[0]) > FIELD_LONGEST for values in request.form.to_dict(flat=False).values()):
        abort(400)


def _keep_at_home(response: Response) -> Response:
    """The last gate against being led to another site: sign-in pages redirect to paths of this one only."""
    if request.blueprint == "security":
        response.headers["Cache-Control"] = "no-store"
        if response.location is not None:
            response.location = _without_unsafe_next(response.location)
            asked = request.values.get("next") or "/"
            if not is_safe(asked) or not is_safe(response.location):
                response.location = "/"
        if request.endpoint == "security.logout":
            response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _without_unsafe_next(location: str) -> str:
    """The address without a ``next`` that leads elsewhere; Flask-Security puts whole addresses there."""
    parts = urlsplit(location)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != "next" or is_safe(value)]
    return urlunsplit(parts._replace(query=urlencode(kept, safe="/")))
