"""``matchmaker demo``: load or remove the demonstration cluster."""

from __future__ import annotations

import secrets

import click
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import hash_password

from matchmaker.commands import Group, option
from matchmaker.config import N_
from matchmaker.db import db
from matchmaker.demo import operations
from matchmaker.suggestions.cli import sync_index

demo = Group("demo", help="The fictional demonstration cluster.")
commands = (demo,)

ROLES = {
    "sme": N_("as an SME"),
    "researcher": N_("as a researcher"),
    "manager": N_("as a cluster manager"),
}


@demo.command()
@option("--if-empty", is_flag=True, help="Only where the demonstration is not there yet; tells the address.")
def load(if_empty: bool) -> None:
    """Create the demonstration cluster and print how to sign in."""
    address = current_app.extensions["settings"].base_url
    if operations.is_loaded(db.session):
        if not if_empty:
            raise click.ClickException(_("The demonstration cluster is already here; `matchmaker demo remove` first."))
        said = _(
            "The demonstration's passwords were shown at the first start; "
            "`matchmaker users reset-password EMAIL` gives new ones."
        )
        click.echo(f"\nmatchmaker: {address}\n{said}\n")
        return
    click.echo(_("Loading the fictional demonstration cluster …"))
    sign_ins = operations.load(db.session, new_password=lambda: secrets.token_urlsafe(12), hash_password=hash_password)
    db.session.commit()
    try:
        sync_index()
    finally:
        # The passwords exist nowhere else, so they are told whatever became of the index.
        said = _("Sign in at %(address)s (these passwords are shown only now):", address=f"{address}/sign-in")
        click.echo(f"\nmatchmaker: {address}\n\n{said}\n")
        for role, words in ROLES.items():
            for sign_in in (s for s in sign_ins if s.role == role):
                click.echo(f"  {_(words):<21} {sign_in.email:<44} {sign_in.password}")
        click.echo("")


@demo.command()
@option("--yes", is_flag=True, help="Don't ask.")
def remove(yes: bool) -> None:
    """Delete the demonstration cluster with all its organisations, people and texts."""
    if not operations.is_loaded(db.session):
        click.echo(_("There is no demonstration cluster here."))
        return
    if not yes:
        click.confirm(_("Delete the demonstration cluster and everything in it? This can't be undone."), abort=True)
    gone = operations.remove(db.session)
    db.session.commit()
    click.echo(
        ngettext(
            "Removed one fictional organisation with its people and texts.",
            "Removed %(num)s fictional organisations with their people and texts.",
            gone,
        )
    )
