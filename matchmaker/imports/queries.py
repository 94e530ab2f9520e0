"""Reads about imports that managers started."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.imports.mapping import IN_TABLES
from matchmaker.imports.models import ImportedRow, ImportRun, Outcome
from matchmaker.imports.readers import FileKind
from matchmaker.permissions import NotPermitted, Permission, Viewer, allows


def runs(viewer: Viewer) -> Select[tuple[ImportRun]]:
    """The imports into the clusters that the viewer manages, and a platform admin's of whole ones; the latest first."""
    whole = ImportRun.cluster_id.is_(None) & literal(viewer.platform_admin)
    return (
        select(ImportRun)
        .where(or_(ImportRun.cluster_id.in_(viewer.manages), whole))
        .options(joinedload(ImportRun.cluster), joinedload(ImportRun.user))
        .order_by(ImportRun.id.desc())
    )


def run_or_refuse(session: Session, public_id: str, viewer: Viewer) -> ImportRun:
    """An import that is the viewer's to look after. Raises NotPermitted otherwise."""
    found = session.scalar(select(ImportRun).where(ImportRun.public_id == public_id))
    if found is None or not allows(viewer, Permission.IMPORT, found):
        raise NotPermitted(public_id)
    return found


def kinds(viewer: Viewer) -> list[FileKind]:
    """What the viewer may bring in."""
    return [*(IN_TABLES if viewer.manages else ()), *([FileKind.CLUSTER] if viewer.platform_admin else ())]


def outcomes(session: Session, run: ImportRun) -> dict[Outcome, int]:
    """How many rows ended how."""
    counted = (
        select(ImportedRow.outcome, func.count()).where(ImportedRow.run_id == run.id).group_by(ImportedRow.outcome)
    )
    return {Outcome(outcome): count for outcome, count in session.execute(counted)}


def refused(run: ImportRun) -> Select[tuple[ImportedRow]]:
    """The rows that could not be taken, in the order of the file."""
    return (
        select(ImportedRow)
        .where(ImportedRow.run_id == run.id, ImportedRow.outcome == Outcome.REFUSED)
        .order_by(ImportedRow.line)
    )


def result_lines(session: Session, run: ImportRun) -> Iterator[tuple[int, str, str]]:
    """Line, outcome and reason of every row, the reason in the reader's language."""
    rows = select(ImportedRow.line, ImportedRow.outcome, ImportedRow.reason).where(ImportedRow.run_id == run.id)
    for row in session.execute(rows.order_by(ImportedRow.id).execution_options(yield_per=1_000)):
        yield row.line, str(row.outcome), str(row.reason)
