"""Is the process alive, and can it do its work? For those who watch over an installation, and for ``doctor``."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

from matchmaker import schema
from matchmaker.db import db, reading
from matchmaker.extensions import mail
from matchmaker.permissions import Permission, permits
from matchmaker.suggestions.readiness import Finding, inspect_engine

bp = Blueprint("health", __name__)


def check_configuration() -> Finding:
    """The settings, and what would be better in them."""
    settings = current_app.extensions["settings"]
    warning = ""
    if settings.env == "production" and not settings.secure:
        warning = _("Set MATCHMAKER_BASE_URL to the https address people use, so that cookies are sent over TLS only.")
    seen = _("%(mode)s, data in %(folder)s", mode=settings.env, folder=settings.data_dir)
    return Finding("configuration", True, seen, warning)


def _check_database() -> Finding:
    url = db.engine.url
    if db.engine.dialect.name == "sqlite" and url.database and not Path(url.database).is_file():
        # An open connection would still answer from a file that is no longer where the next process looks for it.
        return Finding(
            "database",
            False,
            _("no file %(path)s", path=url.database),
            _("Restore it, or run `matchmaker init` for an empty one."),
        )
    try:
        with reading():
            at = schema.current(db.engine)
    except SQLAlchemyError as error:
        return Finding("database", False, type(error).__name__, _("Check MATCHMAKER_DATABASE_URL and that it runs."))
    problem = schema.mismatch(at)
    if problem is not None:
        return Finding("database", False, problem.found, problem.advice)
    return Finding("database", True, _("%(kind)s, schema %(at)s", kind=db.engine.dialect.name, at=at))


def check_mail() -> Finding:
    """Whether the SMTP server answers."""
    settings = current_app.extensions["settings"]
    if settings.smtp_url is None:
        return Finding("mail", True, _("printed to the log"), _("Set MATCHMAKER_SMTP_URL to send real mails."))
    try:
        connection = mail.get_connection()
        connection.open()
        connection.close()
    except OSError as error:
        seen = _("no connection (%(error)s)", error=type(error).__name__)
        return Finding("mail", False, seen, _("Check %(setting)s.", setting="MATCHMAKER_SMTP_URL"))
    return Finding("mail", True, _("the SMTP server answers"))


def inspect_installation(*, load: bool = False) -> list[Finding]:
    """What an installation needs for its work: the database, the model (loaded for it only if asked), the index."""
    database = _check_database()
    return [database, *inspect_engine(db.session, load=load)] if database.fine else [database]


@bp.get("/healthz")
@permits(Permission.BROWSE)
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="alive")


@bp.get("/readyz")
@permits(Permission.BROWSE)
def readyz() -> tuple[Response, int]:
    """Whether database, model and index are there; words-only search counts as ready, and is said."""
    findings = inspect_installation()
    ready = all(finding.fine for finding in findings)
    body = {finding.what: "ok" if finding.fine else "failed" for finding in findings}
    return jsonify(status="ready" if ready else "not ready", **body), 200 if ready else 503
