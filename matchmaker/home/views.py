"""The first page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, g, render_template, url_for

from matchmaker.clusters.models import Sector
from matchmaker.db import db
from matchmaker.home import queries
from matchmaker.items.labels import label
from matchmaker.needs.models import Need
from matchmaker.outcomes.queries import published
from matchmaker.permissions import Permission, permits
from matchmaker.profiles.models import Competence
from matchmaker.testfields.models import TestField

bp = Blueprint("home", __name__)


@dataclass(frozen=True)
class Cell:
    """A count on the competence map, and where it leads."""

    count: int
    url: str


@dataclass(frozen=True)
class MapRow:
    """One field of activity on the competence map."""

    label: str
    url: str
    cells: list[Cell]


@bp.get("/")
@permits(Permission.BROWSE)
def index() -> str:
    """For members what waits for them; for everybody else what this cluster can do."""
    if g.viewer.signed_in:
        return _for_members()
    overview = queries.overview(db.session, g.viewer)
    return render_template(
        "home/visitor.html",
        overview=overview,
        columns=[(label(sector), sector) for sector in Sector],
        map_rows=[_map_row(*row) for row in overview.map],
        needs=queries.newest(db.session, Need, g.viewer, limit=6),
        test_fields=queries.newest(db.session, TestField, g.viewer, limit=4),
        stories=db.session.scalars(published().limit(2)).all(),
    )


def _map_row(field: str, counts: dict[Sector, int]) -> MapRow:
    def search(**more: str) -> str:
        return url_for("directory.search", what="competence", field=str(field), **more)

    cells = [Cell(counts.get(sector, 0), search(sector=str(sector))) for sector in Sector]
    return MapRow(label(field), search(), cells)


def _for_members() -> str:
    own_needs = queries.own_open_needs(db.session, g.viewer, limit=4)
    return render_template(
        "home/member.html",
        waiting=queries.waiting(db.session, g.viewer),
        own_needs=own_needs,
        ideas=queries.ideas(db.session, g.viewer, own_needs),
        proposals=queries.proposals(db.session, g.viewer),
        offers=queries.live_offers(db.session, g.viewer),
        needs=queries.newest(db.session, Need, g.viewer, limit=5),
        page_of=page_of,
    )


#: Where each kind of item has its page.
PAGES = {Need: "needs.show", Competence: "profiles.competence", TestField: "testfields.show"}


def page_of(item: Need | Competence | TestField) -> str:
    """The address of an item's page."""
    return url_for(PAGES[type(item)], public_id=item.public_id)
