"""An import that a manager started on a page: from the uploaded file, batch by batch, to what became of each row.

Every batch is one transaction: its rows, what became of them, and how far the import has come. So it can be killed at
any moment, and the next run goes on with the row after the last one that counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Cluster, Organisation
from matchmaker.clusters.queries import look_alikes
from matchmaker.db import utcnow
from matchmaker.imports import undoing, whole
from matchmaker.imports.formats import Format, detect, kinds_in, read
from matchmaker.imports.mapping import RECORDS, belonging_to, guess, translated
from matchmaker.imports.models import Duplicates, ImportedRow, ImportRun, Outcome, RunState
from matchmaker.imports.operations import (
    behind,
    known_organisation,
    organisation_values,
    put_organisation,
    put_person,
    put_statement,
)
from matchmaker.imports.readers import MOST_COLUMNS, BadRow, FileKind, Row, UnreadableFile
from matchmaker.imports.records import OrganisationRecord, PartRecord, PersonRecord, RowRefused, parse
from matchmaker.items.labels import label
from matchmaker.sentences import Sentence, joined
from matchmaker.sentences import sentence as _

#: Rows of one transaction: few, because on SQLite nobody else can write meanwhile.
BATCH = 25
#: Rows that are looked at before an import starts.
FORESEEN = 500
#: How long an import can be undone.
UNDO = timedelta(days=1)
#: States in which an import has not come to its end.
OPEN = (RunState.MAPPING, RunState.RUNNING, RunState.PAUSED)


class NotNow(Exception):
    """The import is in a state in which this can't be done."""


def upload(
    session: Session, cluster: Cluster | None, user: User | None, *, kind: FileKind, filename: str, content: bytes
) -> ImportRun:
    """Keep a file, tell its format and guess what its columns mean; a file of a whole cluster is for none that is here.

    Raises UnreadableFile.
    """
    run = ImportRun(cluster=cluster, user=user, filename=filename[:200], content=content)
    _look_into(run, detect(filename, content), kind)
    session.add(run)
    session.flush()
    return run


def read_again(run: ImportRun, format: Format, kind: FileKind) -> None:
    """Read the file as something else than it was taken for. Raises NotNow once it runs, UnreadableFile."""
    _require(run, RunState.MAPPING)
    _look_into(run, format, kind)


def _look_into(run: ImportRun, format: Format, kind: FileKind) -> None:
    # Who may write into one cluster must not bring in others, whatever the file calls itself.
    brings_cluster = run.cluster is None
    if (kind is FileKind.CLUSTER, format is Format.CLUSTER) != (brings_cluster, brings_cluster):
        raise UnreadableFile(
            run.filename,
            _("expected the file of a whole cluster, found something else")
            if brings_cluster
            else _("expected a file for one cluster, found a whole cluster"),
        )
    rows = list(read(run.filename, run.content, format, kind))
    named = dict.fromkeys(name for row in rows if isinstance(row, Row) for name in row.values)
    headers = list(islice(named, MOST_COLUMNS))
    if not headers:
        others = kinds_in(run.filename, run.content, format)
        raise UnreadableFile(
            run.filename,
            _(
                "expected rows of the kind “%(kind)s”, found %(others)s",
                kind=label(kind),
                others=joined([_("“%(kind)s” (%(num)s)", kind=label(other), num=n) for other, n in others.items()]),
            )
            if others
            else _("expected at least one row below the names of the columns, or one record, found none"),
        )
    run.format, run.kind, run.headers, run.total = format, kind, headers, len(rows)
    run.mapping = guess(kind, headers)


