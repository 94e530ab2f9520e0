"""Suggestions: who fits, and why.

An item's text becomes *statements* (rows, written in the item's own transaction) and *embeddings* (rows too, made
after the commit). Each worker keeps an index in memory that catches up with the database before every search, so the
index is only ever a cache. The engine proposes candidates among what the viewer may read; the database has the last
word; the manager's verdicts are applied as constraints beside the scores. The only importer of ``embeddings``.

A question's way: ``queries`` (what is asked with) → ``allowed`` (what may be found) → ``ranking`` (an ``asking``
becomes answers in their order) → ``reasons`` (why each). A statement's way: ``indexing`` (its row) → ``embedding`` (its
vector) → ``catalogue`` (the index of a worker).
"""

from __future__ import annotations

from typing import Any

from flask import Flask


def init_app(app: Flask) -> None:
    """Give the application its catalogue, and pages the fact whether the model is there and the language of a text."""
    from matchmaker.suggestions import catalogue, indexing

    catalogue.init_app(app)
    app.jinja_env.filters["told_language"] = indexing.told_language

    @app.context_processor
    def state_of_the_model() -> dict[str, Any]:
        return {"semantic_off": not app.extensions["catalogue"].semantic}
