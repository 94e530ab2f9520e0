"""Outcomes: what came of an introduction, said by one side and confirmed by the other for itself.

From the suggestion that is kept with a request to the agreement, project or product that came of it, everything hangs
on the introduction, so that a cluster can show what its work led to. A *success story* is published only while both
sides agree to its very words.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Stand on every introduction's page."""
    from matchmaker.introductions.parts import Part, contribute
    from matchmaker.outcomes import reading

    contribute(app, Part(30, "outcomes/_on_introduction.html", reading.content))
