"""The forms of sign-up, sign-in and one's own account."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import current_app, g
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from flask_security import change_email, current_user, hash_password
from flask_security import forms as fs
from flask_security.confirmable import send_confirmation_instructions
from flask_security.recovery_codes import MfRecoveryForm
from flask_security.webauthn import WebAuthnRegisterForm
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from matchmaker.accounts.guard import account_of, guessing, mailing
from matchmaker.accounts.models import INSTEAD_OF_PASSWORD, SECOND_STEP
from matchmaker.accounts.operations import TOKEN_DAYS_MOST, use_code
from matchmaker.accounts.redirects import is_safe
from matchmaker.db import db, reading
from matchmaker.texts import clean_line, clean_text, disguised_word
from matchmaker.translations import LANGUAGES


def not_an_address(_form: FlaskForm, field: Field) -> None:
    """Refuse a name that is a link: the mail that greets by name shall not advertise."""
    if "://" in field.data or "www." in field.data.lower() or "@" in field.data:
        raise ValidationError(_("Type a name, without addresses."))


def undisguised(_form: FlaskForm, field: Field) -> None:
    """Refuse a name in which letters of another alphabet pass for Latin ones: it could look like somebody else's."""
    if word := disguised_word(field.data or ""):
        raise ValidationError(
            _("“%(word)s” mixes letters of two alphabets that look alike. Type it in one.") % {"word": word}
        )


class Within(Length):
    """At most so many characters, without a counter beside the field: for names and other short lines."""

    def __init__(self, most: int) -> None:
        super().__init__(max=most)
        self.field_flags = {}


class Worded:
    """Gives Flask-Security's fields our words and our hints to browsers and password managers."""

    words: ClassVar[dict[str, Any]] = {}
    autocomplete: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, word in self.words.items():
            self[name].label.text = word
        for name, hint in self.autocomplete.items():
            self[name].render_kw = {**(self[name].render_kw or {}), "autocomplete": hint}


class Unlocked:
    """Checks what was typed in a transaction that only reads.

    A password takes a tenth of a second and more to check; on SQLite nobody could write meanwhile.
    """

    def validate(self, **kwargs: Any) -> bool:
        db.session.rollback()
        try:
            with reading():
                return super().validate(**kwargs)
        finally:
            db.session.rollback()


class Known(Unlocked):
    """Checks a password of the user who is signed in, slower with every wrong one."""

    user: Any

    def validate(self, **kwargs: Any) -> bool:
        with guessing("password", f"user {current_user.id}") as guess:
            fine = super().validate(**kwargs)
            guess.was_right = fine
        return fine


