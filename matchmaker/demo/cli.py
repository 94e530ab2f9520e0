"""``matchmaker demo``: load or remove the demonstration cluster."""

from __future__ import annotations

import secrets

import click
from flask import current_app
from flask.cli import AppGroup
from flask_security import hash_password

from matchmaker.db import db
from matchmaker.demo import operations
from matchmaker.suggestions.cli import sync_index

demo = AppGroup("demo", help="The fictional demonstration cluster.")
commands = (demo,)

ROLES = {"sme": "as an SME", "researcher": "as a researcher", "manager": "as a cluster manager"}


@demo.command()
@click.option("--if-empty", is_flag=True, help="Only where the demonstration is not there yet; tells the address.")
def load(if_empty: bool) -> None:
    """Create the demonstration cluster and print how to sign in."""
    address = current_app.extensions["settings"].base_url
    if operations.is_loaded(db.session):
        if not if_empty:
            raise click.ClickException("The demonstration cluster is already here; `matchmaker demo remove` first.")
        click.echo(
            f"\nmatchmaker: {address}\nThe demonstration's passwords were shown at the first start; "
            "`matchmaker users reset-password EMAIL` gives new ones.\n"
        )
        return
    click.echo("Loading the fictional demonstration cluster …")
    sign_ins = operations.load(db.session, new_password=lambda: secrets.token_urlsafe(12), hash_password=hash_password)
    db.session.commit()
    try:
        sync_index()
    finally:
        # The passwords exist nowhere else, so they are told whatever became of the index.
        click.echo(f"\nmatchmaker: {address}\n\nSign in at {address}/sign-in (these passwords are shown only now):\n")
        for role, words in ROLES.items():
            for sign_in in (s for s in sign_ins if s.role == role):
                click.echo(f"  {words:<21} {sign_in.email:<44} {sign_in.password}")
        click.echo("")


@demo.command()
@click.option("--yes", is_flag=True, help="Don't ask.")
def remove(yes: bool) -> None:
    """Delete the demonstration cluster with all its organisations, people and texts."""
    if not operations.is_loaded(db.session):
        click.echo("There is no demonstration cluster here.")
        return
    if not yes:
        click.confirm("Delete the demonstration cluster and everything in it? This can't be undone.", abort=True)
    gone = operations.remove(db.session)
    db.session.commit()
    click.echo(f"Removed {gone} fictional organisations with their people and texts.")
