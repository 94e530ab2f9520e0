"""The countries of the world by name, in the language of the page."""

from __future__ import annotations

from babel import Locale

from matchmaker.alphabets import place

#: Codes in the locale data that stand for no country: groups, outlying islands without a code of their own, tests.
_NO_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})


def countries(locale: Locale) -> list[tuple[str, str]]:
    """Code and name of every country, in the order of that language's alphabet."""
    named = [
        (code, name)
        for code, name in locale.territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY
    ]
    return sorted(named, key=lambda pair: place(pair[1], locale.language))
