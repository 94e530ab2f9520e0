"""The search and the list of organisations."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from flask import Blueprint, current_app, g, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from matchmaker import sheets
from matchmaker.clusters.models import OrganisationType, Sector
from matchmaker.db import db
from matchmaker.directory import exports, queries
from matchmaker.directory.labels import KINDS, PAGES, filter_words
from matchmaker.items.labels import country_name, label
from matchmaker.items.models import Cooperation, Field, Rung
from matchmaker.items.pages import as_file, page_number, url_of_page, url_with
from matchmaker.paging import Page, paginate
from matchmaker.permissions import Permission, allows, permits
from matchmaker.sheets import Format
from matchmaker.suggestions.filters import Filters
from matchmaker.suggestions.models import ItemKind
from matchmaker.suggestions.searching import search as find

bp = Blueprint("directory", __name__)

#: Characters of a search; a longer text belongs on the page that takes whole texts.
LONGEST_QUERY = 1_000
PAGE_SIZE = 20


@dataclass(frozen=True)
class Tab:
    """One kind of what was found."""

    label: Any
    url: str
    active: bool
    count: int | None = None


@dataclass(frozen=True)
class Option:
    """One choice of a filter."""

    value: str
    label: Any
    checked: bool
    count: int | None = None


@dataclass(frozen=True)
class Active:
    """A filter in force, and the address of the list without it."""

    label: str
    remove_url: str


@bp.get("/search")
@bp.get("/search.<file:format>")
@permits(Permission.BROWSE)
def search(format: Format | None = None) -> Any:
    """One search over everything the viewer may find; without words, the newest of a kind."""
    words = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    filters = Filters.of_address(request.args)
    asked = request.args.get("what", "")
    offered = {
        k: word for k, word in KINDS.items() if k is not ItemKind.TEASER or allows(g.viewer, Permission.READ_TEASER)
    }
    kind = ItemKind(asked) if asked in list(offered) else None
    if not words and kind is None:
        kind = ItemKind.COMPETENCE
    kinds_asked = [kind] if kind else tuple(offered)
    if format:
        listed = exports.OF_KIND[kind] if kind else exports.MIXED
        if not words:
            return as_file(format, "list", listed, queries.newest(kind or ItemKind.COMPETENCE, g.viewer, filters))
        hits = find(db.session, g.viewer, words, kinds_asked, filters, limit=sheets.MOST_ROWS).hits
        return sheets.answer("found", format, listed, (hit.item for hit in hits))
    number = page_number()
    if words:
        answer = find(
            db.session, g.viewer, words, kinds_asked, filters, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE
        )
        total, counts = answer.total, answer.counts
        page = Page(list(answer.hits), number, max(1, ceil(total / PAGE_SIZE)), total, url_of_page)
    else:
        counts = {}
        page = paginate(db.session, queries.newest(kind or ItemKind.COMPETENCE, g.viewer, filters), number, url_of_page)
    kinds = [Tab(word, _tab(k), k is kind) for k, word in offered.items() if k is not ItemKind.EVIDENCE]
    if words:
        kinds = [Tab(_("Everything"), _tab(None), kind is None, sum(counts.get(k, 0) for k in offered))]
        kinds += [Tab(word, _tab(k), k is kind, counts.get(k, 0)) for k, word in offered.items()]
    return render_template(
        "directory/search.html",
        words=words,
        kind=kind,
        page=page,
        tabs=kinds,
        pages=PAGES,
        filters=filters,
        options=_options(filters),
        active=_active(filters),
        clear_url=url_for("directory.search", q=words or None, what=kind),
        can_keep="watches.keep" in current_app.view_functions
        and g.viewer.signed_in
        and kind is not ItemKind.TEASER
        and bool(words or filters or asked),
        can_ask="suggestions.for_text" in current_app.view_functions and g.viewer.signed_in,
    )


def _tab(kind: ItemKind | None) -> str:
    return url_with(what=str(kind) if kind else None, page=None)


@bp.get("/organisations")
@bp.get("/organisations.<file:format>")
@permits(Permission.BROWSE)
def organisations(format: Format | None = None) -> Any:
    """Everybody in the cluster, by name."""
    words = " ".join(request.args.get("q", "").split())[:200]
    filters = Filters.of_address(request.args)
    wanted = queries.organisations(g.viewer, filters, words, str(get_locale()))
    if format:
        return as_file(format, "organisations", exports.OF_KIND[ItemKind.ORGANISATION], wanted)
    page = paginate(db.session, wanted, page_number(), url_of_page)
    return render_template(
        "directory/organisations.html",
        words=words,
        page=page,
        offered=queries.offered(db.session, g.viewer, [organisation.id for organisation in page.items]),
        filters=filters,
        options=_options(filters),
        active=_active(filters),
        clear_url=url_for("directory.organisations", q=words or None),
    )


def _options(filters: Filters) -> dict[str, list[Option]]:
    """The choices of every filter on the left, ticked as the address says."""
    type_counts = queries.type_counts(db.session)
    return {
        "sector": [Option(sector, label(sector), sector in filters.sector) for sector in Sector],
        "type": [
            Option(kind, label(kind), kind in filters.type, type_counts[kind])
            for kind in OrganisationType
            if kind in type_counts
        ],
        "country": [
            Option(code, country_name(code), code in filters.country) for code in queries.countries(db.session)
        ],
        "region": [Option(name, name, name in filters.region) for name in queries.regions(db.session)],
        "field": [Option(name, label(name), name in filters.field) for name in Field],
        "rung": [Option(rung, label(rung), rung in filters.rung) for rung in Rung],
        "cooperation": [Option(kind, label(kind), kind in filters.cooperation) for kind in Cooperation],
        "sme": [Option("1", _("SMEs only"), filters.sme)],
    }


def _active(filters: Filters) -> list[Active]:
    chips = []
    for name, value in filters.pairs():
        less = filters.without(name, value)
        left = getattr(less, name)
        remaining = list(left) if isinstance(left, tuple) else None
        chips.append(Active(filter_words(name, value), url_with(page=None, **{name: remaining})))
    return chips
