"""The worker's part of transfers: write what was asked for, and let go of what is a week old."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Cluster
from matchmaker.clusters.queries import viewer_for
from matchmaker.db import db, reading, utcnow, writing
from matchmaker.jobs import job
from matchmaker.transfers import operations
from matchmaker.transfers.models import KEPT, ClusterExport


@job("cluster-exports", every=timedelta(minutes=5))
def write_exports() -> None:
    """Write every cluster that a manager has asked for; who manages it no longer gets nothing."""
    with writing(), Session(db.engine) as session:
        for export in session.scalars(select(ClusterExport).where(ClusterExport.created_at <= utcnow() - KEPT)):
            session.delete(export)
        session.commit()
        for export_id in session.scalars(select(ClusterExport.id).where(ClusterExport.ready_at.is_(None))).all():
            export = session.get_one(ClusterExport, export_id)
            if export.user is None or export.cluster_id not in viewer_for(session, export.user).manages:
                session.delete(export)
                session.commit()
                continue
            cluster_id = export.cluster_id
            # A large cluster takes a while to read; others write meanwhile.
            session.rollback()
            with reading(), Session(db.engine) as reader:
                content, counts = operations.write(reader, reader.get_one(Cluster, cluster_id))
            export = session.get_one(ClusterExport, export_id)
            export.content, export.counts, export.ready_at = content, counts, utcnow()
            session.commit()
