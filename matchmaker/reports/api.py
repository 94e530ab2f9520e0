"""Reports as a JSON resource: say what is wrong, read what was decided, and decide where that is one's own to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response, g, jsonify, make_response
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.db import db
from matchmaker.errors import answer
from matchmaker.introductions.api import acting_user
from matchmaker.items.pages import name_for_reader
from matchmaker.items.resources import SHORT, ItemPath, Named, named
from matchmaker.mail import absolute_url
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, allows, permits
from matchmaker.reports import operations, queries
from matchmaker.reports.models import Complaint, Decision, Report
from matchmaker.reports.views import to_decide
from matchmaker.texts import clean_text

blueprint = api.blueprint("reports")
_tag = Tag(name="reports", description="What readers find wrong with what others published, and what is done about it.")


class ComplaintBody(BaseModel):
    """What is wrong."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"about": "k7m2pq4t9xwz", "complaint": "untrue", "text": "They never ran this trial."}
        },
    )

    about: str = Field(
        min_length=1, max_length=12, description="Public id: organisation, need, competence, test field, teaser, …"
    )
    complaint: Complaint
    text: str = Field(min_length=1, max_length=SHORT, description="What those who look at it should know.")


class DecisionBody(BaseModel):
    """What is done about it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"decision": "taken_down", "answer": "Nobody could show us the trial."}},
    )

    decision: Decision
    answer: str = Field(min_length=1, max_length=SHORT, description="Why; the reporter reads it, and its owner.")


class ReportReading(BaseModel):
    """A report as you may read it. Its owner never learns who reported it, or how."""

    id: str
    page: str
    about: str = Field(description="What was reported, as you may name it.")
    kind: Literal["organisation", "need", "competence", "test_field", "evidence", "profile"]
    organisation: Named | None = Field(description="Whose it is; null unless you decide, and where that is hidden.")
    complaint: Complaint | None = Field(description="Null for its owner, as the text and the time.")
    text: str | None
    created_at: datetime | None
    reporter: Named | None = Field(description="Null unless you decide.")
    decision: Decision | None = Field(description="Null while it waits.")
    answer: str
    decided_at: datetime | None
    decided_by: Named | None = Field(description="Null unless you decide.")
    lifted_at: datetime | None = Field(description="Since when it may be shown again.")


class ReportsAnswer(api.PageAnswer):
    """One page of the reports you decide on."""

    items: list[ReportReading]


@blueprint.post("/reports", summary="Report something", tags=[_tag], responses={201: ReportReading})
@permits(Permission.ACCOUNT)
def ask(body: ComplaintBody) -> Response:
    """Say what is wrong with what another organisation shows. While a report of yours about it waits, that one: 200."""
    thing, on_teaser = queries.reportable_or_refuse(db.session, body.about, g.viewer)
    text = clean_text(body.text)
    if not text:
        return api.invalid(text=_("expected a text, found none"))
    made, new = operations.report(
        db.session, acting_user(), thing, complaint=body.complaint, text=text, on_teaser=on_teaser
    )
    db.session.commit()
    return make_response(jsonify(_as_json(made)), 201 if new else 200)


@blueprint.get("/reports", summary="List reports", tags=[_tag], responses={200: ReportsAnswer})
@permits(Permission.MODERATE)
def reports(query: api.PageQuery) -> Response:
    """What waits for your decision, the oldest first; then what was decided, the latest first. 20 a page."""
    page = paginate(db.session, queries.queue(g.viewer), query.page, str)
    return jsonify(page.in_json([_as_json(one) for one in page.items]))


@blueprint.get("/reports/<public_id>", summary="Read a report", tags=[_tag], responses={200: ReportReading})
@permits(Permission.ACCOUNT)
def read(path: ItemPath) -> Response:
    """For its reporter, for those who decide, and for the owner of what was taken down because of it."""
    return jsonify(_as_json(queries.report_or_refuse(db.session, path.public_id, g.viewer)))


@blueprint.post(
    "/reports/<public_id>/decide", summary="Decide on a report", tags=[_tag], responses={200: ReportReading}
)
@permits(Permission.MODERATE)
def decide(path: ItemPath, body: DecisionBody) -> Response:
    """Take it down, so that nobody but its owner reads it, or leave it as it is. Decided already: 409."""
    found = to_decide(path.public_id)
    reason = clean_text(body.answer)
    if not reason:
        return api.invalid(answer=_("expected a text, found none"))
    act = operations.take_down if body.decision is Decision.TAKEN_DOWN else operations.leave
    try:
        act(db.session, found, acting_user(), reason)
    except operations.Decided:
        db.session.rollback()
        return make_response(*answer(409, _("Somebody else was faster: this has been decided already.")))
    db.session.commit()
    return jsonify(_as_json(found))


@blueprint.post("/reports/<public_id>/put-back", summary="Put it back", tags=[_tag], responses={200: ReportReading})
@permits(Permission.MODERATE)
def put_back(path: ItemPath) -> Response:
    """Let what was taken down be shown again: an organisation's words at once, all else as its owner publishes it."""
    found = to_decide(path.public_id)
    operations.put_back(db.session, found, acting_user())
    db.session.commit()
    return jsonify(_as_json(found))


def _as_json(report: Report) -> dict[str, Any]:
    decides = allows(g.viewer, Permission.MODERATE, report)
    reads_report = decides or report.reporter_id == g.viewer.user_id
    return ReportReading(
        id=report.public_id,
        page=absolute_url("reports.show", public_id=report.public_id),
        about=name_for_reader(report.thing, report.on_teaser),
        kind=report.thing.__tablename__,
        organisation=named(report.organisation) if decides and not report.on_teaser else None,
        complaint=report.complaint if reads_report else None,
        text=report.text if reads_report else None,
        created_at=report.created_at if reads_report else None,
        reporter=named(report.reporter) if decides else None,
        decision=report.decision,
        answer=report.answer,
        decided_at=report.decided_at,
        decided_by=named(report.decided_by) if decides else None,
        lifted_at=report.lifted_at,
    ).model_dump(mode="json")
