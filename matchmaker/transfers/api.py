"""Whole clusters as files, as a JSON resource: asked for, written by a worker, taken along.

They come in by ``/imports``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, g, jsonify, make_response
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.clusters.queries import managed_clusters
from matchmaker.db import db
from matchmaker.items.resources import ItemPath, Named, named
from matchmaker.paging import Order, walk
from matchmaker.permissions import Permission, permits
from matchmaker.transfers import operations, queries
from matchmaker.transfers.models import ClusterExport
from matchmaker.transfers.views import taken_along

blueprint = api.blueprint("transfers")
_tag = Tag(name="exports", description="A whole cluster as one file, for its managers.")


class ExportBody(BaseModel):
    """Which cluster is to be written."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"cluster": "k7m2pq4t9xwz"}})

    cluster: str = Field(max_length=12, description="Public id of a cluster that you manage; see /me.")


class ExportAnswer(BaseModel):
    """A file, written or about to be."""

    id: str
    cluster: Named
    by: Named | None
    created_at: datetime
    ready_at: datetime | None = Field(description="Since when it can be had; null while the worker has it before it.")
    counts: dict[str, int] = Field(description="How many rows of each kind are in it.")


class ExportsAnswer(api.PieceAnswer):
    """A piece of the list, the latest first."""

    items: list[ExportAnswer]


@blueprint.get("/exports", summary="List exports", tags=[_tag], responses={200: ExportsAnswer})
@permits(Permission.CURATE)
def listed(query: api.PieceQuery) -> Response:
    """The files of the last seven days of the clusters that you manage, the latest first."""
    order = Order(ClusterExport.created_at, datetime, descending=True)
    piece = walk(db.session, queries.exports_for(g.viewer), ClusterExport, order, after=query.cursor, limit=query.limit)
    return jsonify(piece.in_json([_as_json(one) for one in piece.items]))


@blueprint.post("/exports", summary="Have a cluster written", tags=[_tag], responses={202: ExportAnswer})
@permits(Permission.CURATE)
def ask(body: ExportBody) -> Response:
    """Have a worker write a cluster into a file. While one waits to be written, that one is answered."""
    cluster = next((one for one in managed_clusters(db.session, g.viewer) if one.public_id == body.cluster), None)
    if cluster is None:
        return api.invalid(cluster=_("expected a cluster that you manage"))
    export = operations.ask(db.session, cluster, g.viewer.user_id)
    db.session.commit()
    return make_response(jsonify(_as_json(export)), 202)


@blueprint.post("/exports/<public_id>/file", summary="Take a cluster along", tags=[_tag], responses=api.ZIP)
@permits(Permission.CURATE)
def download(path: ItemPath) -> Response:
    """The file, for a token that may take data along; that it was taken is on record."""
    return taken_along(queries.ready_or_refuse(db.session, path.public_id, g.viewer))


def _as_json(export: ClusterExport) -> dict[str, Any]:
    return ExportAnswer(
        id=export.public_id,
        cluster=Named(id=export.cluster.public_id, name=export.cluster.name),
        by=named(export.user),
        created_at=export.created_at,
        ready_at=export.ready_at,
        counts=export.counts,
    ).model_dump(mode="json")
