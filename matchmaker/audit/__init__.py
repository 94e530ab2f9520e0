"""The audit trail: who did what to which thing, and when; entries are added and never changed.

An entry names things by their ids, fields by their names and texts by their hashes; it holds no text itself. Each
carries the digest of the one before it, so that ``matchmaker audit verify`` finds the row that somebody altered, took
out or slipped in. Two ways lead here, both inside the transaction of what they tell of:

``record(session, Event.CONSENT_GIVEN, actor_id=…, thing=introduction, facts={"text": digest})``
    says that something happened.
``__audited__ = {"visibility": Event.VISIBILITY_CHANGED}`` on a table
    has every change of that column recorded, whichever code made it; ``"*"`` stands for the row itself.

Retention: see ``operations.KEPT``. The pages that show the trail stand in ``privacy``.
"""

from __future__ import annotations

from flask import Flask

from matchmaker.audit.cli import commands
from matchmaker.audit.models import Event as Event
from matchmaker.audit.operations import TextRefused as TextRefused
from matchmaker.audit.operations import drop_old as drop_old
from matchmaker.audit.operations import record as record
from matchmaker.audit.operations import set_actor as set_actor


def init_app(app: Flask) -> None:
    """Offer the commands."""
    for command in commands:
        app.cli.add_command(command)
