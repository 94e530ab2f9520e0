"""The fields that the forms of competences, needs, test fields and evidence have in common."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from babel import Locale
from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    Form,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, StopValidation, ValidationError
from wtforms.widgets import HiddenInput, TextArea, TextInput

from matchmaker.accounts.models import User
from matchmaker.clusters.countries import countries
from matchmaker.db import today
from matchmaker.items import labels
from matchmaker.items.models import Field as FieldOfActivity
from matchmaker.items.models import TeaserFact
from matchmaker.permissions import Visibility
from matchmaker.texts import clean_line, clean_text
from matchmaker.translations import Number

TITLE_LENGTH = 120
TEXT_LENGTH = 4_000
SHORT_TEXT_LENGTH = 1_000
#: A text that is published says at least this much; a draft may say less.
PUBLISHABLE_LENGTH = 40
#: Letters of a teaser: a few sentences that anybody may connect with anybody.
TEASER_LENGTH = 600
#: The levels of visibility, the most private first.
VISIBILITIES = (Visibility.PRIVATE, Visibility.TEASER, Visibility.MEMBERS, Visibility.PUBLIC)


class Line(StringField):
    """One line of text, cleaned."""

    def __init__(self, label: Any = None, *, most: int = TITLE_LENGTH, required: bool = False, **kwargs: Any) -> None:
        super().__init__(label, [*_presence(required), _at_most(most)], filters=[_cleaned(clean_line)], **kwargs)


class ShortLine(Line):
    """A line whose length nobody has to watch: its limit is checked and not counted down."""


class Text(TextAreaField):
    """A text of several lines, cleaned."""

    def __init__(self, label: Any = None, *, most: int = TEXT_LENGTH, required: bool = False, **kwargs: Any) -> None:
        super().__init__(label, [*_presence(required), _at_most(most)], filters=[_cleaned(clean_text)], **kwargs)


def _cleaned(clean: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: clean(value) if isinstance(value, str) else ""


def _presence(required: bool) -> list[Any]:
    return [Filled()] if required else []


def _at_most(most: int) -> Length:
    return Length(max=most, message=_("Please keep this within %(max)s characters.", max=Number(most)))


class Filled(InputRequired):
    """Asks for something visible: invisible characters and spaces alone are nothing."""

    def __init__(self) -> None:
        super().__init__(_("Please fill this in."))

    def __call__(self, form: Form, field: Field) -> None:
        if not field.data:
            field.errors[:] = []
            raise StopValidation(str(self.message))


class Listed(Field):
    """Several short texts typed into one control; what was typed stays as it was when it is not accepted."""

    separator = r"[,;\n]"
    joiner = ", "

    def __init__(self, label: Any = None, *, most: int = 12, longest: int = 60, **kwargs: Any) -> None:
        # A form that comes without the field, from a program or an old page, names nothing.
        super().__init__(label, **{"default": list, **kwargs})
        self.most, self.longest = most, longest

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.joiner.join(self.spoken(value) for value in self.data or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.data = []
        seen = set()
        for part in re.split(self.separator, valuelist[0]):
            value = clean_line(part)
            if value and value.casefold() not in seen:
                seen.add(value.casefold())
                self.data.append(self.read(value))

    def pre_validate(self, form: Form) -> None:
        if len(self.data or ()) > self.most:
            raise ValidationError(
                gettext("Please name at most %(most)s; you named %(found)s.", most=self.most, found=len(self.data))
            )
        for value in self.data or ():
            if len(value) > self.longest:
                raise ValidationError(
                    gettext(
                        "“%(start)s…” is longer than %(longest)s characters.", start=value[:30], longest=self.longest
                    )
                )

    def read(self, value: str) -> str:
        return value

    def spoken(self, value: str) -> str:
        return value


class Keywords(Listed):
    """Short terms, separated by commas."""

    widget = TextInput()


class Lines(Listed):
    """Short sentences, one on each line."""

    widget = TextArea()
    separator = r"\n"
    joiner = "\n"

    def __init__(self, label: Any = None, *, most: int = 10, longest: int = 200, **kwargs: Any) -> None:
        super().__init__(label, most=most, longest=longest, **kwargs)


class Countries(Listed):
    """Countries by name (English, German or Swedish) or two-letter code, separated by commas; kept as codes."""

    widget = TextInput()

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, most=30, longest=60, **kwargs)

    def read(self, value: str) -> str:
        code = _country_codes().get(_plain(value))
        if code is None:
            raise ValueError(gettext("We know no country called “%(name)s”.", name=value))
        return code

    def spoken(self, value: str) -> str:
        return labels.country_name(value)


def _plain(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if c.isalnum())


@lru_cache(maxsize=1)
def _country_codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for language in ("sv", "de", "en"):
        codes |= {_plain(name): code for code, name in countries(Locale(language))}
    return codes | {code.casefold(): code for code in set(codes.values())} | {"uk": "GB", "usa": "US"}


class OneOfField(SelectField):
    """One member of an enum, or nothing where ``blank`` says what nothing means."""

    def __init__(
        self, label: Any, enum: type[StrEnum], *, blank: Any = None, required: bool = False, **kwargs: Any
    ) -> None:
        def coerce(value: Any) -> StrEnum | None:
            return enum(value) if value else None

        super().__init__(
            label, _presence(required), coerce=coerce, choices=lambda: labels.choices(enum, blank), **kwargs
        )


class SeveralOfField(SelectMultipleField):
    """Several members of an enum, kept as their values."""

    def __init__(self, label: Any, enum: type[StrEnum], *, most: int | None = None, **kwargs: Any) -> None:
        super().__init__(label, coerce=str, choices=lambda: labels.choices(enum), **kwargs)
        self.most = most

    def pre_validate(self, form: Form) -> None:
        super().pre_validate(form)
        if self.most and len(self.data or ()) > self.most:
            raise ValidationError(gettext("Please choose at most %(most)s.", most=self.most))


class ReadinessField(SelectField):
    """A technology readiness level, 1 to 9, or nothing."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        def coerce(value: Any) -> int | None:
            return int(value) if value not in (None, "", "None") else None

        super().__init__(
            label, coerce=coerce, choices=lambda: [SelectChoice("", _("Not stated")), *TRL_CHOICES], **kwargs
        )


