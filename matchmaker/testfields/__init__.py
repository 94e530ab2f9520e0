"""Test fields: places for trials under real conditions, each with a host, a readiness rung and access steps.

Every test field names one accountable contact and promises an answer within so many days.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Show on every organisation's page the places it hosts."""
    from matchmaker.profiles.sections import Section, contribute
    from matchmaker.testfields import queries

    contribute(app, Section(20, "testfields/_on_organisation.html", queries.on_organisation))
