"""Addresses in a plain text, made to links that give nothing away."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]", re.IGNORECASE)


def linked(text: str) -> Markup:
    """The text as HTML: everything escaped, web addresses as links; nothing else becomes markup."""
    made, end = Markup(), 0
    for found in _LINK.finditer(text):
        made += escape(text[end : found.start()])
        made += Markup('<a href="{0}" rel="nofollow noopener noreferrer">{0}</a>').format(found.group())
        end = found.end()
    return made + escape(text[end:])
