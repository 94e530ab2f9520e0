"""The form of a webhook."""

from __future__ import annotations

from flask import current_app
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from matchmaker import outbound
from matchmaker.items.labels import choices
from matchmaker.notifications.kinds import Group
from matchmaker.texts import clean_line


class WebhookForm(FlaskForm):
    """Where a program wants to be told, and of what."""

    url = StringField(
        _("Address"),
        filters=[clean_line],
        validators=[DataRequired(_("Type the address of your program.")), Length(max=300)],
        render_kw={"inputmode": "url", "placeholder": "https://"},
    )
    groups = SelectMultipleField(_("News about"), coerce=Group)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.groups.choices = choices(Group)

    def validate_url(self, field: Field) -> None:
        try:
            outbound.check(field.data, local=bool(current_app.config.get("OUTBOUND_LOCAL")))
        except outbound.Refused:
            raise ValidationError(
                _("Type an address on the internet that begins with https://, for example https://example.org/hook.")
            ) from None
