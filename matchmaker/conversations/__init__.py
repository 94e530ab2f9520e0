"""Conversations: what two sides write to each other once they are introduced.

Plain text with safe links, answers to single messages, files that are only ever downloaded, and a note that nobody
else reads. A conversation is open while the introduction holds; after that it can be read and not written.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Stand on every introduction's page."""
    from matchmaker.conversations import links, reading
    from matchmaker.introductions.parts import Part, contribute

    app.jinja_env.filters["linked"] = links.linked
    contribute(app, Part(10, "conversations/_on_introduction.html", reading.content))
