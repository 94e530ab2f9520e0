"""The manager's form for an entry of the glossary."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import DataRequired, Length

from embeddings.amending import Entry
from matchmaker.texts import clean_line


def _line(label: Any, most: int, *more: Any) -> StringField:
    return StringField(label, filters=[clean_line], validators=[*more, Length(max=most)])


class WordForm(FlaskForm):
    """A German or Swedish word, and what it means in English."""

    language = RadioField(
        _("Language"),
        choices=[("de", _("German")), ("sv", _("Swedish"))],
        validators=[DataRequired(_("Say in which language the word is."))],
    )
    source = _line(_("Word"), 120, DataRequired(_("Write the word, or its beginning.")))
    english = _line(_("In English"), 200, DataRequired(_("Write what it means in English.")))
    confirmed = HiddenField()

    def entry(self) -> Entry:
        """What was typed."""
        return Entry(self.language.data or "", self.source.data.lower(), self.english.data.lower())

    @classmethod
    def of(cls, entry: Entry) -> WordForm:
        """The form for an entry that there is."""
        return cls(language=entry.language, source=entry.source, english=entry.english)


class AcronymForm(FlaskForm):
    """A short form, and what it stands for."""

    source = _line(_("Short form"), 120, DataRequired(_("Write the short form as it is usually written.")))
    english = _line(_("In full, in English"), 200, DataRequired(_("Write what it stands for in English.")))
    german = _line(_("In full, in German"), 200)
    swedish = _line(_("In full, in Swedish"), 200)
    context = _line(_("Words beside it"), 500)
    confirmed = HiddenField()

    def entry(self) -> Entry:
        """What was typed."""
        return Entry(
            "",
            self.source.data,
            self.english.data,
            self.german.data or "",
            self.swedish.data or "",
            frozenset((self.context.data or "").lower().replace(",", " ").split()),
        )

    @classmethod
    def of(cls, entry: Entry) -> AcronymForm:
        """The form for an entry that there is."""
        return cls(
            source=entry.source,
            english=entry.english,
            german=entry.german,
            swedish=entry.swedish,
            context=" ".join(sorted(entry.context)),
        )