class SafeNext:
    """Takes only a path of this site as the page to go on to; anything else is forgotten without a word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.validate_next(self.next)

    def validate_next(self, field: Field) -> None:
        if not is_safe(field.data):
            field.data = ""


class SignInForm(Worded, SafeNext, Unlocked, fs.LoginForm):
    """Address and password."""

    words: ClassVar[dict[str, Any]] = {
        "email": _("E-mail address"),
        "password": _("Password"),
        "remember": _("Stay signed in on this device"),
    }
    autocomplete: ClassVar[dict[str, str]] = {"email": "username"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.password.description = ""

    def validate(self, **kwargs: Any) -> bool:
        with guessing("password", account_of(self.email.data or "")) as guess:
            fine = super().validate(**kwargs)
            guess.was_right = self.user_authenticated
        if not fine and self.user_authenticated:
            # The password was right, so this person may know why it does not go on.
            self.form_errors.extend(self.email.errors)
            self.email.errors = []
            if self.user.suspended_at is not None:
                self.form_errors = [
                    _("This account is suspended. The reason given: %(reason)s")
                    % {"reason": self.user.suspended_reason}
                ]
        return fine


class SignUpForm(Worded, SafeNext, Unlocked, fs.RegisterFormV2):
    """Name, address and a password."""

    words: ClassVar[dict[str, Any]] = {"email": _("E-mail address"), "password": _("Password")}
    autocomplete: ClassVar[dict[str, str]] = {"email": "username"}

    name = StringField(
        _("Your name"),
        filters=[clean_line],
        validators=[DataRequired(_("Type your name.")), Within(120), not_an_address, undisguised],
        render_kw={"autocomplete": "name"},
    )

    def validate(self, **kwargs: Any) -> bool:
        mailing(self.email.data or "")
        return super().validate(**kwargs)

    def to_dict(self, only_user: bool) -> dict[str, Any]:
        """What the account begins with. It goes on in the language it was opened in, so that its mails do as well."""
        spoken = str(get_locale())
        return {**super().to_dict(only_user), "locale": "" if spoken == LANGUAGES[0] else spoken}


class RecoverForm(Worded, Unlocked, fs.ForgotPasswordForm):
    """The address that a link for a new password goes to."""

    words: ClassVar[dict[str, Any]] = {"email": _("E-mail address")}

    def validate(self, **kwargs: Any) -> bool:
        mailing(self.email.data or "")
        fine = super().validate(**kwargs)
        if fine:
            # An unknown address costs a hash (in the view); a known one costs the same.
            hash_password("as long as for an unknown address")
        elif self.requires_confirmation:
            # Whoever has not confirmed yet gets the link to confirm; the page says the same as ever.
            send_confirmation_instructions(self.user)
        return fine


class ConfirmAgainForm(Worded, Unlocked, fs.SendConfirmationForm):
    """The address that a new link for confirmation goes to."""

    words: ClassVar[dict[str, Any]] = {"email": _("E-mail address")}

    def validate(self, **kwargs: Any) -> bool:
        mailing(self.email.data or "")
        fine = super().validate(**kwargs)
        # Beside the cost of a hash it can't be seen whether a mail was written.
        hash_password("the same for every address")
        return fine


class NewPasswordForm(Worded, Unlocked, fs.ResetPasswordForm):
    """A new password after the old one was forgotten."""

    words: ClassVar[dict[str, Any]] = {"password": _("New password"), "password_confirm": _("New password again")}

    def validate(self, **kwargs: Any) -> bool:
        named = self.user.fs_uniquifier
        if not super().validate(**kwargs):
            return False
        # Of two that use the link at the same moment the second finds it used.
        db.session.refresh(self.user, with_for_update=True)
        if self.user.fs_uniquifier != named:
            self.form_errors.append(_("This link was used already or replaced. Ask for a new one."))
            return False
        return True


class ChangePasswordForm(Worded, Known, fs.ChangePasswordForm):
    """A new password instead of the one in use."""

    words: ClassVar[dict[str, Any]] = {
        "password": _("Password you have now"),
        "new_password": _("New password"),
        "new_password_confirm": _("New password again"),
    }

    def validate(self, **kwargs: Any) -> bool:
        # First what costs no guess: whoever looks for a good new password shall not be slowed down by it.
        weak, _normal = current_app.extensions["security"].password_util.validate(
            self.new_password.data or "", False, user=current_user
        )
        if weak and self.new_password.data:
            self.new_password.errors = weak
            return False
        return super().validate(**kwargs)


class VerifyForm(Worded, SafeNext, Known, fs.VerifyForm):
    """The password once more, before something that matters."""

    words: ClassVar[dict[str, Any]] = {"password": _("Password")}


class CodeForm(Worded, Unlocked, fs.TwoFactorVerifyCodeForm):
    """The code that an app shows."""

    words: ClassVar[dict[str, Any]] = {"code": _("Code from your app")}
    autocomplete: ClassVar[dict[str, str]] = {"code": "one-time-code"}

    def validate(self, **kwargs: Any) -> bool:
        with guessing("code", f"user {self.user.id}") as guess:
            guess.was_right = super().validate(**kwargs)
        if guess.was_right and not use_code(db.session, self.user.id, g.pop("code_counter")):
            # Somebody used this very code a moment ago.
            self.code.errors = [_("This code does not fit. Wait for the next one.")]
            return False
        return guess.was_right


class RecoveryCodeForm(Worded, MfRecoveryForm):
    """One of the codes kept for the day the phone is lost."""

    words: ClassVar[dict[str, Any]] = {"code": _("Recovery code")}
    autocomplete: ClassVar[dict[str, str]] = {"code": "off"}

    def validate(self, **kwargs: Any) -> bool:
        with guessing("code", f"user {self.user.id}") as guess:
            guess.was_right = super().validate(**kwargs)
        if not guess.was_right:
            return False
        # Of two that use it at the same moment the second finds it used.
        db.session.refresh(self.user, with_for_update=True)
        return super().validate(**kwargs)


class ChangeEmailForm(Worded, Unlocked, change_email.ChangeEmailForm):
    """Another address for the account."""

    words: ClassVar[dict[str, Any]] = {"email": _("New e-mail address")}

    def validate(self, **kwargs: Any) -> bool:
        mailing(self.email.data or "")
        return super().validate(**kwargs)


class PasskeyForm(Worded, WebAuthnRegisterForm):
    """A passkey to add: its name and what it is for."""

    words: ClassVar[dict[str, Any]] = {"name": _("Name of the passkey"), "usage": _("What it is for")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.usage.choices = [
            (INSTEAD_OF_PASSWORD, _("Sign in with it instead of the password")),
            (SECOND_STEP, _("Ask for it after the password")),
        ]


class MeForm(FlaskForm):
    """What a user says about themselves."""

    name = StringField(
        _("Your name"),
        filters=[clean_line],
        validators=[DataRequired(_("Type your name.")), Within(120), not_an_address, undisguised],
        render_kw={"autocomplete": "name"},
    )
    title = StringField(
        _("What you do"),
        filters=[clean_line],
        validators=[Within(120)],
        render_kw={"autocomplete": "organization-title"},
    )
    locale = SelectField(_("Language of pages and mails"))


class SuspensionForm(FlaskForm):
    """Why somebody is shut out; they read it."""

    reason = TextAreaField(
        _("Reason"),
        filters=[clean_text],
        validators=[DataRequired(_("Say why: the person reads it.")), Length(max=300)],
        render_kw={"rows": 2},
    )


class TokenForm(FlaskForm):
    """A new token for a program."""

    name = StringField(
        _("What it is for"), filters=[clean_line], validators=[DataRequired(_("Give it a name.")), Within(80)]
    )
    days = SelectField(
        _("Valid for"),
        coerce=int,
        default=90,
        choices=[(30, _("30 days")), (90, _("90 days")), (TOKEN_DAYS_MOST, _("One year"))],
    )
    writes = BooleanField(_("It may also act in my name"))
    exports = BooleanField(_("It may also take all data along"))
