"""Imports: a file comes in, its columns are matched, rows are looked at, and a worker does the rest."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import force_locale, get_locale, ngettext
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker import jobs, sheets
from matchmaker.clusters.models import Cluster
from matchmaker.clusters.queries import managed_clusters
from matchmaker.db import db
from matchmaker.imports import online, queries, running
from matchmaker.imports.exports import RUN
from matchmaker.imports.formats import Format
from matchmaker.imports.forms import LARGEST_FILE, AskForm, MappingForm, ReadingForm, UploadForm, chosen
from matchmaker.imports.labels import COLUMNS, PARTS
from matchmaker.imports.mapping import RECORDS
from matchmaker.imports.models import Duplicates, ImportRun, RunState
from matchmaker.imports.readers import FileKind, UnreadableFile
from matchmaker.items.labels import words_of
from matchmaker.items.pages import as_file, overtaken, page_number, url_of_page
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, permits
from matchmaker.suggestions.models import ItemKind
from matchmaker.translations import LANGUAGES
from matchmaker.uploads import takes_up_to

bp = Blueprint("imports", __name__, url_prefix="/desk/imports")


@bp.get("/")
@permits(Permission.IMPORT)
def index() -> str:
    """Every import that is the viewer's to look after, and the form for a new one."""
    return _index(UploadForm(formdata=None))


def _index(form: UploadForm, asking: AskForm | None = None) -> str:
    asking = asking or AskForm(formdata=None, prefix="ror")
    clusters = [(cluster.public_id, cluster.name) for cluster in managed_clusters(db.session, g.viewer)]
    form.offer(clusters, queries.kinds(g.viewer))
    asking.offer(clusters)
    page = paginate(db.session, queries.runs(g.viewer), page_number(), url_of_page)
    asks = online.is_on() and bool(clusters)
    return render_template("imports/index.html", form=form, page=page, asking=asking if asks else None)


@bp.get("/list.<file:format>")
@permits(Permission.IMPORT)
def listed(format: sheets.Format) -> Response:
    """The imports that the page lists, as a file."""
    return as_file(format, "imports", RUN, queries.runs(g.viewer))


@bp.post("/")
@takes_up_to(LARGEST_FILE)
@permits(Permission.IMPORT)
def upload() -> Any:
    """Take a file and guess what its columns mean."""
    form = UploadForm()
    clusters = {cluster.public_id: cluster for cluster in managed_clusters(db.session, g.viewer)}
    form.offer([(public_id, cluster.name) for public_id, cluster in clusters.items()], queries.kinds(g.viewer))
    if not form.validate():
        return _index(form), 422
    sent, kind = form.file.data, FileKind(form.kind.data)
    try:
        run = running.upload(
            db.session,
            None if kind is FileKind.CLUSTER else clusters[form.cluster.data],
            current_user._get_current_object(),
            kind=kind,
            filename=sent.filename.rpartition("/")[2],
            content=sent.read(),
        )
    except UnreadableFile as error:
        form.file.errors = [str(error)]
        return _index(form), 422
    db.session.commit()
    return redirect(url_for(".show", public_id=run.public_id))


@bp.post("/ror")
@permits(Permission.CURATE)
def ask() -> Any:
    """Ask ROR for an organisation, where this installation asks registries; its answer is a file like any other."""
    form = AskForm(prefix="ror")
    clusters = {cluster.public_id: cluster for cluster in managed_clusters(db.session, g.viewer)}
    form.offer([(public_id, cluster.name) for public_id, cluster in clusters.items()])
    if not form.validate():
        return _index(UploadForm(formdata=None), form), 422
    cluster_id = clusters[form.cluster.data].id
    # The answer may take seconds, for which nobody else should wait.
    db.session.rollback()
    try:
        content = online.organisations(form.words.data)
        run = running.upload(
            db.session,
            db.session.get_one(Cluster, cluster_id),
            current_user._get_current_object(),
            kind=FileKind.ORGANISATIONS,
            filename=f"{form.words.data}.ror.json",
            content=content,
        )
    except (online.NoAnswer, UnreadableFile):
        form.words.errors = [_("ROR knows none of that name, or gave no answer.")]
        return _index(UploadForm(formdata=None), form), 422
    db.session.commit()
    return redirect(url_for(".show", public_id=run.public_id))


