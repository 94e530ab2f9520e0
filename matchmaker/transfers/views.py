"""Pages on which a manager takes a whole cluster along."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _

from matchmaker import audit
from matchmaker.accounts.security import ask_again
from matchmaker.audit import Event
from matchmaker.clusters.models import Cluster
from matchmaker.db import db
from matchmaker.items.pages import page_number, url_of_page
from matchmaker.paging import paginate
from matchmaker.permissions import NotPermitted, Permission, permits
from matchmaker.transfers import operations, queries
from matchmaker.transfers.models import ClusterExport

bp = Blueprint("transfers", __name__, url_prefix="/desk/exports")


@bp.get("/")
@permits(Permission.CURATE)
def index() -> str:
    """What of a cluster can be taken along, and the files that were written."""
    return render_template(
        "transfers/index.html",
        clusters=_managed(),
        page=paginate(db.session, queries.exports_for(g.viewer), page_number(), url_of_page),
    )


@bp.post("/<public_id>")
@permits(Permission.CURATE)
def ask(public_id: str) -> Any:
    """Have a cluster written into a file."""
    cluster = next((one for one in _managed() if one.public_id == public_id), None)
    if cluster is None:
        raise NotPermitted(public_id)
    if again := ask_again(url_for(".index")):
        return again
    operations.ask(db.session, cluster, g.viewer.user_id)
    db.session.commit()
    flash(_("%(cluster)s is being written into a file. It stands below in a minute or two.", cluster=cluster.name))
    return redirect(url_for(".index"))


def _managed() -> list[Cluster]:
    return [db.session.get_one(Cluster, one) for one in sorted(g.viewer.manages)]


@bp.post("/<public_id>/file")
@permits(Permission.CURATE)
def download(public_id: str) -> Any:
    """The file itself; who took it along is on record."""
    export = queries.ready_or_refuse(db.session, public_id, g.viewer)
    if again := ask_again(url_for(".index")):
        return again
    return taken_along(export)


def taken_along(export: ClusterExport) -> Response:
    """The file itself, on record as taken along by the viewer."""
    facts = {"export": export.public_id, "rows": sum(export.counts.values())}
    audit.record(db.session, Event.EXPORTED, actor_id=g.viewer.user_id, thing=export.cluster, facts=facts)
    name, content = f"{export.cluster.slug}-{export.created_at:%Y-%m-%d}.zip", export.content
    db.session.commit()
    made: Response = current_app.response_class(content, mimetype="application/zip")
    made.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    made.headers["Cache-Control"] = "no-store"
    return made
