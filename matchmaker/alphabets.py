"""The order of names in the reader's alphabet: ä is an a to Germans, and one of three letters behind z to Swedes."""

from __future__ import annotations

import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, String, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

#: Letters that stand at the end of the alphabet, by language; elsewhere they are sorted as their plain letter.
_LAST_LETTERS = {"sv": "åäö", "fi": "åäö", "da": "æøå", "nb": "æøå", "no": "æøå"}
#: What else is sorted as a plain letter.
_ACCENTED = {
    "é": "e",
    "è": "e",
    "ê": "e",
    "á": "a",
    "à": "a",
    "ü": "u",
    "ú": "u",
    "ø": "ö",
    "æ": "ä",
    "ß": "ss",
    "ç": "c",
}


def place(name: str, language: str) -> str:
    """What names are sorted by, in the alphabet of that language."""
    last = _LAST_LETTERS.get(language, "")
    made = []
    for character in name.casefold():
        if character in last:
            # A code point behind every letter, in the order of that alphabet.
            made.append(chr(0xE000 + last.index(character)))
        else:
            made.extend(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return "".join(made)


def order_of(name: Any, key: Any, language: str) -> ColumnElement[str]:
    """What a query sorts by: the key, which knows no accents, unless the language has letters behind z."""
    last = _LAST_LETTERS.get(language)
    if last is None:
        return key
    written: ColumnElement[str] = func.lower(name)
    for letter, plain in _ACCENTED.items():
        if letter not in last:
            written = func.replace(func.replace(written, letter, plain), letter.upper(), plain)
    for number, letter in enumerate(last):
        written = func.replace(func.replace(written, letter, f"~{number}"), letter.upper(), f"~{number}")
    return _Bytewise(written)


class _Bytewise(FunctionElement[str]):
    """Compared byte by byte, whatever order the database was made with."""

    inherit_cache = True
    type = String()


@compiles(_Bytewise)
def _as_it_stands(element: _Bytewise, compiler: Any, **how: Any) -> str:
    return str(compiler.process(element.clauses, **how))


@compiles(_Bytewise, "postgresql")
def _in_c(element: _Bytewise, compiler: Any, **how: Any) -> str:
    return f'({compiler.process(element.clauses, **how)}) COLLATE "C"'
