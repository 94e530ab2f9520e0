"""Write a cluster into a file, from which ``imports`` makes the same content under the same public ids elsewhere."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit, jobs
from matchmaker.audit import Event
from matchmaker.clusters.models import Cluster, ClusterMembership
from matchmaker.db import utcnow
from matchmaker.imports.contents import CLUSTER, FORMAT, VERSION
from matchmaker.transfers import queries
from matchmaker.transfers.models import ClusterExport


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
            "cluster": CLUSTER.row(cluster, ()),
            "written": utcnow().isoformat(timespec="seconds"),
            "counts": counts,
            # Files that two members sent one another are theirs; no manager reads them.
            "attachments": [],
        }
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return made.getvalue(), counts


_SIDES = (("need", "competence", "organisation"), ("partner", "test_field", "wanted"))


def _is_whole(verdict: dict[str, Any]) -> bool:
    """Whether both sides of a verdict travel with it."""
    return all(any(verdict[name] for name in side) for side in _SIDES)
