"""Write a cluster into a file, and make one from it: the same content under the same public ids."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit, jobs
from matchmaker.audit import Event
from matchmaker.clusters.models import Cluster, ClusterMembership
from matchmaker.db import utcnow
from matchmaker.transfers import queries
from matchmaker.transfers.contents import FORMAT, KINDS, VERSION, Kind, NotAsExpected
from matchmaker.transfers.models import ClusterExport

#: What a file may unpack to, and how long a row may be.
LARGEST, LONGEST = 1_000_000_000, 1_000_000
#: Rows of one transaction.
BATCH = 200


def ask(session: Session, cluster: Cluster, user_id: int) -> ClusterExport:
    """Have a worker write the cluster into a file; while one waits to be written, that one is given."""
    waiting = select(ClusterExport).where(ClusterExport.cluster_id == cluster.id, ClusterExport.ready_at.is_(None))
    found = session.scalar(waiting)
    if found is None:
        found = ClusterExport(cluster=cluster, user_id=user_id)
        session.add(found)
        session.flush()
        audit.record(session, Event.EXPORTED, actor_id=user_id, thing=cluster, facts={"export": found.public_id})
    jobs.wake(session, "cluster-exports")
    return found


def write(session: Session, cluster: Cluster) -> tuple[bytes, dict[str, int]]:
    """The cluster as a file, and how many rows of each kind are in it."""
    made = io.BytesIO()
    counts: dict[str, int] = {}
    known: set[tuple[str, str]] = set()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind, things in queries.leaving(session, cluster):
            known |= {(kind.name, thing.public_id) for thing in things}
            rows = [kind.row(thing, known) for thing in things]
            if kind.name == "verdicts":
                rows = [row for row in rows if _is_whole(row)]
            elif kind.name == "organisations":
                since = {
                    one.organisation.public_id: one.since
                    for one in session.scalars(
                        select(ClusterMembership).where(ClusterMembership.cluster_id == cluster.id)
                    )
                }
                rows = [row | {"since": (day := since[row["public_id"]]) and day.isoformat()} for row in rows]
            counts[kind.name] = len(rows)
            lines = "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
            archive.writestr(f"{kind.name}.jsonl", lines)
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "cluster": {name: getattr(cluster, name) for name in _CLUSTER},
            "written": utcnow().isoformat(timespec="seconds"),
            "counts": counts,
            # Files that two members sent one another are theirs; no manager reads them.
            "attachments": [],
        }
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return made.getvalue(), counts


_CLUSTER = ("public_id", "slug", "name", "description", "asks_second_step", "demonstration")
_SIDES = (("need", "competence", "organisation"), ("partner", "test_field", "wanted"))


def _is_whole(verdict: dict[str, Any]) -> bool:
    """Whether both sides of a verdict travel with it."""
    return all(any(verdict[name] for name in side) for side in _SIDES)


# --- In -------------------------------------------------------------------------------------------------------------


def read(content: bytes) -> tuple[dict[str, Any], zipfile.ZipFile]:
    """A file and what it says of itself. Raises NotAsExpected."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        if sum(part.file_size for part in archive.infolist()) > LARGEST:
            raise NotAsExpected("expected at most 1 GB unpacked, found more")
        manifest = json.loads(archive.read("manifest.json"))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, RecursionError) as error:
        raise NotAsExpected(
            "expected the file of a cluster (a ZIP with manifest.json), found something else"
        ) from error
    if not isinstance(manifest, dict) or (manifest.get("format"), manifest.get("version")) != (FORMAT, VERSION):
        raise NotAsExpected(f"expected {FORMAT}, version {VERSION}, found something else or a later version")
    cluster = manifest.get("cluster")
    if not isinstance(cluster, dict) or cluster.keys() != set(_CLUSTER) or not isinstance(cluster["name"], str):
        raise NotAsExpected("manifest.json: expected what the cluster is called, found something else")
    return manifest, archive


def bring_in(
    session: Session, content: bytes, *, after_batch: Callable[[], object]
) -> tuple[Cluster, Counter[tuple[str, str]]]:
    """Make the cluster of a file here, and count what was created and what was here before.

    What is here under the same public id stays as it is, so a file can come again, and one whose import was killed goes
    on. ``after_batch`` commits. Raises NotAsExpected with the file and line; what came in before stays.
    """
    manifest, archive = read(content)
    cluster = _cluster(session, manifest["cluster"])
    counts: Counter[tuple[str, str]] = Counter()
    here: dict[tuple[str, str], Any] = {}
    for kind in KINDS:
        for number, row in _rows(archive, f"{kind.name}.jsonl"):
            try:
                counts[kind.name, _put(session, kind, cluster, row, here)] += 1
            except NotAsExpected as error:
                raise NotAsExpected(f"{kind.name}.jsonl, line {number}: {error}") from error
            if number % BATCH == 0:
                after_batch()
        after_batch()
    return cluster, counts


def _cluster(session: Session, told: dict[str, Any]) -> Cluster:
    found = session.scalar(select(Cluster).where(Cluster.public_id == told["public_id"]))
    if found is not None:
        return found
    if session.scalar(select(Cluster).where(Cluster.slug == told["slug"])):
        raise NotAsExpected(f"expected no other cluster called {told['slug']} here, found one")
    made = Cluster(**told)
    session.add(made)
    session.flush()
    return made


def _rows(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        opened = archive.open(name)
    except KeyError as error:
        raise NotAsExpected(f"expected {name}, found no such file") from error
    with opened as lines:
        number = 0
        while line := lines.readline(LONGEST + 1):
            number += 1
            try:
                row = json.loads(line) if len(line) <= LONGEST else None
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict) or not isinstance(row.get("public_id"), str):
                raise NotAsExpected(f"{name}, line {number}: expected a JSON object with a public id")
            yield number, row


def _put(session: Session, kind: Kind, cluster: Cluster, row: dict[str, Any], here: dict[tuple[str, str], Any]) -> str:
    since = _day(row.pop("since", None)) if kind.name == "organisations" else None
    found = session.scalar(select(kind.model).where(kind.model.public_id == row["public_id"]))
    outcome = "here" if found is not None else "created"
    if found is None:
        values = kind.values(row)
        for name, other in kind.one:
            values[name] = _pointed_at(here, other, row[name]) if row[name] is not None else None
        for name, other in kind.several:
            values[name] = [_pointed_at(here, other, one) for one in row[name]]
        if values.get("source_key") and session.scalar(
            select(kind.model.id).where(kind.model.source_key == values["source_key"])
        ):
            raise NotAsExpected(f"expected nothing else here from the source {values['source_key']!r}, found something")
        found = kind.model(**values, **({"cluster": cluster} if kind.name == "verdicts" else {}))
        session.add(found)
    if kind.name == "organisations" and cluster.id not in found.cluster_ids:
        found.cluster_memberships.append(ClusterMembership(cluster_id=cluster.id, since=since))
    session.flush()
    here[kind.name, found.public_id] = found
    return outcome


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if value is not None else None
    except (TypeError, ValueError) as error:
        raise NotAsExpected(f"since: expected a day as ISO 8601 writes it, found {str(value)[:60]!r}") from error


def _pointed_at(here: dict[tuple[str, str], Any], kind: str, public_id: Any) -> Any:
    found = here.get((kind, public_id)) if isinstance(public_id, str) else None
    if found is None:
        raise NotAsExpected(f"expected one of {kind} in the same file, found {str(public_id)[:60]!r}")
    return found
