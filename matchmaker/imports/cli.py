"""``matchmaker import``: files of organisations, statements and CORDIS projects, from the command line."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import click
from flask_babel import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Cluster
from matchmaker.commands import Group, option
from matchmaker.db import db
from matchmaker.imports import cordis as cordis_files
from matchmaker.imports.formats import Format, read_file
from matchmaker.imports.mapping import IN_TABLES, RECORDS, belonging_to
from matchmaker.imports.models import Outcome
from matchmaker.imports.operations import (
    Report,
    put_organisation,
    put_person,
    put_statement,
    run,
)
from matchmaker.imports.readers import BadRow, FileKind, Row, UnreadableFile
from matchmaker.imports.records import parse
from matchmaker.items.labels import label
from matchmaker.permissions import Visibility
from matchmaker.suggestions.cli import sync_index
from matchmaker.translations import Number

imports = Group("import", help="Bring in organisations, statements and projects from files.")
commands = (imports,)
T = TypeVar("T")

#: Values that their column does not take yet.
NOT_OFFERED = frozenset({("visibility", Visibility.TEASER)})
#: Rows named on the screen; all are named with --refused FILE.
SHOWN = 20

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_cluster = option("--cluster", "slug", help="The cluster they join; needed where there are several.")
_format = option(
    "--format",
    type=click.Choice([str(one) for one in Format]),
    help="What the file is written in; told from its content.",
)
_organisation = option("--organisation", default="", help="Whose the rows are that name none: key, ROR id or name.")
_dry_run = option("--dry-run", is_flag=True, help="Check and count everything, keep nothing.")
_refused = option(
    "--refused", "refused_file", type=click.Path(dir_okay=False, path_type=Path), help="Write refused rows here (CSV)."
)


@imports.command()
@_file
@_cluster
@_format
@_dry_run
@_refused
def organisations(file: Path, slug: str | None, format: str | None, dry_run: bool, refused_file: Path | None) -> None:
    """Organisations from a FILE: a table (`matchmaker import template organisations`), ROR, OpenAlex, CERIF, VIVO."""
    cluster = _the_cluster(slug)
    report = _put_rows(file, FileKind.ORGANISATIONS, lambda s, r: put_organisation(s, r, cluster), format, dry_run)
    _finish([(file.name, report)], dry_run, refused_file)


@imports.command()
@_file
@_organisation
@_format
@_dry_run
@_refused
def statements(file: Path, organisation: str, format: str | None, dry_run: bool, refused_file: Path | None) -> None:
    """Competences, needs, test fields and evidence from a FILE: a table, ORCID, PubMed, OpenAlex, CERIF, VIVO."""
    report = _put_rows(file, FileKind.STATEMENTS, put_statement, format, dry_run, organisation)
    _finish([(file.name, report)], dry_run, refused_file)


@imports.command()
@_file
@_organisation
@_format
@_dry_run
@_refused
def people(file: Path, organisation: str, format: str | None, dry_run: bool, refused_file: Path | None) -> None:
    """People's profiles from a FILE: a table, ORCID, OpenAlex, CERIF, VIVO; private unless a row says otherwise."""
    report = _put_rows(file, FileKind.PEOPLE, put_person, format, dry_run, organisation)
    _finish([(file.name, report)], dry_run, refused_file)


@imports.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_cluster
@_dry_run
@_refused
def cordis(directory: Path, slug: str | None, dry_run: bool, refused_file: Path | None) -> None:
    """Organisations and projects from a DIRECTORY of CORDIS files, published with their source and licence."""
    cluster = _the_cluster(slug)
    try:
        files = cordis_files.read(directory)
    except UnreadableFile as error:
        raise click.ClickException(str(error)) from error
    participants = _put_all(
        _("organisations"),
        list(enumerate(files.participants, start=1)),
        lambda session, participant: cordis_files.put_participant(session, participant, cluster),
        dry_run,
    )
    projects = _put_all(_("projects"), list(enumerate(files.projects, start=1)), cordis_files.put_project, dry_run)
    for name, row in files.refused:
        report = projects if name.startswith("project") else participants
        report.refuse(row)
    _finish([(_("organisations"), participants), (_("projects"), projects)], dry_run, refused_file)


