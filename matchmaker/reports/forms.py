"""The forms of reports."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from matchmaker.items.forms import SHORT_TEXT_LENGTH, Text
from matchmaker.items.labels import words_of
from matchmaker.reports.models import Complaint, Decision


class ReportForm(FlaskForm):
    """What is wrong, and why."""

    complaint = RadioField(_("What is wrong with it?"), [InputRequired(_("Choose one."))])
    text = Text(_("What should those who look at it know?"), most=SHORT_TEXT_LENGTH, required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.complaint.choices = [SelectChoice(value, word) for value, word in words_of(Complaint).items()]


class DecisionForm(FlaskForm):
    """What is done about it, and why."""

    decision = RadioField(_("Your decision"), [InputRequired(_("Choose one."))])
    answer = Text(_("Why?"), most=SHORT_TEXT_LENGTH, required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decision.choices = [
            SelectChoice(Decision.TAKEN_DOWN, _("Take it down")),
            SelectChoice(Decision.LEFT, _("Leave it as it is")),
        ]
