"""The words of the interface in every language it speaks.

English stands in the code and the templates; every other language is a catalogue beside this file, at
``<language>/LC_MESSAGES/messages.po``. Catalogues are read as they are, as text, when a process first needs one: there
is no compiled file that could be older than its source or missing from a checkout. A text that a catalogue lacks is
shown in English.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import flask_babel
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask
from flask_babel import get_locale
from jinja2 import pass_context
from jinja2.runtime import Context

from matchmaker import config

#: The languages of pages and mails; who asks for another one, or for none, reads the first.
LANGUAGES = ("en", "de", "sv")

FOLDER = Path(__file__).parent


def path_of(language: str) -> Path:
    """Where the catalogue of a language stands."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def own_name(language: str) -> str:
    """What a language calls itself."""
    return Locale(language).get_display_name().capitalize()


def terminal_language() -> str:
    """The language that the terminal asks for, as far as we speak it."""
    wanted = config.terminal_language()
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


@cache
def translations_to(language: str) -> NullTranslations:
    """The catalogue of a language, ready for use; an empty one for English and for a language we do not speak."""
    if language not in LANGUAGES[1:]:
        return NullTranslations()
    compiled = BytesIO()
    with path_of(language).open("rb") as written:
        write_mo(compiled, read_po(written, locale=language))
    compiled.seek(0)
    return Translations(compiled)


class Number(int):
    """A count, which says itself with the separators of the reader's language; as ``%d`` it stays bare."""

    def __str__(self) -> str:
        return format_decimal(int(self), locale=get_locale() or LANGUAGES[0])


class Words(flask_babel.Domain):
    """Flask-Babel's texts, taken from our catalogues."""

    def get_translations(self) -> NullTranslations:
        """The texts in the language of the page."""
        return translations_to(str(get_locale() or LANGUAGES[0]))

    def ngettext(self, singular: str, plural: str, num: int, **variables: Any) -> str:
        """The text for that number of things, which stands in it as ``%(num)s``."""
        said: str = super().ngettext(singular, plural, Number(num), **variables)
        return said


class Babel(flask_babel.Babel):
    """Flask-Babel, reading our catalogues."""

    domain_instance = Words()

    def init_app(self, app: Flask, **settings: Any) -> None:
        """Let templates say numbers as code does."""
        super().init_app(app, **settings)
        plain: Any = app.jinja_env.globals["ngettext"]

        @pass_context
        def ngettext(context: Context, singular: str, plural: str, num: int, **variables: Any) -> Any:
            # A whole number for the plural too: PostgreSQL counts sums in decimals.
            return plain(context, singular, plural, Number(num), **variables)

        app.jinja_env.globals["ngettext"] = ngettext
