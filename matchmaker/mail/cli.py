"""``matchmaker mail``: work off the outbox."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from matchmaker.db import db, utcnow
from matchmaker.mail import delivery, queries

mail = AppGroup("mail", help="The outbox: mails that wait to be sent.")


@mail.command()
def send() -> None:
    """Try every mail that is due, now and once; the worker does the same by itself."""
    sent, failed = delivery.deliver_due()
    with Session(db.engine) as session:
        stand = queries.stand(session, now=utcnow())
    click.echo(f"sent {sent}, failed {failed}, waiting {stand.waiting}, given up {stand.given_up}")


commands = (mail,)
