"""The form in which a watch gets its name."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from matchmaker.texts import clean_line


class NameForm(FlaskForm):
    """What a watch is called."""

    name = StringField(
        _("Name"), filters=[clean_line], validators=[DataRequired(_("Give it a name.")), Length(max=120)]
    )
