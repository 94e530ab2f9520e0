"""The words for kinds of items, answers and reasons."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.items.labels import name
from matchmaker.suggestions.filters import Basis
from matchmaker.suggestions.models import Answer, ItemKind, NeverReason

name(
    ItemKind,
    {
        ItemKind.COMPETENCE: _("Competence"),
        ItemKind.NEED: _("Need"),
        ItemKind.TEST_FIELD: _("Test field"),
        ItemKind.EVIDENCE: _("Evidence"),
        ItemKind.ORGANISATION: _("Organisation"),
        ItemKind.TEASER: _("In confidence"),
    },
)
name(Answer, {Answer.SAVED: _("Saved"), Answer.NOT_NOW: _("Not now"), Answer.NEVER: _("Never")})
name(
    NeverReason,
    {
        NeverReason.KNOWN: _("We know them already"),
        NeverReason.COMPETITOR: _("A competitor"),
        NeverReason.OFF_TOPIC: _("Not what we mean"),
        NeverReason.WRONG_STAGE: _("Too early or too late for us"),
        NeverReason.TOO_FAR: _("Too far away"),
        NeverReason.OTHER: _("Another reason"),
    },
)
name(
    Basis,
    {
        Basis.COMPETENCE: _("Competence"),
        Basis.PUBLICATION: _("Publication"),
        Basis.PROJECT: _("Project"),
        Basis.PATENT: _("Patent"),
        Basis.LICENCE: _("Licence"),
    },
)
