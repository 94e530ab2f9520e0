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
from flask.cli import FlaskGroup, with_appcontext

from matchmaker import health, schema
from matchmaker.config import ConfigurationError
from matchmaker.db import db


def _create() -> Flask:
    from matchmaker import create_app

    return create_app()


@click.group(cls=FlaskGroup, create_app=_create, load_dotenv=False)
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
        click.echo(f"Database created at schema {newest}.")
    elif before == newest:
        click.echo(f"The database is already at schema {newest}.")
    else:
        click.echo(f"Database brought from schema {before} to {newest}.")


@group.command()
@click.option("--beside", is_flag=True, help="End when standard input does: for a server that starts its own worker.")
@with_appcontext
def work(beside: bool) -> None:
    """Do the jobs: mails, vectors, imports, tidying. Runs until stopped; may be killed at any moment."""
    # Pages come first where both share a machine.
    os.nice(5)
    if beside:
        threading.Thread(target=_end_with_input, name="standard-input", daemon=True).start()
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
