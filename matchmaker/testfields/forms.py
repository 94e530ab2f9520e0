"""The form of a test field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from matchmaker.accounts.models import User
from matchmaker.items import labels
from matchmaker.items.forms import ItemForm, Keywords, Lines, OneOfField, ShortLine
from matchmaker.items.models import Rung
from matchmaker.testfields.models import Place, TestFieldKind


class TestFieldForm(ItemForm):
    """A place to try things, asked from the guest's side."""

    __test__ = False

    kind = OneOfField(_("Kind of place"), TestFieldKind, required=True)
    rung = OneOfField(_("Rung on the readiness ladder"), Rung, required=True)
    regulated = BooleanField(_("A regulated environment: results count for approval (GMP, GLP, GCP, ISO 13485 …)"))
    place = OneOfField(_("How do guests work here?"), Place, required=True, default=Place.PHYSICAL)
    city = ShortLine(_("City"))
    country = SelectField(_("Country"), default="", choices=lambda: labels.country_choices(gettext("Not stated")))
    access_steps = Lines(_("Steps to access"), most=10)
    services = Lines(_("What your staff do for guests"), most=15, longest=120)
    licences = Keywords(_("Licences and standards"), most=12, longest=80)
    capacity = ShortLine(_("Capacity"), most=300)
    response_days = IntegerField(_("You answer requests within (working days)"))
    contact_id = SelectField(_("Accountable contact"), coerce=lambda value: int(value) if value else None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.response_days.validators = [
            Optional(),
            NumberRange(1, 60, gettext("Please give a number of working days from 1 to 60.")),
        ]

    def offer_contacts(self, people: Sequence[User]) -> None:
        """Let the host name one of its own people."""
        self.contact_id.choices = [
            SelectChoice("", gettext("Not named yet")),
            *[SelectChoice(str(one.id), " · ".join(filter(None, (one.display_name, one.title)))) for one in people],
        ]
