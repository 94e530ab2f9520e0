"""Transfers: a whole cluster leaves as one file, from which another installation makes the same content.

A manager asks for it on a page; a worker writes a ZIP of JSON lines, which can be downloaded for a week. What is in it
is what every manager of the cluster may read: its organisations, the published profiles, competences, needs, test
fields and evidence that are public or for members, the confidential ones that their owners let all managers read, and
the verdicts on these. No drafts, no accounts, no introductions, nothing that people said to one another.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Give the page its words for what is in a file."""
    from matchmaker.transfers.labels import counted

    app.jinja_env.globals["counted"] = counted
