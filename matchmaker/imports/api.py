"""Imports as a JSON resource: a manager's file comes in, is matched, started, watched and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from flask import Response, g, jsonify, make_response, request, url_for
from flask_babel import gettext as _
from flask_openapi3 import RawModel, Tag
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from matchmaker import api, jobs
from matchmaker.accounts.models import User
from matchmaker.clusters.queries import managed_clusters
from matchmaker.db import db
from matchmaker.errors import answer
from matchmaker.imports import queries, running
from matchmaker.imports.formats import Format
from matchmaker.imports.forms import LARGEST_FILE
from matchmaker.imports.models import Duplicates, ImportedRow, ImportRun, Outcome, RunState
from matchmaker.imports.readers import FileKind, UnreadableFile
from matchmaker.items.resources import ItemPath, Named, named
from matchmaker.paging import Order, walk
from matchmaker.permissions import Permission, permits
from matchmaker.texts import clean_line
from matchmaker.uploads import takes_up_to

blueprint = api.blueprint("imports")
_tag = Tag(
    name="imports", description="Files on their way in: for cluster managers, and whole clusters for platform admins."
)


class UploadQuery(BaseModel):
    """What is sent."""

    model_config = ConfigDict(extra="forbid")

    cluster: str = Field(
        "", max_length=12, description="Public id of the cluster it is for; see /me. A whole cluster is for none."
    )
    kind: FileKind = Field(
        FileKind.ORGANISATIONS, description="Platform admins bring in a whole `cluster`, and only they."
    )
    filename: str = Field("list.csv", min_length=1, max_length=200, description="Its ending helps to tell what it is.")


class UploadFile(RawModel):
    """The file itself."""

    mimetypes: ClassVar[list[str]] = ["application/octet-stream"]


class MappingBody(BaseModel):
    """What the columns mean."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"mapping": {"name": "Firma", "country": "Land"}, "duplicates": "fill"}},
    )

    mapping: dict[str, str] | None = Field(None, max_length=60, description="Our column → the file's header.")
    duplicates: Duplicates | None = Field(None, description="What happens to those that are here already.")
    organisation: str | None = Field(
        None, max_length=200, description="Key, ROR id or name of the organisation of rows that name none."
    )


class ReadingBody(BaseModel):
    """What the file is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"format": "csv", "kind": "statements"}})

    format: Format | None = Field(None, description="What it is written in.")
    kind: FileKind | None = Field(None, description="Which of its rows come in.")


class RowsQuery(BaseModel):
    """Which rows."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome | None = None
    after: int = Field(0, ge=0, le=2**31 - 1, description="`next` of the piece before.")
    limit: int = Field(100, ge=1, le=1_000)


class RunAnswer(BaseModel):
    """Where an import stands."""

    id: str
    cluster: Named | None = Field(description="Null where the file brings its cluster with it.")
    by: Named | None
    kind: FileKind
    format: Format = Field(description="What the file was taken for.")
    filename: str
    state: RunState
    headers: list[str] = Field(description="The columns of the file.")
    mapping: dict[str, str] = Field(description="Our column → the file's header; guessed until you say otherwise.")
    duplicates: Duplicates
    organisation: str = Field(description="Whose rows are that name nobody.")
    total: int = Field(description="Rows in the file.")
    seen: int = Field(description="Rows that have been seen.")
    outcomes: dict[str, int] = Field(description="How many rows ended how.")
    can_be_undone: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class RunsAnswer(api.PieceAnswer):
    """A piece of the list, the latest first."""

    items: list[RunAnswer]


class RowAnswer(BaseModel):
    """What became of a row."""

    line: int
    outcome: Outcome
    reason: str


class RowsAnswer(BaseModel):
    """A piece of the result, in the order of the file."""

    items: list[RowAnswer]
    next: int | None = Field(description="Send it as `after` for what follows; null at the end.")


