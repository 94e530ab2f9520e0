"""The forms of outcomes and stories."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from matchmaker.items.forms import Line, OneOfField, Text
from matchmaker.outcomes.models import AgreementKind, OutcomeKind

CURRENCIES = ("EUR", "SEK", "DKK", "NOK", "GBP", "USD")


class OutcomeForm(FlaskForm):
    """What came of it."""

    kind = OneOfField(_("What came of it?"), OutcomeKind, blank=_("Choose …"), required=True)
    agreement = OneOfField(_("Kind of agreement"), AgreementKind, blank=_("No agreement"))
    amount = IntegerField(_("Amount applied for or granted"), [Optional(), NumberRange(1, 1_000_000_000)])
    currency = SelectField(_("Currency"), choices=[SelectChoice(one, one) for one in CURRENCIES], default="EUR")
    note = Text(_("In a sentence"), most=500)


class StoryForm(FlaskForm):
    """What two did together, for everybody to read."""

    title = Line(_("Title"), required=True)
    text = Text(_("Your story"), most=3_000, required=True)
    version = HiddenField(default="0")
