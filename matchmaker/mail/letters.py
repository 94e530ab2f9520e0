"""From a template to a mail: subject, text, and the same text as simple HTML.

A mail is written once in every language, as ``templates/<slice>/email/<name>.txt`` (English), ``<name>.de.txt`` and
``<name>.sv.txt``: whole letters and not phrases, so that each reads as if it had been thought in its language. The
first line is the subject. The HTML is made from the text, so that the two can't say different things.
"""

from __future__ import annotations

import re
from typing import Any, TypedDict
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import force_locale
from markupsafe import Markup, escape

from matchmaker.translations import LANGUAGES


class Letter(TypedDict):
    """What a mail says."""

    subject: str
    text: str
    html: str


_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


def compose(template: str, *, locale: str = "", ending: str = "", **context: Any) -> Letter:
    """Write the mail of that template, for example ``clusters/email/asked``, in the reader's language.

    ``ending`` names a second template, which is written below the first.
    """
    language = locale if locale in LANGUAGES else LANGUAGES[0]
    with force_locale(language):
        parts = (_render(name, language, context) for name in (template, ending) if name)
        return split("\n\n".join(parts))


def _render(template: str, language: str, context: dict[str, Any]) -> str:
    # Not Flask's render_template: what it adds for pages, such as the menu, asks for a request.
    names = [f"{template}.{language}.txt", f"{template}.txt"]
    return current_app.jinja_env.select_template(names).render(context)


def split(written: str) -> Letter:
    """Take a written mail apart: the first line is the subject, the rest the text."""
    subject, _, text = written.strip().partition("\n")
    text = re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"
    return Letter(subject=" ".join(subject.split()), text=text, html=as_html(text))


def as_html(text: str) -> str:
    """A text as HTML: a paragraph for every block, links made clickable, everything else as it stands."""
    paragraphs = [block for block in re.split(r"\n\s*\n", text.strip()) if block]
    return "\n".join(str(Markup("<p>{}</p>").format(_linked(block))) for block in paragraphs)


def _linked(block: str) -> Markup:
    made, end = Markup(), 0
    for found in _LINK.finditer(block):
        made += escape(block[end : found.start()])
        made += Markup('<a href="{0}">{0}</a>').format(found.group())
        end = found.end()
    return (made + escape(block[end:])).replace("\n", Markup("<br>\n"))


def absolute_url(endpoint: str, **values: Any) -> str:
    """The address of a page as it stands in mails: under MATCHMAKER_BASE_URL, whatever host a request named."""
    base = urlsplit(current_app.extensions["settings"].base_url)
    adapter = current_app.url_map.bind(base.netloc, script_name=base.path or "/", url_scheme=base.scheme)
    return adapter.build(endpoint, values, force_external=True)
