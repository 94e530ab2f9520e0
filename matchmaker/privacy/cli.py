"""``matchmaker privacy``: the processing register, erasures, and their repetition after a restore."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from matchmaker.accounts.cli import user_or_fail
from matchmaker.clusters.models import Organisation
from matchmaker.commands import Group, confirmation_option, option
from matchmaker.db import db
from matchmaker.privacy import ledger, operations
from matchmaker.privacy.jobs import finish_erasures
from matchmaker.privacy.register import Class, register

privacy = Group("privacy", help="Personal data: what is kept and why, erasures, restores.")


@privacy.command("register")
def show_register() -> None:
    """Print the processing register: table, purpose, legal ground, how long, what of it is personal."""
    for entry in register().values():
        personal = ", ".join(entry.of(Class.PERSON, Class.TRACE)) or "-"
        click.echo("\t".join((entry.table, entry.purpose, entry.ground, entry.kept, personal)))


@privacy.command()
@click.argument("email")
@confirmation_option(prompt="This can't be undone. Erase this person?")
def erase_user(email: str) -> None:
    """Erase a person by their address."""
    user = user_or_fail(email)
    operations.erase_user(db.session, user, actor_id=None)
    db.session.commit()
    finish_erasures()
    click.echo(_("erased, and noted in the ledger"))


@privacy.command()
@click.argument("public_id")
@confirmation_option(prompt="This can't be undone. Erase this organisation and all it registered?")
def erase_organisation(public_id: str) -> None:
    """Erase an organisation by the id in its page's address."""
    organisation = db.session.scalar(select(Organisation).where(Organisation.public_id == public_id))
    if organisation is None:
        raise click.ClickException(_("expected the id of an organisation, found none with %(id)s", id=public_id))
    operations.erase_organisation(db.session, organisation, actor_id=None)
    db.session.commit()
    finish_erasures()
    click.echo(_("erased, and noted in the ledger"))


@privacy.command()
@option(
    "--from",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another ledger than the one in the data directory.",
)
def reapply(path: Path | None) -> None:
    """After restoring a backup: erase again what was erased since it was made."""
    path = path or current_app.extensions["settings"].data_dir / ledger.NAME
    try:
        erased = ledger.read(path)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    again = operations.reapply(db.session, erased)
    db.session.commit()
    finish_erasures()
    click.echo(_("%(num)s erasures in the ledger, %(again)s of them done again", num=len(erased), again=again))


commands = (privacy,)
