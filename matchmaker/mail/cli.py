"""``matchmaker mail``: work off the outbox."""

from __future__ import annotations

import click
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker.commands import Group
from matchmaker.db import db, utcnow
from matchmaker.mail import delivery, queries

mail = Group("mail", help="The outbox: mails that wait to be sent.")


@mail.command()
def send() -> None:
    """Try every mail that is due, now and once; the worker does the same by itself."""
    sent, failed = delivery.deliver_due()
    with Session(db.engine) as session:
        stand = queries.stand(session, now=utcnow())
    click.echo(
        _(
            "sent %(sent)s, failed %(failed)s, waiting %(waiting)s, given up %(given_up)s",
            sent=sent,
            failed=failed,
            waiting=stand.waiting,
            given_up=stand.given_up,
        )
    )


commands = (mail,)
