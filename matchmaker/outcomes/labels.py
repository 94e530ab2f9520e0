"""The words for outcomes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.items.labels import name
from matchmaker.outcomes.models import AgreementKind, OutcomeKind

name(
    OutcomeKind,
    {
        OutcomeKind.MEETING_HELD: _("We met"),
        OutcomeKind.AGREEMENT_SIGNED: _("An agreement was signed"),
        OutcomeKind.PROJECT_STARTED: _("A project started"),
        OutcomeKind.APPLICATION_SUBMITTED: _("An application was submitted"),
        OutcomeKind.APPLICATION_GRANTED: _("An application was granted"),
        OutcomeKind.PRODUCT_TESTED: _("A product was tested"),
        OutcomeKind.ROUTINE_USE: _("It was taken up in routine use"),
        OutcomeKind.NOTHING: _("Nothing came of it"),
    },
)
name(
    AgreementKind,
    {
        AgreementKind.CONFIDENTIALITY: _("Confidentiality agreement"),
        AgreementKind.LETTER_OF_INTENT: _("Letter of intent"),
        AgreementKind.COOPERATION: _("Cooperation agreement"),
        AgreementKind.SERVICE: _("Service contract"),
        AgreementKind.LICENCE: _("Licence"),
        AgreementKind.MATERIAL_TRANSFER: _("Material transfer agreement"),
    },
)
