"""The order of names in the reader's alphabet: ä is an a to Germans, and one of three letters behind z to Swedes."""

from __future__ import annotations

import sqlite3
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, Engine, String, event, func, literal
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


#: Letters of one alphabet that another writes otherwise.
_SIBLINGS = {"ø": "ö", "æ": "ä"}


def place(name: str, language: str) -> str:
    """What names are sorted by, in the alphabet of that language."""
    last = _LAST_LETTERS.get(language, "")
    made = []
    for character in name.casefold():
        character = _SIBLINGS.get(character, character) if character not in last else character
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
    return _Placed(written, name, literal(language))


class _Placed(FunctionElement[str]):
    """The place of a name in an alphabet, compared byte by byte, whatever order the database was made with.

    PostgreSQL works it out by itself. SQLite's parser has no room for so many functions inside one another, so there
    ``place`` is asked.
    """

    inherit_cache = True
    type = String()


@compiles(_Placed)
def _by_replacing(element: _Placed, compiler: Any, **how: Any) -> str:
    return f'({compiler.process(next(iter(element.clauses)), **how)}) COLLATE "C"'


@compiles(_Placed, "sqlite")
def _by_asking(element: _Placed, compiler: Any, **how: Any) -> str:
    _written, name, language = element.clauses
    return f"place_in_alphabet({compiler.process(name, **how)}, {compiler.process(language, **how)})"


@event.listens_for(Engine, "connect")
def _teach_sqlite(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("place_in_alphabet", 2, place, deterministic=True)
