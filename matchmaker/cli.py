"""The command ``matchmaker``: Flask's own command group over our application.

Slices add their commands in their own ``cli.py``; here are those that concern the whole installation.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import click
from flask import Flask, current_app
from flask.cli import FlaskGroup, with_appcontext
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from matchmaker import schema
from matchmaker.config import ConfigurationError
from matchmaker.db import db


def _create() -> Flask:
    from matchmaker import create_app

    return create_app()


@click.group(cls=FlaskGroup, create_app=_create)
def group() -> None:
    """Partner matchmaking for innovation clusters."""


@group.command()
@with_appcontext
def init() -> None:
    """Create the database, or bring it to the newest schema."""
    before, newest = schema.current(db.engine), schema.newest()
    schema.upgrade(db.engine)
    if before is None:
        click.echo(f"Database created at schema {newest}.")
    elif before == newest:
        click.echo(f"The database is already at schema {newest}.")
    else:
        click.echo(f"Database brought from schema {before} to {newest}.")


@dataclass(frozen=True)
class Finding:
    """One thing ``doctor`` looked at: whether it is fine, what was seen, and what to do if it is not."""

    what: str
    fine: bool
    seen: str
    advice: str = ""


def _check_configuration() -> Finding:
    settings = current_app.extensions["settings"]
    warning = ""
    if settings.env == "production" and not settings.secure:
        warning = "Set MATCHMAKER_BASE_URL to the https address people use, so that cookies are sent over TLS only."
    return Finding("configuration", True, f"{settings.env}, data in {settings.data_dir}", warning)


def _check_database() -> Finding:
    try:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        at = schema.current(db.engine)
    except SQLAlchemyError as error:
        return Finding("database", False, type(error).__name__, "Check MATCHMAKER_DATABASE_URL and that it runs.")
    if at != schema.newest():
        return Finding("database", False, f"schema {at}, expected {schema.newest()}", "Run `matchmaker init`.")
    return Finding("database", True, f"{db.engine.dialect.name}, schema {at}")


def _check_mail() -> Finding:
    settings = current_app.extensions["settings"]
    if settings.smtp_url is None:
        return Finding("mail", True, "printed to the log", "Set MATCHMAKER_SMTP_URL to send real mails.")
    from matchmaker.extensions import mail

    try:
        connection = mail.get_connection()
        connection.open()
        connection.close()
    except OSError as error:
        return Finding("mail", False, f"no connection ({type(error).__name__})", "Check MATCHMAKER_SMTP_URL.")
    return Finding("mail", True, "the SMTP server answers")


def _check_engine() -> list[Finding]:
    from matchmaker.suggestions.readiness import inspect_engine

    return [Finding(fact.what, fact.fine, fact.seen, fact.advice) for fact in inspect_engine(db.session)]


@group.command()
@with_appcontext
def doctor() -> None:
    """Check configuration, database, model, index and mail, and say what to do."""
    findings = [_check_configuration(), _check_database()]
    checks: list[Callable[[], list[Finding]]] = [lambda: [_check_mail()]]
    if findings[-1].fine:
        checks.insert(0, _check_engine)
    for check in checks:
        findings.extend(check())
    for finding in findings:
        mark = click.style("ok  ", fg="green") if finding.fine else click.style("FAIL", fg="red")
        click.echo(f"{mark} {finding.what}: {finding.seen}")
        if finding.advice:
            click.echo(f"     {finding.advice}")
    if not all(finding.fine for finding in findings):
        sys.exit(1)


def main() -> None:
    """The entry point; a configuration error is a sentence, not a trace."""
    try:
        group(prog_name="matchmaker")
    except ConfigurationError as error:
        click.echo(f"matchmaker: {error}", err=True)
        sys.exit(2)
