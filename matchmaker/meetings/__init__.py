"""Meetings: two who are introduced find a time.

One side proposes up to five times, the other picks one; both get an invitation for their calendars, an update when it
moves and a cancellation when it falls through. Afterwards each says whether it took place; a no-show is noted gently,
and only for the two.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Stand on every introduction's page, and end with it."""
    from matchmaker.introductions import endings
    from matchmaker.introductions.parts import Part, contribute
    from matchmaker.meetings import operations, reading, times

    app.jinja_env.filters["in_zone"] = times.spoken
    contribute(app, Part(20, "meetings/_on_introduction.html", reading.content))
    endings.before_each(app, operations.end_with)
