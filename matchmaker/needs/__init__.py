"""Needs: things sought, by an organisation, until a day.

States: draft → open → met, closed (withdrawn) or expired. A need can be renewed with one click.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Show on every organisation's page what it seeks."""
    from matchmaker.needs import queries
    from matchmaker.profiles.sections import Section, contribute

    contribute(app, Section(30, "needs/_on_organisation.html", queries.on_organisation))
