"""A whole cluster on its way in: the same things under the same public ids, so that it can come again and go on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Cluster, ClusterMembership
from matchmaker.imports.contents import BY_NAME, CLUSTER, Kind
from matchmaker.imports.formats import cluster as cluster_file
from matchmaker.imports.models import Outcome
from matchmaker.imports.operations import BATCH
from matchmaker.imports.readers import BadRow, Row, UnreadableFile
from matchmaker.imports.records import PartRecord, RowRefused, parse
from matchmaker.sentences import sentence as _

_NO_CLUSTER = RowRefused(_("expected the cluster that the file begins with, found that it was refused"))
#: What a file may unpack to on the command line, where nobody sends one unasked.
LARGEST = 1_000_000_000


def put_part(session: Session, record: PartRecord) -> Outcome:
    """Make one thing of a cluster's file; what is here under its public id stays as it is. Raises RowRefused."""
    try:
        return _put(session, BY_NAME[record.part], record)
    except RowRefused as refusal:
        raise _at(record, refusal) from refusal


def _at(record: PartRecord, refusal: RowRefused) -> RowRefused:
    return RowRefused(_("%(name)s: %(reason)s", name=record.place, reason=refusal.reason))


def _put(session: Session, kind: Kind, record: PartRecord) -> Outcome:
    cluster = None
    if kind is not CLUSTER:
        cluster = session.scalar(select(Cluster).where(Cluster.public_id == record.cluster))
        if cluster is None:
            raise _NO_CLUSTER
    row = dict(record.row)
    since = _day(row.pop("since", None)) if kind.name == "organisations" else None
    found = session.scalar(select(kind.model).where(kind.model.public_id == row["public_id"]))
    outcome = Outcome.UNCHANGED
    if found is None:
        outcome = Outcome.CREATED
        values = kind.values(row)
        for name, other in kind.one:
            values[name] = _pointed_at(session, other, row[name]) if row[name] is not None else None
        for name, other in kind.several:
            values[name] = [_pointed_at(session, other, one) for one in row[name]]
        for column in _ALONE:
            if values.get(column) and session.scalar(_of(kind, column, [values[column]])):
                raise _taken(column, values[column])
        found = kind.model(**values, **({"cluster": cluster} if kind.name == "verdicts" else {}))
        session.add(found)
    if cluster is not None and kind.name == "organisations" and cluster.id not in found.cluster_ids:
        found.cluster_memberships.append(ClusterMembership(cluster_id=cluster.id, since=since))
        if outcome is Outcome.UNCHANGED:
            outcome = Outcome.CHANGED
    session.flush()
    return outcome


#: Columns in which no two things of a kind are alike, besides their public ids.
_ALONE = ("source_key", "slug")


def _of(kind: Kind, column: str, values: Iterable[str]) -> Any:
    of = getattr(kind.model, column)
    return select(of).where(of.in_(values))


def _taken(column: str, value: str) -> RowRefused:
    if column == "slug":
        return RowRefused(_("expected no other cluster called “%(name)s” here, found one", name=value))
    return RowRefused(_("expected nothing else here from the source “%(source)s”, found something", source=value))


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if value is not None else None
    except (TypeError, ValueError) as error:
        expected = _("expected a date as ISO 8601 writes it")
        raise RowRefused(
            _("%(column)s: %(expected)s, found “%(found)s”", column="since", expected=expected, found=str(value)[:60])
        ) from error


def _pointed_at(session: Session, kind: str, public_id: Any) -> Any:
    model = BY_NAME[kind].model
    found = None
    if isinstance(public_id, str):
        found = session.scalar(select(model).where(model.public_id == public_id))
    if found is None:
        raise _not_before(kind, public_id)
    return found


def _not_before(kind: str, public_id: Any) -> RowRefused:
    return RowRefused(
        _("expected one of %(kind)s that came in before, found “%(found)s”", kind=kind, found=str(public_id)[:60])
    )


