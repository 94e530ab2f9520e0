"""The forms of organisations and of joining them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from flask import current_app
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation, ValidationError

from matchmaker.accounts.forms import Within, undisguised
from matchmaker.clusters import models
from matchmaker.clusters.countries import countries
from matchmaker.clusters.identity import BadIdentifier, ror_id, web_address
from matchmaker.clusters.models import Cluster, MembershipRole, OrganisationType
from matchmaker.clusters.operations import Facts
from matchmaker.texts import clean_line, clean_text

#: A sentence on what each type means, for people who are not sure which one they are.
TYPE_HELPS: dict[str, Any] = {
    OrganisationType.SME: _("Fewer than 250 people, and at most 50 million euros turnover a year."),
    OrganisationType.LARGE_COMPANY: _("More people or turnover than that, or part of such a group."),
    OrganisationType.UNIVERSITY: _("Universities and universities of applied sciences, without their clinics."),
    OrganisationType.RESEARCH_INSTITUTE: _("Research outside a university, public or private."),
    OrganisationType.CLINIC: _("Hospitals, university clinics and practices: where patients are treated."),
    OrganisationType.TEST_FIELD_HOST: _("Mainly offers others places for trials, such as a GMP unit or a test bed."),
    OrganisationType.PATIENT_ORGANISATION: _("Speaks for patients and their families."),
    OrganisationType.PUBLIC_BODY: _("Ministries, agencies, chambers, regulators, funding bodies."),
    OrganisationType.INVESTOR: _("Invests in companies or supports their founding with money."),
    OrganisationType.CLUSTER_BODY: _("Runs a cluster or network for others."),
}


def _words(enum: type[StrEnum]) -> list[tuple[str, Any]]:
    """The members as choices. Their words belong to a slice above this one, which offers them as a filter."""
    label = current_app.jinja_env.filters["label"]
    return [(member.value, label(member)) for member in enum]


class Said(InputRequired):
    """Asks for something visible: spaces and invisible characters are nothing."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        if not field.data:
            field.errors = []
            raise StopValidation(str(self.message))


class OrganisationForm(FlaskForm):
    """What an organisation says about itself."""

    name = StringField(
        _("Name"),
        filters=[clean_line],
        validators=[Said(_("Type the organisation's name.")), Within(200), undisguised],
        render_kw={"autocomplete": "organization"},
    )
    type = RadioField(_("What kind of organisation is it?"), validators=[InputRequired(_("Choose one."))])
    country = SelectField(_("Country"), validators=[InputRequired(_("Choose the country."))])
    region = StringField(_("Region"), filters=[clean_line], validators=[Within(120)])
    city = StringField(_("City"), filters=[clean_line], validators=[Within(120)])
    website = StringField(_("Website"), filters=[clean_line], validators=[Within(300)], render_kw={"inputmode": "url"})
    ror = StringField(_("ROR id"), filters=[clean_line], validators=[Within(60)])
    employees = IntegerField(
        _("People who work there"),
        validators=[Optional(), NumberRange(0, 3_000_000, _("Type a number from 0 to 3,000,000."))],
        render_kw={"inputmode": "numeric"},
    )
    headline = StringField(_("In one sentence"), filters=[clean_line], validators=[Length(max=200)])
    about = TextAreaField(_("About"), filters=[clean_text], validators=[Length(max=4000)])
    fields = SelectMultipleField(_("Fields of activity"))
    cluster = SelectField(_("Cluster"))
    version = HiddenField()
    #: Set once people have seen which organisations look like theirs and want a new one all the same.
    not_the_same = HiddenField()

    def __init__(self, *args: Any, clusters: list[Cluster] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type.choices = _words(OrganisationType)
        self.fields.choices = _words(models.Field)
        self.country.choices = [("", _("Choose …")), *countries(get_locale())]
        if clusters is not None and len(clusters) > 1:
            self.cluster.choices = [("", _("Choose …")), *((c.public_id, c.name) for c in clusters)]
            self.cluster.validators = [InputRequired(_("Choose the cluster you belong to."))]
        else:
            del self.cluster

    def validate_website(self, field: Field) -> None:
        try:
            field.data = web_address(field.data)
        except BadIdentifier:
            raise ValidationError(_("Type an address such as https://www.example.org.")) from None

    def validate_ror(self, field: Field) -> None:
        try:
            field.data = ror_id(field.data)
        except BadIdentifier:
            raise ValidationError(
                _("This is not a ROR id: expected something like https://ror.org/01zgy1s35. Leave it empty if unsure.")
            ) from None

    def validate_fields(self, field: Field) -> None:
        if len(field.data or ()) > 6:
            raise ValidationError(_("Choose the six that matter most."))

    def chosen(self, clusters: list[Cluster]) -> Cluster | None:
        """The cluster that a new organisation belongs to: the one that was chosen, or the only one there is."""
        if len(clusters) <= 1:
            return clusters[0] if clusters else None
        return next(cluster for cluster in clusters if cluster.public_id == self.cluster.data)

    @property
    def facts(self) -> Facts:
        """What was typed, named one by one: nothing else of a request reaches the record."""
        return Facts(
            name=self.name.data,
            type=OrganisationType(self.type.data),
            country=self.country.data,
            region=self.region.data,
            city=self.city.data,
            website=self.website.data,
            ror=self.ror.data,
            employees=self.employees.data,
            headline=self.headline.data,
            about=self.about.data,
            fields=list(self.fields.data or ()),
        )


class AskForm(FlaskForm):
    """A request to join an organisation."""

    message = TextAreaField(
        _("A line to those who decide"), filters=[clean_text], validators=[Length(max=500)], render_kw={"rows": 2}
    )


class ClusterForm(FlaskForm):
    """A new cluster."""

    name = StringField(
        _("Name of the cluster"),
        validators=[InputRequired(_("Please fill this in.")), Length(min=3, max=160), undisguised],
        filters=[lambda value: clean_line(value)],
    )
    description = TextAreaField(
        _("What it is for, in a sentence or two"),
        validators=[Length(max=1_000)],
        filters=[lambda value: clean_text(value)],
    )


class ManagerForm(FlaskForm):
    """Somebody who is to manage a cluster."""

    email = StringField(
        _("E-mail address of a user"),
        validators=[InputRequired(_("Please fill this in.")), Length(max=254)],
        filters=[lambda value: clean_line(value)],
    )


class InvitationForm(FlaskForm):
    """Somebody who is to act for an organisation, by their address."""

    email = StringField(
        _("E-mail address"),
        filters=[clean_line],
        validators=[InputRequired(_("Type an e-mail address.")), Within(254)],
        render_kw={"autocomplete": "off"},
    )
    role = SelectField(_("As"), default=MembershipRole.MEMBER.value)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = _words(MembershipRole)

    def validate_email(self, field: Field) -> None:
        try:
            field.data = current_app.extensions["security"].mail_util.validate(field.data)
        except ValueError:
            raise ValidationError(
                _("This does not look like an e-mail address: expected name@organisation.org.")
            ) from None
