"""The words for the kinds of profiles and evidence."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.items.labels import name
from matchmaker.profiles.models import EvidenceKind, ProfileKind

name(ProfileKind, {ProfileKind.GROUP: _("Research group"), ProfileKind.PERSON: _("Person")})
name(
    EvidenceKind,
    {
        EvidenceKind.PUBLICATION: _("Publication"),
        EvidenceKind.PROJECT: _("Project"),
        EvidenceKind.PATENT: _("Patent"),
        EvidenceKind.LICENCE: _("Licence"),
    },
)
