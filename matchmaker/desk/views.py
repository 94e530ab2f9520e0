"""The manager's home."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import sheets
from matchmaker.clusters.exports import ORGANISATION
from matchmaker.clusters.models import Cluster
from matchmaker.clusters.queries import managed_clusters, managed_or_refuse
from matchmaker.db import db
from matchmaker.desk import queries
from matchmaker.desk.board import FEWEST, Figure, Period, board, periods
from matchmaker.introductions.queries import asked_where_nobody_is
from matchmaker.items.pages import as_file
from matchmaker.needs.exports import NEED
from matchmaker.paging import count, paginate
from matchmaker.permissions import Permission, permits
from matchmaker.reports.queries import waiting
from matchmaker.sheets import Format
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
        silent_count=count(db.session, silent),
        verdicts=queries.latest_verdicts(db.session, g.viewer, limit=6),
        reports_waiting=waiting(db.session, g.viewer),
        unanswered=db.session.scalars(asked_where_nobody_is(g.viewer).limit(8)).all(),
        percent_read=percent_read(db.session),
    )


@bp.get("/needs.<file:format>")
@permits(Permission.CURATE)
def needs(format: Format) -> Response:
    """The needs to broker, as a file."""
    return as_file(format, "needs", NEED, queries.needs_to_broker(g.viewer))


@bp.get("/not-found.<file:format>")
@permits(Permission.CURATE)
def silent(format: Format) -> Response:
    """The members that nobody can find, as a file."""
    return as_file(format, "members", ORGANISATION, queries.members_without_offer(g.viewer))


@bp.get("/gaps.<file:format>")
@permits(Permission.CURATE)
def gaps(format: Format) -> Response:
    """The fields in which more is sought than offered, as a file."""
    return sheets.answer(
        "gaps", format, sheets.columns("field", "sought", "offered"), queries.gaps(db.session, g.viewer)
    )


@bp.get("/board")
@permits(Permission.CURATE)
def for_the_board() -> str:
    """What came of it all in a quarter or year, on one page of paper."""
    cluster, period = _asked()
    return render_template(
        "desk/board.html",
        board=board(db.session, cluster, period),
        clusters=managed_clusters(db.session, g.viewer),
        periods=periods(),
        fewer=_fewer(),
    )


@bp.get("/board.<file:format>")
@permits(Permission.CURATE)
def figures(format: Format) -> Response:
    """The figures of the page as a file."""
    cluster, period = _asked()
    columns = (
        *sheets.columns("stage"),
        sheets.Column("figure", lambda one: one.name),
        sheets.Column(str(period), lambda one: _shown(one.now)),
        sheets.Column(str(period.before), lambda one: _shown(one.before)),
        *sheets.columns("meaning"),
    )
    made: list[Figure] = board(db.session, cluster, period).figures
    return sheets.answer(f"{cluster.slug}-{period}", format, columns, made)


def _asked() -> tuple[Cluster, Period]:
    """The cluster and period of the address; the first that the viewer manages, and the present quarter."""
    public_id = request.args.get("cluster", "")
    cluster = (
        managed_or_refuse(db.session, public_id, g.viewer) if public_id else managed_clusters(db.session, g.viewer)[0]
    )
    return cluster, Period.of(request.args.get("period", ""))


def _shown(number: int | None) -> int | str:
    return _fewer() if number is None else number


def _fewer() -> str:
    return str(_("fewer than %(number)s", number=FEWEST))
