"""Clusters: the networks, the organisations in them, who belongs to an organisation, and who manages a cluster.

A membership of a user in an organisation is *asked for* (waiting until an organisation admin agrees) or *active*.
Whoever creates an organisation is its first admin. As long as an organisation has none (it was imported), the managers
of its clusters answer requests to join it; the first person they accept becomes its admin.
"""

from __future__ import annotations

from flask import Flask, g


def init_app(app: Flask) -> None:
    """Give the account page, which lies below this slice, the memberships of whoever looks at it."""
    from matchmaker.clusters.queries import memberships_of
    from matchmaker.db import db

    app.jinja_env.globals["my_memberships"] = lambda: memberships_of(db.session, g.viewer.user_id)
