"""Who steps back among equals. Who is asked a lot is known above this slice, so it says so when the app starts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from flask import Flask, current_app
from sqlalchemy.orm import Session

from embeddings import Band, Match
from matchmaker.clusters.models import Organisation

#: How many places those who step back let pass, within their band: half of what the end of the band costs in order
#: (measured, see docs/matching.md), and far enough that others come into sight.
PLACES = 7

Decide = Callable[[Session, Organisation | None], Collection[int]]
Thing = TypeVar("Thing")


def decide_by(app: Flask, decide: Decide) -> None:
    """Say by what organisations are found that step back in lists for an asking organisation."""
    app.extensions["exposure"] = decide


def stepping_back(session: Session, asking: Organisation | None) -> Collection[int]:
    """The organisations that step back in lists for this asker."""
    decide: Decide | None = current_app.extensions.get("exposure")
    return decide(session, asking) if decide is not None else ()


def reordered(
    matches: Sequence[Match], owner_of: Callable[[Match], int | None], band_of: Callable[[Match], Band | None],
    back: Collection[int],
) -> list[Match]:  # fmt: skip
    """The matches with those that step back a few places further down in their band; bands keep their places."""
    if not back:
        return list(matches)
    made: list[Match] = []
    for _band, equals in groupby(matches, key=band_of):
        # Half a place more, so that it stands behind the last one that it lets pass.
        placed = [(place + (PLACES + 0.5) * (owner_of(match) in back), match) for place, match in enumerate(equals)]
        made += [match for _place, match in sorted(placed, key=itemgetter(0))]
    return made
