"""Browsers in which somebody is signed in, without the cost of the sign-in form, and programs with a token."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker.accounts.operations import begin_sign_in, create_token
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


class Program:
    """A program with somebody's token, which by default may also write and takes no data along."""

    def __init__(self, app: Flask, user: Any, *, writes: bool = True, exports: bool = False) -> None:
        with app.app_context(), Session(db.engine) as writer:
            _token, bearer = create_token(writer, user, name="program", days=1, writes=writes, exports=exports)
            writer.commit()
        self._client, self._bearer = app.test_client(), {"Authorization": f"Bearer {bearer}"}

    def ask(self, method: str, path: str, *, headers: Any = (), **more: Any) -> Any:
        """Any request; ``path`` begins behind /api/v1."""
        return self._client.open(f"/api/v1{path}", method=method, headers={**self._bearer, **dict(headers)}, **more)

    def get(self, path: str, **query: Any) -> Any:
        return self.ask("GET", path, query_string=query)

    def post(self, path: str, **body: Any) -> Any:
        return self.ask("POST", path, json=body)

    def put(self, path: str, **body: Any) -> Any:
        return self.ask("PUT", path, json=body)

    def patch(self, path: str, read: Any, **body: Any) -> Any:
        """Change what was read before; ``read`` is that answer, or None where none is named."""
        return self.ask("PATCH", path, json=body, headers={"If-Match": read.headers["ETag"]} if read else {})

    def delete(self, path: str) -> Any:
        return self.ask("DELETE", path)