def choose(run: ImportRun, mapping: dict[str, str], duplicates: Duplicates, organisation: str = "") -> None:
    """Say what the columns mean, what happens to those that are here, and whose rows are that name nobody.

    Raises NotNow once it runs.
    """
    _require(run, RunState.MAPPING)
    run.duplicates = duplicates
    if run.kind is FileKind.CLUSTER:
        # Its rows are no table of somebody's own.
        return
    known = RECORDS[run.kind].model_fields
    run.mapping = {c: header for c, header in mapping.items() if c in known and header in run.headers}
    if run.kind in (FileKind.STATEMENTS, FileKind.PEOPLE):
        run.organisation = organisation[:200]


def start(run: ImportRun) -> None:
    """Let the worker begin. Raises NotNow."""
    _require(run, RunState.MAPPING)
    run.state, run.started_at = RunState.RUNNING, utcnow()


def pause(run: ImportRun) -> None:
    """Stop after the batch at hand. Raises NotNow."""
    _require(run, RunState.RUNNING)
    run.state = RunState.PAUSED


def resume(run: ImportRun) -> None:
    """Go on where it stopped. Raises NotNow."""
    _require(run, RunState.PAUSED)
    run.state = RunState.RUNNING


def cancel(run: ImportRun) -> None:
    """End it for good; what came in stays until it is undone. Raises NotNow."""
    _require(run, *OPEN)
    run.state, run.ended_at = RunState.CANCELLED, utcnow()


def can_be_undone(run: ImportRun) -> bool:
    """Whether an import has ended less than a day ago and has not been undone."""
    return (
        run.state in (RunState.DONE, RunState.CANCELLED)
        and run.ended_at is not None
        and utcnow() - run.ended_at < UNDO
        and run.position > 0
    )


def undo(session: Session, run: ImportRun) -> int:
    """Take back what the import did; returns how many things stay because somebody has worked on them since.

    Raises NotNow after a day.
    """
    if not can_be_undone(run):
        raise NotNow(run.state)
    kept = 0
    rows = select(ImportedRow).where(ImportedRow.run_id == run.id).order_by(ImportedRow.id.desc())
    for row in session.scalars(rows.execution_options(yield_per=500)):
        # What was made last goes first: an organisation's membership in the cluster before the organisation.
        kept += sum(not undoing.take_back(session, change) for change in reversed(row.changes))
    run.state = RunState.UNDONE
    session.flush()
    return kept


def _require(run: ImportRun, *states: RunState) -> None:
    if run.state not in states:
        raise NotNow(run.state)


# --- Rows -----------------------------------------------------------------------------------------------------------


def _record(run: ImportRun, row: Row) -> Any:
    values = translated(run.kind, run.mapping, row.values)
    return parse(RECORDS[run.kind], belonging_to(values, run.organisation))


def _put(session: Session, run: ImportRun, record: Any) -> Outcome:
    """Put a row in a manager's name, who may write for organisations of the own cluster that nobody looks after; or one
    of a whole cluster in a platform admin's.
    """
    if isinstance(record, PartRecord):
        return whole.put_part(session, record)
    refusal = partial(_refusal, run)
    if isinstance(record, PersonRecord):
        return put_person(session, record, refusal, duplicates=run.duplicates)
    if not isinstance(record, OrganisationRecord):
        return put_statement(session, record, refusal)
    here = known_organisation(session, record) or _look_alike(session, record)
    if here is None:
        return put_organisation(session, record, run.cluster)
    if reason := refusal(here):
        raise RowRefused(reason)
    if here.source_key is not None and known_organisation(session, record) is here:
        return put_organisation(session, record, run.cluster)
    return _fill(session, here, record) if run.duplicates is Duplicates.FILL else Outcome.UNCHANGED


def _look_alike(session: Session, record: OrganisationRecord) -> Organisation | None:
    alike = look_alikes(session, name=record.name, ror=record.ror, website=record.website)
    return alike[0][0] if alike else None


def _refusal(run: ImportRun, organisation: Organisation) -> Sentence | None:
    name = organisation.name
    if run.cluster_id not in organisation.cluster_ids:
        return _("%(name)s: expected an organisation of this cluster, found one that has not joined it", name=name)
    if organisation.has_admin:
        return _("%(name)s: its own people look after it, so nothing was changed; send them the row", name=name)
    return None


