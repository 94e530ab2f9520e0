"""The countries of the world by name, in the language of the page."""

from __future__ import annotations

import unicodedata

from babel import Locale

#: Codes in the locale data that stand for no country: groups, outlying islands without a code of their own, tests.
_NO_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
#: Letters that stand at the end of the alphabet, by language; elsewhere they are sorted as their plain letter.
_LAST_LETTERS = {"sv": "åäö", "fi": "åäö", "da": "æøå", "nb": "æøå", "no": "æøå"}


def countries(locale: Locale) -> list[tuple[str, str]]:
    """Code and name of every country, in the order of that language's alphabet."""
    named = [
        (code, name)
        for code, name in locale.territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY
    ]
    return sorted(named, key=lambda pair: _place_in_alphabet(pair[1], locale.language))


def _place_in_alphabet(name: str, language: str) -> str:
    last = _LAST_LETTERS.get(language, "")
    made = []
    for character in name.casefold():
        if character in last:
            # A code point behind every letter, in the order of that alphabet.
            made.append(chr(0xE000 + last.index(character)))
        else:
            made.extend(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return "".join(made)