TRL_CHOICES = [
    SelectChoice("1", _("TRL 1 · basic principles observed")),
    SelectChoice("2", _("TRL 2 · concept formulated")),
    SelectChoice("3", _("TRL 3 · proof of concept in experiments")),
    SelectChoice("4", _("TRL 4 · validated in the lab")),
    SelectChoice("5", _("TRL 5 · validated in a relevant environment")),
    SelectChoice("6", _("TRL 6 · demonstrated in a relevant environment")),
    SelectChoice("7", _("TRL 7 · prototype in its operational environment")),
    SelectChoice("8", _("TRL 8 · complete and qualified")),
    SelectChoice("9", _("TRL 9 · proven in use")),
]


class FutureDate(DateField):
    """A day from today on, at most some years ahead."""

    def __init__(self, label: Any, *, years: int = 3, **kwargs: Any) -> None:
        super().__init__(label, [Optional()], **kwargs)
        self.years = years

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Please give a day as year-month-day, for example 2027-03-31.")) from None

    def pre_validate(self, form: Form) -> None:
        # A day that has passed since it was written may stay: the owner should not have to invent a new one.
        if self.data is None or self.data == self.object_data:
            return
        if self.data < today():
            raise ValidationError(gettext("This day has passed; please choose one from today on."))
        if self.data > today() + timedelta(days=366 * self.years):
            raise ValidationError(gettext("Please choose a day within the next %(years)s years.", years=self.years))


class VisibilityField(RadioField):
    """Who may read it; private unless the owner says otherwise. ``teased``: whether it may be shown by a teaser."""

    def __init__(self, label: Any = None, *, teased: bool = False, **kwargs: Any) -> None:
        offered = [level for level in VISIBILITIES if teased or level != Visibility.TEASER]
        super().__init__(
            label or _("Who may read this once it is published?"),
            coerce=lambda value: Visibility(value) if value in list(Visibility) else None,
            choices=lambda: [SelectChoice(str(v), labels.label(v)) for v in offered],
            default=Visibility.PRIVATE,
            **kwargs,
        )


class ManagersField(SelectMultipleField):
    """Managers of the own clusters; its data are the users themselves. Whom one can tick, ``offer`` says."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        self._offered: dict[str, User] = {}
        super().__init__(
            label,
            coerce=lambda value: value if isinstance(value, User) else self._offered[value],
            choices=lambda: [SelectChoice(key, user.display_name) for key, user in self._offered.items()],
            **kwargs,
        )

    def offer(self, managers: Iterable[User]) -> None:
        """Let these be ticked."""
        self._offered = {str(user.id): user for user in managers}

    def process_formdata(self, valuelist: list[str]) -> None:
        # Somebody who has ceased to be a manager since the page was opened is passed over.
        self.data = [self._offered[value] for value in valuelist if value in self._offered]


class WebAddress(ShortLine):
    """An http or https address; one typed without its scheme is completed."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, most=300, **kwargs)
        self.filters = (*self.filters, _completed)

    def pre_validate(self, form: Form) -> None:
        if self.data and not _ADDRESS.fullmatch(self.data):
            raise ValidationError(gettext("Please give a web address that starts with https:// or http://."))


_ADDRESS = re.compile(r"https?://[^\s/?#@:<>\"']+\.[^\s/?#@:<>\"']+(:\d{1,5})?([/?#][^\s<>\"']*)?", re.IGNORECASE)


