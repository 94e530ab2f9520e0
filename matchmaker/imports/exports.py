"""The columns of imports as a file: what their list shows, and how far each has come."""

from __future__ import annotations

from matchmaker.mail import absolute_url
from matchmaker.sheets import Column, columns

RUN = (
    Column("key", lambda run: run.public_id),
    *columns("filename", "kind", "format"),
    Column("cluster", lambda run: run.cluster and run.cluster.name),
    Column("by", lambda run: run.user and run.user.display_name),
    *columns("state", "total"),
    Column("seen", lambda run: run.position),
    *columns("created_at", "started_at", "ended_at"),
    Column("page", lambda run: absolute_url("imports.show", public_id=run.public_id)),
)
