"""``matchmaker audit``: check the trail."""

from __future__ import annotations

import sys

import click
from flask_babel import gettext as _

from matchmaker.audit import queries
from matchmaker.commands import Group, option
from matchmaker.db import db, reading
from matchmaker.translations import Number

audit = Group("audit", help="The audit trail: who did what, and when.")


@audit.command()
@option("--noted", metavar="NUMBER:DIGEST", help="What an earlier check printed: it must still be there.")
def verify(noted: str | None) -> None:
    """Check that no entry was altered, taken out or slipped in."""
    expected = None
    if noted:
        number, _colon, digest = noted.partition(":")
        if not number.isdecimal():
            raise click.ClickException(_("expected NUMBER:DIGEST, found “%(found)s”", found=noted))
        expected = queries.Head(int(number), digest)
    with reading():
        found = list(queries.faults(db.session, expected=expected))
        head = queries.head(db.session)
    for fault in found:
        click.echo(fault)
    if found:
        sys.exit(1)
    click.echo(_("%(num)s entries, none altered. Note this elsewhere: %(head)s", num=Number(head.number), head=head))


commands = (audit,)
