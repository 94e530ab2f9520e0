"""The manager's home."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request, url_for
from sqlalchemy import func, select

from matchmaker.db import db
from matchmaker.desk import queries
from matchmaker.introductions.queries import asked_where_nobody_is
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, permits
from matchmaker.reports.queries import waiting
from matchmaker.suggestions.readiness import percent_read

bp = Blueprint("desk", __name__, url_prefix="/desk")


@bp.get("/")
@permits(Permission.CURATE)
def index() -> str:
    """Needs to broker, gaps, members who can't be found, and what was decided last."""
    page = paginate(
        db.session,
        queries.needs_to_broker(g.viewer),
        request.args.get("page", 1, type=int),
        lambda number: url_for("desk.index", page=number),
        size=10,
    )
    silent = queries.members_without_offer(g.viewer)
    return render_template(
        "desk/index.html",
        page=page,
        verdict_counts=queries.verdict_counts(db.session, page.items),
        teasers=queries.teasers(db.session, g.viewer, limit=10),
        gaps=queries.gaps(db.session, g.viewer),
        silent=db.session.scalars(silent.limit(8)).all(),
        silent_count=db.session.scalar(select(func.count()).select_from(silent.order_by(None).subquery())),
        verdicts=queries.latest_verdicts(db.session, g.viewer, limit=6),
        reports_waiting=waiting(db.session, g.viewer),
        unanswered=db.session.scalars(asked_where_nobody_is(g.viewer).limit(8)).all(),
        percent_read=percent_read(db.session),
    )
