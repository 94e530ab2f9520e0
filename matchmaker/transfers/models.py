"""Files in which a cluster leaves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Cluster
from matchmaker.db import Model, PublicId, utcnow

#: How long a file can be had.
KEPT = timedelta(days=7)


class ClusterExport(PublicId, Model):
    """A cluster as one file: asked for, then written by a worker, then gone after a week."""

    __tablename__ = "cluster_export"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: When it was written; until then the worker has it before it.
    ready_at: Mapped[datetime | None]
    #: How many rows of each kind are in it.
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary, default=b""))

    cluster: Mapped[Cluster] = relationship()
    user: Mapped[User | None] = relationship()
