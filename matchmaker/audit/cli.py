"""``matchmaker audit``: check the trail."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from matchmaker.audit import queries
from matchmaker.db import db, reading

audit = AppGroup("audit", help="The audit trail: who did what, and when.")


@audit.command()
@click.option("--noted", metavar="NUMBER:DIGEST", help="What an earlier check printed: it must still be there.")
def verify(noted: str | None) -> None:
    """Check that no entry was altered, taken out or slipped in."""
    expected = None
    if noted:
        number, _, digest = noted.partition(":")
        if not number.isdecimal():
            raise click.ClickException(f"expected NUMBER:DIGEST, found {noted!r}")
        expected = queries.Head(int(number), digest)
    with reading():
        found = list(queries.faults(db.session, expected=expected))
        head = queries.head(db.session)
    for fault in found:
        click.echo(fault)
    if found:
        sys.exit(1)
    click.echo(f"{head.number} entries, none altered. Note this elsewhere: {head}")


commands = (audit,)
