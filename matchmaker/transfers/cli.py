"""``matchmaker cluster``: a whole cluster out of this installation, and one of another into it."""

from __future__ import annotations

from pathlib import Path

import click
from flask_babel import gettext as _
from sqlalchemy import select

from matchmaker.clusters.models import Cluster
from matchmaker.commands import Group
from matchmaker.db import db
from matchmaker.imports import whole
from matchmaker.imports.contents import KINDS
from matchmaker.imports.models import Outcome
from matchmaker.imports.readers import UnreadableFile
from matchmaker.imports.records import RowRefused
from matchmaker.suggestions.cli import sync_index
from matchmaker.transfers import operations

cluster = Group("cluster", help="A whole cluster as one file: export, import.")
commands = (cluster,)


@cluster.command("export")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_one(slug: str, file: Path) -> None:
    """Write the cluster SLUG into FILE: what each of its managers may read."""
    found = db.session.scalar(select(Cluster).where(Cluster.slug == slug))
    if found is None:
        raise click.ClickException(
            _("expected the short name of a cluster (`matchmaker clusters list`), found “%(found)s”", found=slug)
        )
    content, counts = operations.write(db.session, found)
    file.write_bytes(content)
    click.echo(", ".join(f"{number} {name}" for name, number in counts.items()))


@cluster.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_one(file: Path) -> None:
    """Make the cluster of FILE here. What is here already stays as it is, so the same file may come again."""
    try:
        came, counts = whole.bring_in(db.session, file.name, file.read_bytes(), after_batch=db.session.commit)
    except (UnreadableFile, RowRefused) as error:
        db.session.rollback()
        raise click.ClickException(str(error)) from error
    click.echo(f"{came.slug}\t{came.name}")
    # What comes next writes in transactions of its own.
    db.session.commit()
    for kind in KINDS:
        made = counts[kind.name, Outcome.CREATED]
        here = counts[kind.name, Outcome.CHANGED] + counts[kind.name, Outcome.UNCHANGED]
        click.echo(_("%(kind)s: %(made)s created, %(here)s here already", kind=kind.name, made=made, here=here))
    if any(outcome is Outcome.CREATED for _name, outcome in counts):
        sync_index()