def _completed(value: str) -> str:
    return f"https://{value}" if re.match(r"(?i)[a-z0-9-]+(\.[a-z0-9-]+)+([/?#]|$)", value or "") else value


class EditForm(FlaskForm):
    """A form on something that several people may edit: it remembers which version it was opened on."""

    version = IntegerField(widget=HiddenInput(), validators=[Optional()], default=0)

    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the columns."""
        return {field.name: field.data for field in self if field.name not in ("version", "csrf_token")}

    def on_version(self, version: int) -> None:
        """Send the form on another version than the one it was opened on."""
        self.version.data = version
        self.version.raw_data = [str(version)]

    def differences(self, thing: Any, **stored: Any) -> list[dict[str, Any]]:
        """Where what is typed differs from what is stored: label, theirs, yours, as people read them.

        ``stored`` are the values of fields that are no columns.
        """
        found = []
        for name, value in self.values().items():
            theirs, yours = (
                shown(self[name], stored[name] if name in stored else getattr(thing, name)),
                shown(self[name], value),
            )
            if theirs != yours:
                found.append({"label": self[name].label.text, "theirs": theirs, "yours": yours})
        return found


def shown(field: Field, value: Any) -> str:
    """A field's value as people read it."""
    if value is None or value in ("", []):
        return ""
    if isinstance(field, SelectField | SelectMultipleField | RadioField):
        names = {str(choice.value): str(choice.label) for choice in field.iter_choices()}
        values: Iterable[Any] = value if isinstance(value, list) else [value]
        return ", ".join(names.get(str(getattr(v, "id", v)), str(v)) for v in values)
    if isinstance(field, Listed):
        return field.joiner.join(field.spoken(v) for v in value)
    if isinstance(field, DateField):
        return format_date(value)
    return str(value)


class OpeningForm(FlaskForm):
    """Why a platform admin has to read a text that is not theirs."""

    address = Line(_("Address of the text or of its teaser"), most=300, required=True)
    reason = Text(_("Reason"), most=SHORT_TEXT_LENGTH, required=True)


class ItemForm(EditForm):
    """What every item's form asks."""

    title = Line(_("Title"), required=True)
    description = Text(_("Description"))
    keywords = Keywords(
        _("Keywords"), description=_("Three to eight terms a specialist would search for, separated by commas.")
    )
    fields = SeveralOfField(_("Fields of activity"), FieldOfActivity, most=5)
    working_languages = SelectMultipleField(
        _("Languages you can work in"),
        coerce=str,
        choices=lambda: [SelectChoice(code, labels.language_name(code)) for code in labels.WORKING_LANGUAGES],
    )
    language = SelectField(
        _("Language of this text"),
        default="",
        choices=lambda: [
            SelectChoice("", _("Tell it from the text")),
            *[SelectChoice(code, labels.language_name(code)) for code in labels.WORKING_LANGUAGES],
        ],
    )
    visibility = VisibilityField(teased=True)
    teaser = Text(_("Teaser"), most=TEASER_LENGTH)
    teaser_facts = SeveralOfField(_("Beside the teaser others also see"), TeaserFact)
    for_managers = BooleanField(_("Every manager of my clusters may read the confidential text"))
    trusted = ManagersField(_("Managers who may read the confidential text"))

    #: Whether the form is about to make its text readable by others, or changes one that is; then it asks for more.
    publishing = False

    def __init__(self, *args: Any, managers: Iterable[User] = (), **kwargs: Any) -> None:
        self._managers = managers
        super().__init__(*args, **kwargs)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Read what was typed, or what is stored."""
        self.trusted.offer(self._managers)
        super().process(*args, **kwargs)

    def validate_title(self, field: Field) -> None:
        if self.publishing and len(field.data) < 10:
            raise ValidationError(gettext("Please say in the title what it is about: at least ten characters."))

    def validate_description(self, field: Field) -> None:
        if self.publishing and len(field.data) < PUBLISHABLE_LENGTH:
            raise ValidationError(
                gettext(
                    "Please describe it in at least %(least)s characters to publish it, or save it as a draft.",
                    least=PUBLISHABLE_LENGTH,
                )
            )

    def validate_teaser(self, field: Field) -> None:
        if self.publishing and self.visibility.data == Visibility.TEASER and len(field.data) < PUBLISHABLE_LENGTH:
            raise ValidationError(
                gettext(
                    "Please type what others may read, in at least %(least)s characters; nothing is taken over from the"
                    " confidential text.",
                    least=PUBLISHABLE_LENGTH,
                )
            )

    def says_enough(self) -> bool:
        """Whether the text could be published as it is; where not, the fields carry the errors."""
        self.publishing = True
        enough = True
        for field, check in (
            (self.title, self.validate_title),
            (self.description, self.validate_description),
            (self.teaser, self.validate_teaser),
        ):
            try:
                check(field)
            except ValidationError as error:
                field.errors = [*field.errors, str(error)]
                enough = False
        return enough