def bring_in(
    session: Session, name: str, content: bytes, *, after_batch: Callable[[], object]
) -> tuple[Cluster, Counter[tuple[str, Outcome]]]:
    """Make the cluster of a file here, and count what became of each kind.

    ``after_batch`` commits. Raises UnreadableFile, or RowRefused at the first row that does not fit; what came in
    before stays, so that the mended file goes on.
    """
    counts: Counter[tuple[str, Outcome]] = Counter()
    cluster: Cluster | None = None
    for number, row in enumerate(cluster_file.rows(name, content, LARGEST), start=1):
        if isinstance(row, BadRow):
            raise RowRefused(row.reason)
        record = parse(PartRecord, row.values)
        counts[record.part, put_part(session, record)] += 1
        cluster = cluster or session.scalars(select(Cluster).where(Cluster.public_id == record.cluster)).one()
        if number % BATCH == 0:
            after_batch()
    after_batch()
    if cluster is None:
        raise UnreadableFile(name, _("expected the file of a whole cluster, found something else"))
    return cluster, counts


# --- Looking ahead --------------------------------------------------------------------------------------------------


@dataclass
class Foresight:
    """What a cluster's file would do, from all of its rows."""

    cluster: str = ""
    #: For each kind how many are new, here already, and would be refused.
    parts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    refused: list[BadRow] = field(default_factory=list)


def foresee(session: Session, rows: Iterable[Row | BadRow]) -> Foresight:
    """Look at every row as it would come in, and change nothing."""
    seen = Foresight()
    ahead = _Ahead(session, list(rows))
    for row in ahead.rows:
        part = row.values["part"] if isinstance(row, Row) else ""
        try:
            outcome = ahead.outcome(row)
        except RowRefused as refusal:
            outcome = "refused"
            seen.refused.append(BadRow(row.line, refusal.reason))
        seen.parts[part][outcome] += 1
        if part == CLUSTER.name and isinstance(row, Row):
            seen.cluster = str(row.values["row"].get("name", ""))
    return seen


class _Ahead:
    """The rows of a file beside what is here already, asked once for each kind."""

    def __init__(self, session: Session, rows: list[Row | BadRow]) -> None:
        self.rows = rows
        self.here: dict[tuple[str, str], set[str]] = {}
        self.came: set[tuple[str, str]] = set()
        for kind in BY_NAME.values():
            told = [row.values["row"] for row in rows if isinstance(row, Row) and row.values["part"] == kind.name]
            for column in ("public_id", *(one for one in _ALONE if one in kind.carried)):
                wanted = [one[column] for one in told if isinstance(one.get(column), str) and one[column]]
                found = self.here.setdefault((kind.name, column), set())
                for at in range(0, len(wanted), 500):
                    found.update(session.scalars(_of(kind, column, wanted[at : at + 500])))

    def outcome(self, row: Row | BadRow) -> str:
        """Whether a row is new or known. Raises RowRefused as the import itself would."""
        if isinstance(row, BadRow):
            raise RowRefused(row.reason)
        record = parse(PartRecord, row.values)
        kind, told = BY_NAME[record.part], dict(record.row)
        try:
            if kind is not CLUSTER and (CLUSTER.name, record.cluster) not in self.came:
                raise _NO_CLUSTER
            if kind.name == "organisations":
                _day(told.pop("since", None))
            outcome = "known" if told["public_id"] in self.here[kind.name, "public_id"] else "new"
            if outcome == "new":
                self._fits(kind, told)
        except RowRefused as refusal:
            raise _at(record, refusal) from refusal
        self.came.add((kind.name, told["public_id"]))
        return outcome

    def _fits(self, kind: Kind, told: dict[str, Any]) -> None:
        values = kind.values(told)
        for column in _ALONE:
            if values.get(column) and values[column] in self.here[kind.name, column]:
                raise _taken(column, values[column])
        pointers = [(other, told[name]) for name, other in kind.one if told[name] is not None]
        pointers += [(other, one) for name, other in kind.several for one in told[name]]
        for other, public_id in pointers:
            if (other, str(public_id)) not in self.came:
                raise _not_before(other, public_id)
