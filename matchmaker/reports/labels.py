"""The words for reports."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.items.labels import name
from matchmaker.reports.models import Complaint, Decision

name(
    Complaint,
    {
        Complaint.UNTRUE: _("It is not true"),
        Complaint.NOT_THEIRS: _("It uses somebody else’s name, text or rights"),
        Complaint.OFFENSIVE: _("It insults or threatens"),
        Complaint.ADVERTISING: _("It is advertising and has nothing to do with the cluster"),
        Complaint.UNLAWFUL: _("It is against the law"),
        Complaint.OTHER: _("Something else"),
    },
)
name(Decision, {Decision.TAKEN_DOWN: _("Taken down"), Decision.LEFT: _("Left as it is")})
