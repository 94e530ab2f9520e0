"""What is told about reports: to those who decide, to the reporter, and to the owner of what was taken down."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from matchmaker.notifications.kinds import Group, Kind, register
from matchmaker.notifications.operations import retract, tell
from matchmaker.reports import queries
from matchmaker.reports.models import Report

REPORTED = register(
    Kind(
        name="reported",
        group=Group.CLUSTER,
        label=_("A reader reports something to me"),
        sentence=lambda facts: gettext("A reader reports something that waits for your decision."),
        endpoint="reports.show",
        arguments={"public_id": "report"},
        template="reports/email/reported",
        # It waits for these readers and nobody else.
        optional=False,
    )
)
DECIDED = register(
    Kind(
        name="report-decided",
        group=Group.ACCOUNT,
        label=_("What I reported was looked at"),
        sentence=lambda facts: gettext("What you reported was looked at: read what was decided."),
        endpoint="reports.show",
        arguments={"public_id": "report"},
        template="reports/email/decided",
    )
)
TAKEN_DOWN = register(
    Kind(
        name="taken-down",
        group=Group.ORGANISATION,
        label=_("Something of my organisation was taken down"),
        sentence=lambda facts: gettext("Something that your organisation published was taken down: read why."),
        endpoint="reports.show",
        arguments={"public_id": "report"},
        template="reports/email/taken_down",
        # Whoever is affected has to be able to object.
        optional=False,
    )
)
PUT_BACK = register(
    Kind(
        name="put-back",
        group=Group.ORGANISATION,
        label=_("Something of my organisation may be shown again"),
        sentence=lambda facts: gettext("What was taken down of your organisation may be shown again."),
        endpoint="reports.show",
        arguments={"public_id": "report"},
        template="reports/email/put_back",
    )
)


def tell_reported(session: Session, report: Report) -> None:
    """Tell those who decide that a report waits."""
    for reader in queries.moderators(session, report):
        tell(session, reader, REPORTED.name, {"report": report.public_id}, key=report.public_id)


def tell_decided(session: Session, report: Report) -> None:
    """Nobody has to decide any more, and the reporter reads what was decided."""
    retract(session, REPORTED.name, report.public_id)
    if report.reporter is not None:
        tell(session, report.reporter, DECIDED.name, {"report": report.public_id}, key=report.public_id)


def tell_taken_down(session: Session, report: Report) -> None:
    """Tell the people of the organisation whose it is."""
    for reader in queries.owners(session, report):
        tell(session, reader, TAKEN_DOWN.name, {"report": report.public_id}, key=report.public_id)


def tell_put_back(session: Session, report: Report) -> None:
    """Tell them that it may be shown again."""
    for reader in queries.owners(session, report):
        tell(session, reader, PUT_BACK.name, {"report": report.public_id}, key=report.public_id)
