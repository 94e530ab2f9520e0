"""The forms of a conversation."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import HiddenField

from matchmaker.items.forms import Text

LONGEST = 8_000


class MessageForm(FlaskForm):
    """A message, perhaps with files, perhaps as an answer to another."""

    body = Text(_("Your message"), most=LONGEST, required=True)
    files = MultipleFileField(_("Files"))
    answers = HiddenField()


class NoteForm(FlaskForm):
    """A note of one's own."""

    note = Text(_("Your own note"), most=LONGEST)
