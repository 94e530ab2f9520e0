"""The words of a search: what its kinds and filters are called, and the page of each kind."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from matchmaker.clusters.models import OrganisationType, Sector
from matchmaker.items.labels import country_name, label
from matchmaker.items.models import Cooperation, Field, Rung
from matchmaker.suggestions.models import ItemKind

#: What the search's tabs show, in this order.
KINDS = {
    ItemKind.COMPETENCE: lazy_gettext("Competences"),
    ItemKind.NEED: lazy_gettext("Needs"),
    ItemKind.TEST_FIELD: lazy_gettext("Test fields"),
    ItemKind.ORGANISATION: lazy_gettext("Organisations"),
    ItemKind.EVIDENCE: lazy_gettext("Evidence"),
    ItemKind.TEASER: lazy_gettext("In confidence"),
}
PAGES = {
    ItemKind.COMPETENCE: "profiles.competence",
    ItemKind.NEED: "needs.show",
    ItemKind.TEST_FIELD: "testfields.show",
    ItemKind.ORGANISATION: "profiles.organisation",
    ItemKind.EVIDENCE: "profiles.evidence",
    ItemKind.TEASER: "items.teaser",
}

#: The enum that says what a filter's value is called.
_NAMED = {
    "sector": Sector,
    "type": OrganisationType,
    "field": Field,
    "rung": Rung,
    "cooperation": Cooperation,
}


def filter_words(name: str, value: str) -> str:
    """What one value of a filter is called."""
    if name == "sme":
        return str(_("SMEs only"))
    if name == "country":
        return str(country_name(value))
    return str(label(value, _NAMED[name]) if name in _NAMED else value)
