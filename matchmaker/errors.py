"""Errors as people and programs see them: what happened, what was kept, what to do. Never a trace."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from matchmaker.db import db
from matchmaker.paging import BadCursor
from matchmaker.permissions import NotPermitted
from matchmaker.throttle import Busy, TooOften

log = structlog.get_logger("matchmaker")

#: Stable codes of the JSON API, by status.
CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "only_reads",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "changed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    428: "version_needed",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}


def init_app(app: Flask) -> None:
    """Answer every error in the form its asker understands."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(NotPermitted, _not_permitted)
    app.register_error_handler(CSRFError, lambda _error: answer(400, _stale_form()))
    app.register_error_handler(OverflowError, lambda _error: answer(404))
    app.register_error_handler(TooOften, _too_often)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(BadCursor, lambda error: answer(422, str(error)))
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(Exception, _unexpected)


def answer(
    status: int, message: str | None = None, details: Any = None, code: str | None = None
) -> tuple[Response | str, int]:
    """The error page, or under /api the error object ``{"error": {"code", "message", "details"}}``."""
    if request.path.startswith("/api/"):
        error = {"code": code or CODES.get(status, "error"), "message": message or _plain(status)}
        if details is not None:
            error["details"] = details
        return jsonify(error=error), status
    if status >= 500:
        # The page about a fault must not ask a database, which may be the fault, who is looking.
        g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    return render_template("errors/error.html", status=status, message=message), status


def _plain(status: int) -> str:
    return {
        400: _("The request could not be understood."),
        401: _("A valid token is needed: send it as “Authorization: Bearer …”."),
        403: _("This token only reads. Make one that may also act in your name."),
        404: _("There is nothing here, or nothing you may see."),
        405: _("This address does not answer that method."),
        412: _("Somebody changed this since you read it. Read it again before you change it."),
        413: _("The request is too large."),
        415: _("The request's content type is not understood; send application/json."),
        428: _("Say which version you change: send the ETag that you read as “If-Match”."),
        429: _("Too many requests came in a short time. Wait as long as Retry-After says."),
        503: _("The service is busy. Try again in a moment."),
    }.get(status, _("Something went wrong on our side."))


def _stale_form() -> str:
    return _("This form was open for too long or came from elsewhere. Go back, reload the page and send it again.")


def _not_permitted(_error: NotPermitted) -> Any:
    # What surrounds the request puts it on record.
    g.refused = True
    return answer(404)


def _http_error(error: HTTPException) -> Any:
    if isinstance(error, SecurityError):
        # The request named a host that is not ours: no address can be built, and so no page.
        return Response(_plain(400), 400, mimetype="text/plain")
    if error.response is not None or error.code is None or error.code < 400:
        return error
    response, status = answer(error.code)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return response, status, {"Allow": ", ".join(error.valid_methods)}
    return response, status


def _too_often(error: TooOften) -> Any:
    db.session.rollback()
    minutes = -(-error.seconds // 60)
    wait = (
        ngettext("Wait %(num)s second and try again.", "Wait %(num)s seconds and try again.", error.seconds)
        if error.seconds < 60
        else ngettext("Wait %(num)s minute and try again.", "Wait %(num)s minutes and try again.", minutes)
    )
    response, status = answer(429, wait)
    return response, status, {"Retry-After": str(error.seconds)}


def _busy(_error: Busy) -> Any:
    db.session.rollback()
    response, status = answer(503)
    return response, status, {"Retry-After": "5"}


def _database_error(error: OperationalError) -> Any:
    db.session.rollback()
    log.error("database unavailable", error=type(error.orig).__name__)
    response, status = answer(503)
    return response, status, {"Retry-After": "5"}


def _unexpected(error: Exception) -> Any:
    db.session.rollback()
    # The exception's text may quote what somebody wrote, so only its type and place are logged.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else None
    log.error("unexpected error", error=type(error).__name__, place=place)
    if request and __debug__ and _debugging():
        raise error
    return answer(500)


def _debugging() -> bool:
    return bool(current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"))
