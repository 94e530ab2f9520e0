"""The forms of profiles, competences and evidence."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, Field, IntegerField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional, ValidationError

from matchmaker.accounts.forms import undisguised
from matchmaker.clusters.models import OrganisationType
from matchmaker.db import today
from matchmaker.items import labels
from matchmaker.items.forms import (
    SHORT_TEXT_LENGTH,
    EditForm,
    ItemForm,
    Line,
    OneOfField,
    ReadinessField,
    SeveralOfField,
    ShortLine,
    Text,
    VisibilityField,
    WebAddress,
)
from matchmaker.items.models import Cooperation, IprStatus, Stage
from matchmaker.profiles.identifiers import orcid
from matchmaker.profiles.models import Competence, EvidenceKind, Profile, ProfileKind


class CompetenceForm(ItemForm):
    """What is offered, asked from the reader's side."""

    advantages = Text(_("What becomes better for the other side?"), most=SHORT_TEXT_LENGTH)
    profile_id = SelectField(_("Who can do it?"), coerce=lambda value: int(value) if value else None)
    stage = OneOfField(_("How far developed is it?"), Stage, blank=_("Not stated"))
    trl = ReadinessField(_("Technology readiness"))
    ipr_status = OneOfField(_("Intellectual property"), IprStatus, blank=_("Not stated"))
    cooperation = SeveralOfField(_("Kind of cooperation"), Cooperation)
    partners_sought = SeveralOfField(_("Who is it for?"), OrganisationType)

    def offer_profiles(self, organisation_name: str, profiles: list[Profile]) -> None:
        """Let the writer say which group or person can do it."""
        self.profile_id.choices = [
            SelectChoice("", gettext("%(organisation)s as a whole", organisation=organisation_name)),
            *[SelectChoice(str(profile.id), profile.name) for profile in profiles],
        ]


class EvidenceForm(EditForm):
    """A record that backs competences."""

    kind = OneOfField(_("What is it?"), EvidenceKind, required=True)
    title = Line(_("Title"), most=200, required=True)
    description = Text(_("Summary"))
    identifier = ShortLine(_("Identifier"))
    url = WebAddress(_("Web address"))
    year = IntegerField(_("Year"), validators=[Optional()])
    backs = SelectMultipleField(_("Which competences does it back?"), coerce=int)
    language = SelectField(
        _("Language of this text"),
        default="",
        choices=lambda: [
            SelectChoice("", gettext("Tell it from the text")),
            *[SelectChoice(code, labels.language_name(code)) for code in labels.WORKING_LANGUAGES],
        ],
    )
    visibility = VisibilityField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year.validators = [
            Optional(),
            NumberRange(1900, today().year + 1, gettext("Please give the year with four digits, from 1900 on.")),
        ]

    def offer_competences(self, competences: list[Competence]) -> None:
        """Let the writer tick what the record backs."""
        self.backs.choices = [SelectChoice(str(one.id), one.title) for one in competences]


class ProfileForm(EditForm):
    """The face of a research group or a person."""

    kind = OneOfField(_("Whose profile is it?"), ProfileKind, required=True)
    name = Line(_("Name"), most=160, required=True)
    headline = Line(_("In one sentence"), most=200)
    about = Text(_("About"))
    orcid = ShortLine(_("ORCID iD"), most=60)
    website = WebAddress(_("Web page"))
    working_languages = SelectMultipleField(
        _("Languages"),
        coerce=str,
        choices=lambda: [SelectChoice(code, labels.language_name(code)) for code in labels.WORKING_LANGUAGES],
    )
    language = SelectField(
        _("Language of this text"),
        default="",
        choices=lambda: [
            SelectChoice("", gettext("Tell it from the text")),
            *[SelectChoice(code, labels.language_name(code)) for code in labels.WORKING_LANGUAGES],
        ],
    )
    is_me = BooleanField(_("This is my own profile"))
    visibility = VisibilityField()

    def validate_name(self, field: Field) -> None:
        undisguised(self, field)

    def validate_orcid(self, field: Field) -> None:
        if not field.data:
            return
        found = orcid(field.data)
        if found is None:
            raise ValidationError(
                gettext("This is no valid ORCID iD; expected 16 digits such as 0000-0002-1825-0097. Please check it.")
            )
        field.data = found
