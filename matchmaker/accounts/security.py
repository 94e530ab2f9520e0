"""Sign-up, sign-in, confirmation and recovery: Flask-Security, set up for this product."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_security.datastore import FSQLALiteUserDatastore

from matchmaker.accounts.models import Role, User
from matchmaker.db import db, utcnow
from matchmaker.extensions import security

datastore = FSQLALiteUserDatastore(db, User, Role)


def init_app(app: Flask) -> None:
    """Bind Flask-Security with our tables and rules."""
    defaults = {
        "SECURITY_PASSWORD_HASH": "argon2",
        # argon2 salts by itself; this key is mixed in before it, so that a stolen table alone can't be guessed at.
        "SECURITY_PASSWORD_SALT": app.config["SECRET_KEY"],
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_REGISTERABLE": True,
        "SECURITY_USE_REGISTER_V2": True,
        "SECURITY_CONFIRMABLE": True,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SECURITY_CONFIRM_EMAIL_WITHIN": timedelta(days=2),
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=1),
        "SECURITY_AUTO_LOGIN_AFTER_CONFIRM": False,
        "SECURITY_DATETIME_FACTORY": utcnow,
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_REGISTER_URL": "/sign-up",
        "SECURITY_RESET_URL": "/recover",
        "SECURITY_CONFIRM_URL": "/confirm",
        "SECURITY_CHANGE_URL": "/account/password",
    }
    for key, value in defaults.items():
        app.config.setdefault(key, value)
    security.init_app(app, datastore)