def _fill(session: Session, here: Organisation, record: OrganisationRecord) -> Outcome:
    """Fill blanks; nothing that stands there is replaced."""
    blank = {
        name: value
        for name, value in organisation_values(record).items()
        if name not in ("type", "is_sme") and value and not getattr(here, name)
    }
    for name, value in blank.items():
        setattr(here, name, value)
    session.flush()
    return Outcome.CHANGED if blank else Outcome.UNCHANGED


def advance(session: Session, run: ImportRun, rows: Sequence[Row | BadRow]) -> None:
    """Put the next batch of the file's rows, and end the import with the last one; the caller commits."""
    batch = list(islice(rows, run.position, run.position + BATCH))
    for row in batch:
        with undoing.noting(session) as changes:
            outcome, reason = Outcome.REFUSED, Sentence("")
            try:
                if isinstance(row, BadRow):
                    reason = row.reason
                else:
                    with session.begin_nested():
                        outcome = _put(session, run, _record(run, row))
            except RowRefused as refusal:
                reason = refusal.reason
            except OperationalError:
                # The database is busy or gone: that is no fault of the row, the batch comes again.
                raise
            except (SQLAlchemyError, ValueError) as error:
                reason = _("this row could not be taken (%(error)s)", error=type(error).__name__)
        session.add(
            ImportedRow(
                run_id=run.id,
                line=row.line,
                outcome=outcome,
                reason=reason,
                changes=[] if outcome is Outcome.REFUSED else changes,
            )
        )
    run.position += len(batch)
    if run.position >= len(rows):
        run.state, run.ended_at = RunState.DONE, utcnow()
    session.flush()


# --- Looking ahead --------------------------------------------------------------------------------------------------


@dataclass
class Foresight:
    """What an import would do, from its first rows; from all of them where they bring a whole cluster."""

    #: How many rows were looked at.
    looked_at: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    #: Records as they would come in, with the line and what is here already.
    examples: list[tuple[int, Any, Organisation | None]] = field(default_factory=list)
    refused: list[BadRow] = field(default_factory=list)
    #: The cluster that comes in, and what would become of each kind in it.
    cluster: str = ""
    parts: dict[str, Counter[str]] = field(default_factory=dict)


def foresee(session: Session, run: ImportRun, *, examples: int = 8) -> Foresight:
    """Read the first rows as they would come in, and change nothing."""
    if run.kind is FileKind.CLUSTER:
        ahead = whole.foresee(session, read(run.filename, run.content, run.format))
        outcomes = sum(ahead.parts.values(), Counter())
        return Foresight(run.total, outcomes, [], ahead.refused, ahead.cluster, ahead.parts)
    seen = Foresight()
    for row in islice(read(run.filename, run.content, run.format, run.kind), FORESEEN):
        seen.looked_at += 1
        try:
            if isinstance(row, BadRow):
                raise RowRefused(row.reason)
            record = _record(run, row)
            here = _here(session, run, record)
        except RowRefused as refusal:
            seen.outcomes["refused"] += 1
            seen.refused.append(BadRow(row.line, refusal.reason))
            continue
        seen.outcomes["known" if here and run.kind is FileKind.ORGANISATIONS else "new"] += 1
        if len(seen.examples) < examples:
            seen.examples.append((row.line, record, here))
    return seen


def _here(session: Session, run: ImportRun, record: Any) -> Organisation | None:
    """The organisation a row is about, if it is here. Raises RowRefused as the import itself would."""
    if not isinstance(record, OrganisationRecord):
        return behind(session, record, partial(_refusal, run))[0]
    here = known_organisation(session, record) or _look_alike(session, record)
    if here is not None and (refusal := _refusal(run, here)):
        raise RowRefused(refusal)
    return here
