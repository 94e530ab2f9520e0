"""``matchmaker mail``: work off the outbox."""

from __future__ import annotations

import time

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from matchmaker.db import db, utcnow
from matchmaker.mail import delivery, queries

mail = AppGroup("mail", help="The outbox: mails that wait to be sent.")


@mail.command()
@click.option("--loop", is_flag=True, help="Go on until stopped, looking every few seconds.")
@click.option("--every", type=click.IntRange(1, 3600), default=15, show_default=True, help="Seconds between looks.")
def send(loop: bool, every: int) -> None:
    """Try every mail that is due."""
    while True:
        sent, failed = delivery.deliver_due()
        if sent or failed or not loop:
            with Session(db.engine) as session:
                left = queries.waiting(session, now=utcnow())
            click.echo(f"sent {sent}, failed {failed}, waiting {left}")
        if not loop:
            return
        time.sleep(every)


commands = (mail,)
