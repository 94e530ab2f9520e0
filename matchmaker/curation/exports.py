"""The columns of verdicts as a file: what the log shows its manager, and no more."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext as _

from matchmaker.items.pages import name_for_reader
from matchmaker.permissions import Permission, allows
from matchmaker.sheets import Column, columns


def _subject(verdict: Any) -> str:
    subject = verdict.need or verdict.competence or verdict.organisation
    if verdict.on_teaser or allows(g.viewer, Permission.READ, subject):
        return name_for_reader(subject, verdict.on_teaser)
    return str(_("A text you may not read, of %(name)s", name=subject.organisation.name))


VERDICT = (
    Column("key", lambda verdict: verdict.public_id),
    *columns("kind"),
    Column("subject", _subject),
    Column("decided_on", lambda verdict: name_for_reader(verdict.partner or verdict.test_field or verdict.wanted)),
    *columns("reason"),
    Column("manager", lambda verdict: verdict.manager and verdict.manager.display_name),
    Column("given", lambda verdict: verdict.created_at.date()),
    Column("withdrawn", lambda verdict: verdict.withdrawn_at and verdict.withdrawn_at.date()),
)
