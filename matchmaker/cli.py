"""The command ``matchmaker``: Flask's own command group over our application.

Slices add their commands in their own ``cli.py``; here are those that concern the whole installation.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import force_locale
from flask_babel import gettext as _

from matchmaker import health, schema
from matchmaker.commands import Root, option, said
from matchmaker.config import ConfigurationError
from matchmaker.db import db
from matchmaker.translations import LANGUAGES


def _create() -> Flask:
    from matchmaker import application

    return application()


@click.group(cls=Root, create_app=_create, load_dotenv=False)
def group() -> None:
    """Partner matchmaking for innovation clusters."""


@group.command()
@with_appcontext
def init() -> None:
    """Create the database, or bring it to the newest schema."""
    before, newest = schema.current(db.engine), schema.newest()
    problem = schema.mismatch(before)
    if problem is not None and problem.newer:
        raise click.ClickException(str(problem))
    schema.upgrade(db.engine)
    if before is None:
        click.echo(_("Database created at schema %(newest)s.", newest=newest))
    elif before == newest:
        click.echo(_("The database is already at schema %(newest)s.", newest=newest))
    else:
        click.echo(_("Database brought from schema %(before)s to %(newest)s.", before=before, newest=newest))


@group.command()
@option("--beside", is_flag=True, help="End when standard input does: for a server that starts its own worker.")
@with_appcontext
def work(beside: bool) -> None:
    """Do the jobs: mails, vectors, imports, tidying. Runs until stopped; may be killed at any moment."""
    # Pages come first where both share a machine.
    os.nice(5)
    if beside:
        threading.Thread(target=_end_with_input, name="standard-input", daemon=True).start()
    # What the worker does has no reader at a terminal.
    with force_locale(LANGUAGES[0]):
        current_app.extensions["jobs"].work()


def _end_with_input() -> None:
    # Read without Python's buffer, whose lock would be in the way of an orderly end.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


@group.command()
@click.argument("message")
@with_appcontext
def migration(message: str) -> None:
    """Write a migration for what the models have and the database has not (for developers)."""
    schema.new_revision(db.engine, message)


@group.command()
@with_appcontext
def doctor() -> None:
    """Check configuration, database, model, index and mail, and say what to do."""
    findings = [health.check_configuration(), *health.inspect_installation(load=True), health.check_mail()]
    names = {
        "configuration": _("configuration"),
        "database": _("database"),
        "model": _("model"),
        "index": _("index"),
        "mail": _("mail"),
    }
    for finding in findings:
        mark = click.style("ok  ", fg="green") if finding.fine else click.style(_("FAIL"), fg="red")
        click.echo(f"{mark} {names[finding.what]}: {finding.seen}")
        if finding.advice:
            click.echo(f"     {finding.advice}")
    if not all(finding.fine for finding in findings):
        sys.exit(1)


def main() -> None:
    """The entry point; a configuration error is a sentence, not a trace."""
    try:
        group(prog_name="matchmaker")
    except ConfigurationError as error:
        # A value may be a message itself; a path or a name is in no catalogue and stays as it is.
        values = {name: said(value) if isinstance(value, str) else value for name, value in error.values.items()}
        click.echo(f"matchmaker: {said(error.message) % values}", err=True)
        sys.exit(2)
