"""Webhooks: a user's own program is told at once what its user is told.

A *webhook* is an address and a secret. Each piece of news that its user is told becomes a *delivery*: waiting →
delivered, or given up after some days, when its owner can send it again. What is sent says that there is news, of which
kind and where to read it: no text, no name. The same delivery has the same id in every attempt.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Watch what users are told."""
    # Importing it is enough: it listens to every session.
    from matchmaker.webhooks import noticing  # noqa: F401
