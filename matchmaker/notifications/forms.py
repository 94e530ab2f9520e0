"""The form of what a user is told; the matrix of kinds in it is read by ``matrix``."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField

from matchmaker.notifications.kinds import Frequency


class PreferencesForm(FlaskForm):
    """How often a digest comes."""

    every = SelectField(
        _("The digest comes"),
        choices=[
            (Frequency.NEVER, _("Never")),
            (Frequency.DAILY, _("Every day, if there is something new")),
            (Frequency.WEEKLY, _("Every week, if there is something new")),
            (Frequency.MONTHLY, _("Every month, if there is something new")),
        ],
    )