class ForeseenAnswer(BaseModel):
    """What an import would do, from its first rows, or all rows of a whole cluster; nothing is changed."""

    looked_at: int
    outcomes: dict[str, int]
    refused: list[RowAnswer]


@blueprint.get("/imports", summary="List imports", tags=[_tag], responses={200: RunsAnswer})
@permits(Permission.IMPORT)
def listed(query: api.PieceQuery) -> Response:
    """Every import into the clusters that you manage, and of whole clusters for a platform admin; the latest first."""
    order = Order(ImportRun.created_at, datetime, descending=True)
    piece = walk(db.session, queries.runs(g.viewer), ImportRun, order, after=query.cursor, limit=query.limit)
    return jsonify(piece.in_json([_as_json(run) for run in piece.items]))


@blueprint.post("/imports", summary="Send a file", tags=[_tag], responses={201: RunAnswer})
@takes_up_to(LARGEST_FILE)
@permits(Permission.IMPORT)
def upload(query: UploadQuery, raw: UploadFile) -> Response:
    """Take a file and guess what its columns mean. Nothing comes in before it is started."""
    clusters = {cluster.public_id: cluster for cluster in managed_clusters(db.session, g.viewer)}
    if query.kind not in queries.kinds(g.viewer):
        return api.invalid(kind=_("expected one of: %(expected)s", expected=", ".join(queries.kinds(g.viewer))))
    if query.kind is not FileKind.CLUSTER and query.cluster not in clusters:
        return api.invalid(cluster=_("expected a cluster that you manage"))
    try:
        run = running.upload(
            db.session,
            None if query.kind is FileKind.CLUSTER else clusters[query.cluster],
            db.session.get_one(User, g.viewer.user_id),
            kind=query.kind,
            filename=clean_line(query.filename).rpartition("/")[2],
            content=request.get_data(),
        )
    except UnreadableFile as error:
        return api.invalid(file=error)
    db.session.commit()
    response = make_response(jsonify(_as_json(run)), 201)
    response.headers["Location"] = url_for("api_imports.read", public_id=run.public_id)
    return response


@blueprint.get("/imports/<public_id>", summary="Read an import", tags=[_tag], responses={200: RunAnswer})
@permits(Permission.IMPORT)
def read(path: ItemPath) -> Response:
    """Where an import stands."""
    return jsonify(_as_json(_run(path)))


@blueprint.get("/imports/<public_id>/preview", summary="Look ahead", tags=[_tag], responses={200: ForeseenAnswer})
@permits(Permission.IMPORT)
def preview(path: ItemPath) -> Response:
    """What the first rows would become; nothing is changed."""
    run = _run(path)
    if run.state is not RunState.MAPPING:
        return make_response(*answer(409, _("It has been started.")))
    seen = running.foresee(db.session, run, examples=0)
    refused = [RowAnswer(line=row.line, outcome=Outcome.REFUSED, reason=str(row.reason)) for row in seen.refused[:100]]
    return jsonify(
        ForeseenAnswer(looked_at=seen.looked_at, outcomes=dict(seen.outcomes), refused=refused).model_dump(mode="json")
    )


@blueprint.get("/imports/<public_id>/rows", summary="Read the result", tags=[_tag], responses={200: RowsAnswer})
@permits(Permission.IMPORT)
def rows(path: ItemPath, query: RowsQuery) -> Response:
    """What became of every row, with the reason where it was refused."""
    run = _run(path)
    wanted = select(ImportedRow).where(ImportedRow.run_id == run.id, ImportedRow.line > query.after)
    if query.outcome is not None:
        wanted = wanted.where(ImportedRow.outcome == query.outcome)
    found = db.session.scalars(wanted.order_by(ImportedRow.line).limit(query.limit + 1)).all()
    items = [RowAnswer(line=row.line, outcome=row.outcome, reason=str(row.reason)) for row in found[: query.limit]]
    following = items[-1].line if len(found) > query.limit else None
    return jsonify(RowsAnswer(items=items, next=following).model_dump(mode="json"))


