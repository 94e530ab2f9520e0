"""Reporting what others published, and the queue of those who decide."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker.accounts.models import User
from matchmaker.db import db
from matchmaker.items.pages import as_file, page_number, url_of_page
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, allows, permits, require
from matchmaker.reports import operations, queries
from matchmaker.reports.exports import REPORT
from matchmaker.reports.forms import DecisionForm, ReportForm
from matchmaker.reports.models import Complaint, Decision, Report
from matchmaker.sheets import Format

bp = Blueprint("reports", __name__, url_prefix="/reports")


def _me() -> User:
    return current_user._get_current_object()


@bp.route("/about/<public_id>", methods=["GET", "POST"])
@permits(Permission.ACCOUNT)
def ask(public_id: str) -> Any:
    """Say what is wrong with what another organisation shows."""
    thing, on_teaser = queries.reportable_or_refuse(db.session, public_id, g.viewer)
    form = ReportForm()
    if form.validate_on_submit():
        made, new = operations.report(
            db.session,
            _me(),
            thing,
            complaint=Complaint(form.complaint.data),
            text=form.text.data,
            on_teaser=on_teaser,
        )
        db.session.commit()
        flash(
            _("Thank you. It will be looked at, and you will be told what was decided.")
            if new
            else _("You have reported this already; it waits for a decision.")
        )
        return redirect(url_for(".show", public_id=made.public_id))
    page = render_template("reports/ask.html", form=form, thing=thing, on_teaser=on_teaser)
    return page, 422 if form.errors else 200


@bp.get("/")
@permits(Permission.MODERATE)
def index() -> str:
    """The reports that wait for a decision, and those that were decided."""
    return render_template(
        "reports/index.html", page=paginate(db.session, queries.queue(g.viewer), page_number(), url_of_page)
    )


@bp.get("/list.<file:format>")
@permits(Permission.MODERATE)
def listed(format: Format) -> Response:
    """The reports that the page lists, as a file."""
    return as_file(format, "reports", REPORT, queries.queue(g.viewer))


@bp.get("/<public_id>")
@permits(Permission.ACCOUNT)
def show(public_id: str) -> str:
    """One report, as its reader may read it."""
    return _page(queries.report_or_refuse(db.session, public_id, g.viewer), DecisionForm(formdata=None))


@bp.post("/<public_id>/decide")
@permits(Permission.MODERATE)
def decide(public_id: str) -> Any:
    """Take it down, or leave it as it is."""
    found = to_decide(public_id)
    form = DecisionForm()
    if not form.validate():
        return _page(found, form), 422
    act = operations.take_down if form.decision.data == Decision.TAKEN_DOWN else operations.leave
    try:
        act(db.session, found, _me(), form.answer.data)
        db.session.commit()
        flash(_("Decided. Whoever reported it reads your reason."))
    except operations.Decided:
        db.session.rollback()
        flash(_("Somebody else was faster: this has been decided already."), "info")
    return redirect(url_for(".show", public_id=public_id))


@bp.post("/<public_id>/put-back")
@permits(Permission.MODERATE)
def put_back(public_id: str) -> Any:
    """Let what was taken down be shown again."""
    operations.put_back(db.session, to_decide(public_id), _me())
    db.session.commit()
    flash(_("It may be shown again. Its owner is told."))
    return redirect(url_for(".show", public_id=public_id))


def to_decide(public_id: str) -> Report:
    """A report that is the viewer's to decide on. Raises NotPermitted otherwise."""
    found = queries.report_or_refuse(db.session, public_id, g.viewer)
    require(g.viewer, Permission.MODERATE, found)
    return found


def _page(report: Report, form: DecisionForm) -> str:
    decides = allows(g.viewer, Permission.MODERATE, report)
    return render_template(
        "reports/show.html",
        report=report,
        form=form,
        decides=decides,
        # Its owner reads what was decided, and nothing of who reported it or how.
        reads_report=decides or report.reporter_id == g.viewer.user_id,
    )
