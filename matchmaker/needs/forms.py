"""The form of a need."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Field, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from matchmaker.clusters.models import OrganisationType
from matchmaker.items.forms import (
    SHORT_TEXT_LENGTH,
    Countries,
    FutureDate,
    ItemForm,
    OneOfField,
    ReadinessField,
    SeveralOfField,
    Text,
)
from matchmaker.items.models import Cooperation, Rung, Stage


def _yes_no(value: Any) -> bool | None:
    return {"yes": True, "True": True, "no": False, "False": False}.get(str(value))


class NeedForm(ItemForm):
    """What is sought, asked as a good adviser would ask."""

    expected_result = Text(_("What should be different in six months?"), most=SHORT_TEXT_LENGTH)
    stage = OneOfField(_("How far is your own work?"), Stage, blank=_("Not stated"))
    cooperation = SeveralOfField(_("Kind of cooperation"), Cooperation)
    partners_sought = SeveralOfField(_("Kind of partner"), OrganisationType)
    countries = Countries(_("Countries"))
    trl_min = ReadinessField(_("Readiness from"))
    trl_max = ReadinessField(_("Readiness up to"))
    rung = OneOfField(_("Rung on the readiness ladder"), Rung, blank=_("No test field needed, or any rung"))
    regulated = SelectField(
        _("Regulated environment"),
        coerce=_yes_no,
        choices=[
            SelectChoice("", _("Does not matter")),
            SelectChoice("yes", _("Must be regulated")),
            SelectChoice("no", _("Research grade is enough")),
        ],
    )
    deadline = FutureDate(_("Answers wanted by"))
    expires_on = FutureDate(_("Keep it open until"), years=2)

    def validate_trl_max(self, field: Field) -> None:
        if field.data and self.trl_min.data and field.data < self.trl_min.data:
            raise ValidationError(
                gettext(
                    "The upper level (%(upper)s) is below the lower one (%(lower)s).",
                    upper=field.data,
                    lower=self.trl_min.data,
                )
            )

    def validate_expires_on(self, field: Field) -> None:
        if field.data and self.deadline.data and field.data < self.deadline.data:
            raise ValidationError(
                gettext("This is before the day you want answers by; please keep it open until then.")
            )
