"""Is the process alive, and can it do its work? For those who watch over an installation, and for ``doctor``."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify
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
        warning = "Set MATCHMAKER_BASE_URL to the https address people use, so that cookies are sent over TLS only."
    return Finding("configuration", True, f"{settings.env}, data in {settings.data_dir}", warning)


def _check_database() -> Finding:
    url = db.engine.url
    if db.engine.dialect.name == "sqlite" and url.database and not Path(url.database).is_file():
        # An open connection would still answer from a file that is no longer where the next process looks for it.
        return Finding(
            "database", False, f"no file {url.database}", "Restore it, or run `matchmaker init` for an empty one."
        )
    try:
        with reading():
            at = schema.current(db.engine)
    except SQLAlchemyError as error:
        return Finding("database", False, type(error).__name__, "Check MATCHMAKER_DATABASE_URL and that it runs.")
    problem = schema.mismatch(at)
    if problem is not None:
        return Finding("database", False, problem.found, problem.advice)
    return Finding("database", True, f"{db.engine.dialect.name}, schema {at}")


def check_mail() -> Finding:
    """Whether the SMTP server answers."""
    settings = current_app.extensions["settings"]
    if settings.smtp_url is None:
        return Finding("mail", True, "printed to the log", "Set MATCHMAKER_SMTP_URL to send real mails.")
    try:
        connection = mail.get_connection()
        connection.open()
        connection.close()
    except OSError as error:
        return Finding("mail", False, f"no connection ({type(error).__name__})", "Check MATCHMAKER_SMTP_URL.")
    return Finding("mail", True, "the SMTP server answers")


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
