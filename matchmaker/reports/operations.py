"""Reporting, and deciding on reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.accounts.models import User
from matchmaker.accounts.operations import spend
from matchmaker.audit import Event
from matchmaker.clusters.models import Organisation
from matchmaker.db import utcnow
from matchmaker.items.operations import withdraw
from matchmaker.reports import notifications
from matchmaker.reports.models import DOWN, KINDS, Complaint, Decision, Report
from matchmaker.reports.queries import is_about

#: How many reports one user may send in a day; fewer while the account is new.
REPORTS_A_DAY, REPORTS_WHILE_NEW = 30, 5
#: How long a report is kept after it was decided.
KEPT = timedelta(days=2 * 365)
#: What an organisation that is taken down no longer says of itself; its name stays, so that those who dealt with it
#: know whom they dealt with.
_TEXTS = ("headline", "about", "website")


class Decided(Exception):
    """Somebody else has decided already."""

    def __init__(self, report: Report) -> None:
        super().__init__("decided already")
        self.report = report


def report(
    session: Session, reporter: User, thing: Any, *, complaint: Complaint, text: str, on_teaser: bool = False
) -> tuple[Report, bool]:
    """Report a thing; gives the report and whether it is new. Raises TooOften beyond what one may report in a day."""
    known = session.scalar(
        select(Report).where(is_about(thing), Report.reporter_id == reporter.id, Report.decision.is_(None))
    )
    if known is not None:
        return known, False
    spend(session, reporter, "reports", a_day=REPORTS_A_DAY, while_new=REPORTS_WHILE_NEW)
    named = next((column for column, model in KINDS.items() if isinstance(thing, model)), None)
    made = Report(
        organisation_id=thing.organisation_id,
        **({named: thing.id} if named else {}),
        on_teaser=on_teaser,
        reporter_id=reporter.id,
        complaint=complaint,
        text=text,
    )
    session.add(made)
    session.flush()
    audit.record(session, Event.REPORTED, actor_id=reporter.id, thing=made, facts={"complaint": complaint})
    notifications.tell_reported(session, made)
    return made, True


def take_down(session: Session, report: Report, manager: User, answer: str) -> None:
    """Let nobody but its owner read what was reported. Every report about it is answered. Raises Decided."""
    _claim(session, report)
    thing = report.thing
    if isinstance(thing, Organisation):
        report.removed = {name: getattr(thing, name) for name in _TEXTS}
        for name in _TEXTS:
            setattr(thing, name, "")
        things = [
            one
            for model in KINDS.values()
            for one in session.scalars(select(model).where(model.organisation_id == thing.id))
        ]
    else:
        things = [thing]
    for one in things:
        if one.state not in DOWN:
            withdraw(one)
    # Written before the decision is: from then on nothing of it may be changed.
    session.flush()
    for other in session.scalars(select(Report).where(is_about(thing), Report.decision.is_(None))).all():
        _decide(session, other, manager, Decision.TAKEN_DOWN, answer)
    notifications.tell_taken_down(session, report)


def leave(session: Session, report: Report, manager: User, answer: str) -> None:
    """Say that there is nothing wrong with what was reported. Raises Decided."""
    _claim(session, report)
    _decide(session, report, manager, Decision.LEFT, answer)


def put_back(session: Session, report: Report, manager: User) -> None:
    """Let what was taken down be shown again: what an organisation said of itself at once, everything else as soon as
    its owner publishes it, since the owner may have changed it meanwhile. Where it is not down, nothing happens.
    """
    session.refresh(report, with_for_update=True)
    if not report.stands:
        return
    thing = report.thing
    standing = session.scalars(
        select(Report).where(is_about(thing), Report.decision == Decision.TAKEN_DOWN, Report.lifted_at.is_(None))
    ).all()
    for one in standing:
        one.lifted_at = utcnow()
    session.flush()
    for one in standing:
        for name, said in one.removed.items():
            setattr(thing, name, said)
        one.removed = {}
    session.flush()
    audit.record(session, Event.PUT_BACK, actor_id=manager.id, thing=report)
    notifications.tell_put_back(session, report)


def _claim(session: Session, report: Report) -> None:
    """Of two managers who decide at the same moment, the second reads what the first decided."""
    session.refresh(report, with_for_update=True)
    if report.decision is not None:
        raise Decided(report)


def _decide(session: Session, report: Report, manager: User, decision: Decision, answer: str) -> None:
    report.decision, report.answer = decision, answer
    report.decided_at, report.decided_by_id = utcnow(), manager.id
    session.flush()
    audit.record(session, Event.REPORT_DECIDED, actor_id=manager.id, thing=report, facts={"decision": decision})
    notifications.tell_decided(session, report)


def forget(session: Session, *, now: datetime) -> None:
    """Drop the reports that were decided long ago, but none on which something is still down."""
    session.execute(
        delete(Report).where(
            Report.decided_at < now - KEPT,
            or_(Report.decision == Decision.LEFT, Report.lifted_at < now - KEPT),
        )
    )
