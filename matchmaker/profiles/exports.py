"""The columns of competences and evidence as a file."""

from __future__ import annotations

from operator import attrgetter

from matchmaker.items.exports import item
from matchmaker.sheets import Column, columns

COMPETENCE = item(
    "competence",
    "profiles.competence",
    columns("advantages", "stage", "trl", "ipr_status", "cooperation", "partners_sought"),
)
EVIDENCE = item(
    "evidence",
    "profiles.evidence",
    (
        Column("evidence_kind", attrgetter("kind")),
        *columns("identifier", "url", "year"),
        Column("partners", lambda one: [o.name for o in one.organisations if o.id != one.organisation_id]),
    ),
)
