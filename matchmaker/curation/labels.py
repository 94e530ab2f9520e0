"""The words for verdicts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.curation.models import VerdictKind
from matchmaker.items.labels import name

name(VerdictKind, {VerdictKind.PIN: _("Pin"), VerdictKind.VETO: _("Veto"), VerdictKind.PROPOSAL: _("Proposal")})
