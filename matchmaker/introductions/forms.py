"""The forms of introductions."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from matchmaker.accounts.models import User
from matchmaker.introductions.disclosure import ALWAYS, Offer
from matchmaker.introductions.models import DeclineReason, Disclosed, Limits
from matchmaker.introductions.operations import Agreement, Answers
from matchmaker.items.forms import SHORT_TEXT_LENGTH, FutureDate, ShortLine, Text
from matchmaker.items.labels import label, words_of

#: Ticked unless somebody unticks it. The confidential text is disclosed only where somebody says so.
TICKED = (Disclosed.TITLE, Disclosed.PHONE)


class ConsentForm(FlaskForm):
    """What a side agrees to disclose. The values themselves stand on the screen; the form knows their fingerprint."""

    optional = SelectMultipleField(_("You may add"), coerce=str, choices=[], validate_choice=False)
    phone = ShortLine(_("Telephone"), most=40)
    shown = HiddenField()

    offered: Offer

    def offer(self, offered: Offer) -> None:
        """Show what can be disclosed, with everything ordinary ticked the first time."""
        self.offered = offered
        names = [name for name in Disclosed if name not in ALWAYS and name in offered.values]
        self.optional.choices = [SelectChoice(str(name), label(name)) for name in names]
        if not self.is_submitted():
            self.optional.data = [str(name) for name in names if name in TICKED]
        self.shown.data = self.shown.data if self.is_submitted() else offered.digest

    def show_anew(self) -> None:
        """Show what would be disclosed now, after it had changed behind an open form."""
        self.shown.data = self.offered.digest
        self.shown.raw_data = [self.offered.digest]

    def agreement(self, person: User) -> Agreement:
        optional = set(self.optional.data or ()) | {Disclosed.PHONE}
        return Agreement(person, self.shown.data or "", frozenset(optional), self.phone.data or "")


class AskForm(ConsentForm):
    """The three questions, and the asker's own consent."""

    sought = Text(_("What kind of cooperation do you seek?"), most=SHORT_TEXT_LENGTH, required=True)
    unclear = Text(_("What is missing or unclear to you?"), most=SHORT_TEXT_LENGTH)
    about_us = Text(_("Who are you, and why you?"), most=SHORT_TEXT_LENGTH, required=True)
    key = HiddenField()
    explanation = HiddenField()

    def prepare(self) -> None:
        """Give a new form its key, so that sending it twice asks once."""
        if not self.is_submitted():
            self.key.data = uuid4().hex

    def answers(self) -> Answers:
        return Answers(self.sought.data, self.unclear.data, self.about_us.data)


class DeclineForm(FlaskForm):
    """A kind no."""

    reason = RadioField(_("What may they read?"), coerce=str, choices=[], default="")
    kind_words = Text(_("A few kind words"), most=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [
            *(SelectChoice(value, word) for value, word in words_of(DeclineReason).items()),
            SelectChoice("", _("No answer")),
        ]

    @property
    def chosen(self) -> DeclineReason | None:
        return DeclineReason(self.reason.data) if self.reason.data else None


class LimitsForm(FlaskForm):
    """How many requests an organisation wants."""

    per_week = IntegerField(_("New requests a week, at most"), [Optional(), NumberRange(0, 50)])
    paused = BooleanField(_("Take no new requests for now"))
    paused_until = FutureDate(_("Until"), years=1)

    def fill(self, limits: Limits) -> None:
        self.process(obj=limits)


class RulesForm(FlaskForm):
    """How a cluster handles introductions."""

    brokered = BooleanField(_("Managers look at every request before the other side does"))
    fair_share = BooleanField(_("Who is asked a lot steps back among equals in suggestions"))


class ProposeForm(FlaskForm):
    """Why a manager brings two together."""

    reason = Text(_("Why these two?"), most=SHORT_TEXT_LENGTH, required=True)