@blueprint.post("/imports/<public_id>/mapping", summary="Match the columns", tags=[_tag], responses={200: RunAnswer})
@permits(Permission.IMPORT)
def match(path: ItemPath, body: MappingBody) -> Response:
    """Say what the columns mean, and what happens to organisations that are here already."""

    def choose(run: ImportRun) -> None:
        mapping = run.mapping if body.mapping is None else body.mapping
        organisation = run.organisation if body.organisation is None else clean_line(body.organisation)
        running.choose(run, mapping, body.duplicates or run.duplicates, organisation)

    return _moved(path, choose)


@blueprint.post(
    "/imports/<public_id>/reading", summary="Read the file as something else", tags=[_tag], responses={200: RunAnswer}
)
@permits(Permission.IMPORT)
def reading(path: ItemPath, body: ReadingBody) -> Response:
    """Read the file as something else than it was taken for; its columns are guessed anew."""
    try:
        return _moved(path, lambda run: running.read_again(run, body.format or run.format, body.kind or run.kind))
    except UnreadableFile as error:
        db.session.rollback()
        return api.invalid(file=error)


@blueprint.post("/imports/<public_id>/start", summary="Start an import", tags=[_tag], responses={200: RunAnswer})
@permits(Permission.IMPORT)
def start(path: ItemPath) -> Response:
    """Let the worker begin."""
    return _moved(path, running.start, wake=True)


@blueprint.post("/imports/<public_id>/pause", summary="Pause an import", tags=[_tag], responses={200: RunAnswer})
@permits(Permission.IMPORT)
def pause(path: ItemPath) -> Response:
    """Stop after the rows at hand."""
    return _moved(path, running.pause)


@blueprint.post("/imports/<public_id>/resume", summary="Resume an import", tags=[_tag], responses={200: RunAnswer})
@permits(Permission.IMPORT)
def resume(path: ItemPath) -> Response:
    """Go on where it stopped."""
    return _moved(path, running.resume, wake=True)


@blueprint.post("/imports/<public_id>/cancel", summary="Cancel an import", tags=[_tag], responses={200: RunAnswer})
@permits(Permission.IMPORT)
def cancel(path: ItemPath) -> Response:
    """End it; what came in stays until it is undone."""
    return _moved(path, running.cancel)


@blueprint.post("/imports/<public_id>/undo", summary="Undo an import", tags=[_tag], responses={200: RunAnswer})
@permits(Permission.IMPORT)
def undo(path: ItemPath) -> Response:
    """Take back what it did, within a day; what somebody has worked on since stays."""
    return _moved(path, lambda run: running.undo(db.session, run))


def _run(path: ItemPath) -> ImportRun:
    return queries.run_or_refuse(db.session, path.public_id, g.viewer)


def _moved(path: ItemPath, move: Callable[[ImportRun], object], *, wake: bool = False) -> Response:
    run = _run(path)
    try:
        move(run)
    except running.NotNow:
        return make_response(*answer(409, _("This can't be done while it is %(state)s.", state=run.state)))
    if wake:
        jobs.wake(db.session, "imports")
    db.session.commit()
    return jsonify(_as_json(run))


def _as_json(run: ImportRun) -> dict[str, Any]:
    return RunAnswer(
        id=run.public_id,
        cluster=run.cluster and Named(id=run.cluster.public_id, name=run.cluster.name),
        by=named(run.user),
        seen=run.position,
        outcomes={str(outcome): count for outcome, count in queries.outcomes(db.session, run).items()},
        can_be_undone=running.can_be_undone(run),
        **{
            name: getattr(run, name)
            for name in (
                "kind", "format", "filename", "state", "headers", "mapping", "duplicates", "organisation", "total",
                "created_at", "started_at", "ended_at",
            )
        },
    ).model_dump(mode="json")  # fmt: skip