@bp.get("/<public_id>")
@permits(Permission.IMPORT)
def show(public_id: str) -> str:
    """Where an import stands: its columns and first rows before it starts, its progress and result afterwards."""
    run = queries.run_or_refuse(db.session, public_id, g.viewer)
    form, reading = MappingForm(), ReadingForm(formdata=None)
    form.offer(run)
    reading.offer(run)
    page = paginate(db.session, queries.refused(run), page_number(), url_of_page)
    return render_template(
        "imports/show.html",
        run=run,
        form=form,
        reading=reading,
        columns=RECORDS[run.kind].model_fields,
        column_words=COLUMNS,
        record_kinds=words_of(ItemKind),
        parts=PARTS,
        foresight=running.foresee(db.session, run) if run.state is RunState.MAPPING else None,
        outcomes=queries.outcomes(db.session, run),
        refused=page,
        can_be_undone=running.can_be_undone(run),
    )


@bp.post("/<public_id>/columns")
@permits(Permission.IMPORT)
def columns(public_id: str) -> Any:
    """Say what the columns mean, and look at the rows again or start."""
    run = queries.run_or_refuse(db.session, public_id, g.viewer)
    form = MappingForm()
    form.offer(run)
    if not form.validate():
        abort(422)
    try:
        running.choose(
            run, chosen(run, request.form.to_dict()), Duplicates(form.duplicates.data), form.organisation.data or ""
        )
        if request.form.get("action") == "start":
            running.start(run)
            jobs.wake(db.session, "imports")
    except running.NotNow as error:
        return overtaken(error)
    db.session.commit()
    return redirect(url_for(".show", public_id=public_id))


@bp.post("/<public_id>/reading")
@permits(Permission.IMPORT)
def read_again(public_id: str) -> Any:
    """Take the file for something else than it was taken for."""
    run = queries.run_or_refuse(db.session, public_id, g.viewer)
    form = ReadingForm()
    form.offer(run)
    if not form.validate():
        abort(422)
    try:
        running.read_again(run, Format(form.format.data), FileKind(form.kind.data))
    except running.NotNow as error:
        return overtaken(error)
    except UnreadableFile as error:
        flash(str(error), "error")
    else:
        db.session.commit()
    return redirect(url_for(".show", public_id=public_id))


def _moved(public_id: str, move: Any, *, wake: bool = False) -> Any:
    """Move an import to another state, and go back to its page."""
    run = queries.run_or_refuse(db.session, public_id, g.viewer)
    try:
        move(run)
    except running.NotNow as error:
        return overtaken(error)
    if wake:
        jobs.wake(db.session, "imports")
    db.session.commit()
    return redirect(url_for(".show", public_id=public_id))


@bp.post("/<public_id>/pause")
@permits(Permission.IMPORT)
def pause(public_id: str) -> Any:
    """Stop after the rows at hand."""
    return _moved(public_id, running.pause)


@bp.post("/<public_id>/resume")
@permits(Permission.IMPORT)
def resume(public_id: str) -> Any:
    """Go on where it stopped."""
    return _moved(public_id, running.resume, wake=True)


@bp.post("/<public_id>/cancel")
@permits(Permission.IMPORT)
def cancel(public_id: str) -> Any:
    """End it; what came in stays until it is undone."""
    return _moved(public_id, running.cancel)


@bp.post("/<public_id>/undo")
@permits(Permission.IMPORT)
def undo(public_id: str) -> Any:
    """Take back what it did."""

    def take_back(run: ImportRun) -> None:
        kept = running.undo(db.session, run)
        flash(_("The import is undone."))
        if kept:
            flash(
                ngettext(
                    "One thing stays as it is, because somebody has worked on it since.",
                    "%(num)s things stay as they are, because somebody has worked on them since.",
                    kept,
                ),
                "info",
            )

    return _moved(public_id, take_back)


@bp.get("/<public_id>/result.csv")
@permits(Permission.IMPORT)
def result(public_id: str) -> Response:
    """What became of every row, as a file."""
    run = queries.run_or_refuse(db.session, public_id, g.viewer)
    names = ("line" if run.format.counts_lines else "record", "outcome", "reason")
    listed = [sheets.Column(name, itemgetter(place)) for place, name in enumerate(names)]
    # It goes back to whoever keeps the list, in the language of whoever brought it in.
    language = run.user.locale if run.user and run.user.locale in LANGUAGES else str(get_locale())
    with force_locale(language):
        return sheets.answer(
            f"import-{run.public_id}", sheets.Format.CSV, listed, queries.result_lines(db.session, run)
        )
