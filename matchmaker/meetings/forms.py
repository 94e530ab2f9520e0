"""The form in which times are proposed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, FieldList, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from matchmaker.items.forms import ShortLine
from matchmaker.meetings.operations import TIMES_MOST, lies_ahead
from matchmaker.meetings.times import ZONES, in_zone


class TimesForm(FlaskForm):
    """Up to five times, how long, and where."""

    times = FieldList(
        DateTimeLocalField(_("Time"), [Optional()]), label=_("Times"), min_entries=TIMES_MOST, max_entries=TIMES_MOST
    )
    zone = SelectField(_("Clock of"), choices=[SelectChoice(zone, zone.rpartition("/")[2]) for zone in ZONES])
    minutes = SelectField(
        _("How long"),
        coerce=int,
        default=45,
        choices=[SelectChoice(number, _("%(num)s minutes", num=number)) for number in (30, 45, 60, 90, 120)],
    )
    place = ShortLine(_("Place or video link"), most=300)

    def validate_times(self, field: Any) -> None:
        if not self.chosen():
            raise ValidationError(gettext("Name at least one time."))
        if not all(lies_ahead(one) for one in self.chosen()):
            raise ValidationError(gettext("Name times that lie ahead, within the next two years."))

    def chosen(self) -> list[datetime]:
        """The moments that were typed."""
        zone = self.zone.data if self.zone.data in ZONES else ZONES[0]
        return [in_zone(one.data, zone) for one in self.times if one.data is not None]
