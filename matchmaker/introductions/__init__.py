"""Introductions: from a suggestion to two people who know each other's names.

A request goes requested → accepted, declined, withdrawn or expired; in clusters that want it a manager looks at it
first (*brokered*). A manager, or interest that both sides marked silently, can also bring two together (*proposed*).
Each side *consents* to disclose exactly the fields and values it was shown; only while both consents hold is anything
disclosed, and ``queries.contact_for`` is the one door to it. What a side disclosed is a snapshot: the introduction
never widens who may read an item, and a later edit needs a new consent.

What may not be told: whose a confidential item is, that one was blocked, that a request waits because enough others
came this week, that a silent no was given. All of these look like a request that nobody has answered yet.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Let suggestions know who is asked a lot, and what led to an introduction."""
    # desk_api and limits_api stand on the blueprint of the slice's api, and importing them is enough.
    from matchmaker.introductions import desk_api, fairness, limits_api, queries  # noqa: F401
    from matchmaker.suggestions import exposure, learning

    exposure.decide_by(app, fairness.busy)
    learning.also_learn_from(app, queries.decided)
