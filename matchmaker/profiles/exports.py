"""The columns of competences and evidence as a file."""

from __future__ import annotations

from operator import attrgetter

from matchmaker.items.exports import item
from matchmaker.profiles.models import Competence, Evidence
from matchmaker.sheets import Column, columns

COMPETENCE = item("competence", "profiles.competence", columns(*Competence.own))
EVIDENCE = item(
    "evidence",
    "profiles.evidence",
    (
        Column("evidence_kind", attrgetter("kind")),
        *columns(*Evidence.own),
        Column("partners", lambda one: [o.name for o in one.organisations if o.id != one.organisation_id]),
    ),
)
