"""Who steps back among equals. Who is asked a lot is known above this slice, so it says so when the app starts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from typing import TypeVar

from flask import Flask, current_app
from sqlalchemy.orm import Session

from embeddings import Band, Match
from matchmaker.clusters.models import Organisation

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
    """The matches with those that step back behind the others of their band; bands keep their places."""
    if not back:
        return list(matches)
    made: list[Match] = []
    for _band, equals in groupby(matches, key=band_of):
        made += sorted(equals, key=lambda match: owner_of(match) in back)
    return made
