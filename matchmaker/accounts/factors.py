"""The second step of a sign-in: codes of an app, recovery codes, passkeys; Flask-Security's, made stricter.

A code counts once, whoever sends it twice at the same moment. Recovery codes are shown once and kept as keyed hashes.
A passkey that stands for the password has to ask for a finger, a face or a PIN, so that it is two factors by itself.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any

from flask import Flask, g
from flask_security.recovery_codes import MfRecoveryCodesUtil
from flask_security.totp import Totp
from flask_security.webauthn_util import WebauthnUtil
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from matchmaker.accounts.models import INSTEAD_OF_PASSWORD, User

#: How many recovery codes there are.
RECOVERY_CODES = 10


def seed_key(pepper: str) -> dict[str, str]:
    """The key that seeds are encrypted with, as Flask-Security wants it; it follows from the pepper."""
    return {"1": hmac.new(pepper.encode(), b"seeds of second factors", sha256).hexdigest()}


class Codes(Totp):
    """Codes of an app. Which period a right code is of is kept for the form, which lets it count once."""

    def get_last_counter(self, user: User) -> int | None:
        """The period of the last code that counted."""
        return user.code_counter

    def set_last_counter(self, user: User, tmatch: Any) -> None:
        """Keep the period of a right code until the form claims it."""
        g.code_counter = tmatch.counter


class RecoveryCodes(MfRecoveryCodesUtil):
    """Codes for the day the phone is lost: shown when they are made, kept as keyed hashes, each good once."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self._key = app.extensions["settings"].pepper.encode()

    def _encrypt_codes(self, codes: list[str]) -> list[str]:
        return [self._hash(code) for code in codes]

    def get_recovery_codes(self, user: User) -> list[str]:
        """None: what is kept can't be shown."""
        return []

    def check_recovery_code(self, user: User, code: str) -> bool:
        """Whether the code is one of those left."""
        return any(hmac.compare_digest(self._hash(code), kept) for kept in user.mf_recovery_codes or ())

    def delete_recovery_code(self, user: User, code: str) -> bool:
        """Take a code out of those left."""
        used = self._hash(code)
        user.mf_recovery_codes = [kept for kept in user.mf_recovery_codes or () if kept != used]
        return True

    def _hash(self, code: str) -> str:
        plain = "".join(code.lower().split()).replace("-", "")
        return hmac.new(self._key, f"recovery code {plain}".encode(), sha256).hexdigest()


class Passkeys(WebauthnUtil):
    """Which keys are taken: those that find their user by themselves and ask for a finger or PIN, or plain ones."""

    def authenticator_selection(self, user: User, usage: str) -> AuthenticatorSelectionCriteria:
        """What a new key has to be able to do for its use."""
        alone = usage == INSTEAD_OF_PASSWORD
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED if alone else ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.REQUIRED
            if alone
            else UserVerificationRequirement.DISCOURAGED,
        )

    def user_verification(self, user: User | None, usage: list[str]) -> UserVerificationRequirement:
        """A key that stands for the password has to ask for a finger or PIN each time."""
        if usage == [INSTEAD_OF_PASSWORD]:
            return UserVerificationRequirement.REQUIRED
        return UserVerificationRequirement.DISCOURAGED