@imports.command()
@click.argument("kind", type=click.Choice([str(kind) for kind in IN_TABLES]))
def template(kind: str) -> None:
    """Print a CSV file with every column and a second line that says what each may hold; replace that line."""
    model = RECORDS[FileKind(kind)]
    writer = csv.writer(sys.stdout)
    writer.writerow(model.model_fields)
    writer.writerow(describe(name, field.annotation) for name, field in model.model_fields.items())


def describe(column: str, annotation: Any) -> str:
    """What a cell of the column may hold."""
    parts = list(_parts(annotation))
    choices: list[str] = []
    for part in parts:
        if isinstance(part, type) and issubclass(part, StrEnum):
            choices = [str(member) for member in part if (column, member) not in NOT_OFFERED]
        elif get_origin(part) is Literal:
            choices = [value for value in get_args(part) if value]
    if choices:
        several = get_origin(annotation) is list
        listed = " | ".join(choices)
        return _("several of %(choices)s; separated by semicolons", choices=listed) if several else listed
    if column == "country":
        return _("two letters, for example DE")
    if column == "countries":
        return _("several of two letters, for example DE; separated by semicolons")
    if get_origin(annotation) is list:
        return _("several, separated by semicolons")
    for type_, words in {bool: "true | false", int: _("a whole number"), date: _("yyyy-mm-dd")}.items():
        if type_ in parts:
            return words
    return _("text")


def _parts(annotation: Any) -> Iterator[Any]:
    """An annotation and all that it is made of."""
    yield annotation
    if get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _parts(part)


def _the_cluster(slug: str | None) -> Cluster:
    """The cluster of that slug, or the only one there is."""
    clusters = db.session.scalars(select(Cluster).order_by(Cluster.id)).all()
    chosen = [cluster for cluster in clusters if slug in (None, cluster.slug)]
    if len(chosen) == 1:
        return chosen[0]
    if not clusters:
        raise click.ClickException(_("There is no cluster yet: `matchmaker clusters create NAME` first."))
    names = ", ".join(cluster.slug for cluster in clusters)
    raise click.ClickException(_("Say which cluster with --cluster: %(names)s.", names=names))


def _put_rows(
    file: Path,
    kind: FileKind,
    put: Callable[[Session, Any], Outcome],
    format: str | None,
    dry_run: bool,
    organisation: str = "",
) -> Report:
    try:
        rows = list(read_file(file, Format(format) if format else None, kind))
    except UnreadableFile as error:
        raise click.ClickException(str(error)) from error
    entries = [(row.line, belonging_to(row.values, organisation)) if isinstance(row, Row) else row for row in rows]
    return _put_all(file.name, entries, lambda session, values: put(session, parse(RECORDS[kind], values)), dry_run)


def _put_all(
    what: str, entries: Iterable[tuple[int, T] | BadRow], put: Callable[[Session, T], Outcome], dry_run: bool
) -> Report:
    """Put entries with a progress bar, committing batch by batch; a dry run is rolled back at its end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=len(entries) if isinstance(entries, Sized) else None)

        def after_batch(report: Report) -> None:
            if not dry_run:
                db.session.commit()
            progress.update(task, completed=report.rows)
            if not console.is_terminal:
                # A log has no moving bar; a line a batch says as much.
                click.echo(_("%(what)s: %(num)s rows", what=what, num=Number(report.rows)), err=True)

        return run(db.session, entries, put, after_batch=after_batch)


def _finish(reports: list[tuple[str, Report]], dry_run: bool, refused_file: Path | None) -> None:
    if dry_run:
        db.session.rollback()
    for what, report in reports:
        counts = ", ".join(f"{Number(report.outcomes[outcome])} {label(outcome)}" for outcome in Outcome)
        kept = _(" (dry run, nothing kept)") if dry_run else ""
        click.echo(f"{what}: {counts}{kept}")
        for row in report.refused[:SHOWN]:
            click.echo("  " + _("line %(line)d: %(reason)s", line=row.line, reason=row.reason))
        more = len(report.refused) - SHOWN
        if more > 0:
            click.echo("  " + _("… and %(num)s more (--refused FILE names them all)", num=Number(more)))
    if refused_file is not None:
        with refused_file.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("file", "line", "reason"))
            writer.writerows((what, row.line, row.reason) for what, report in reports for row in report.refused)
    if not dry_run and any(
        report.outcomes[Outcome.CREATED] + report.outcomes[Outcome.CHANGED] for _, report in reports
    ):
        sync_index()
