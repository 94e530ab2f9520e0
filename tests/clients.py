"""Browsers in which somebody is signed in, without the cost of the sign-in form."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker.accounts.operations import begin_sign_in
from matchmaker.db import db


def signed_in(app: Flask, user: Any) -> FlaskClient:
    """A browser in which the user has just signed in."""
    with app.app_context(), Session(db.engine) as writer:
        cookie_value = begin_sign_in(writer, user)
        writer.commit()
    made = app.test_client()
    with made.session_transaction() as cookie:
        cookie["_user_id"] = cookie_value
        cookie["_fresh"] = True
        cookie["fs_cc"] = "set"
        cookie["fs_paa"] = time.time()
    return made
