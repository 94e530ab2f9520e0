"""Foreign columns as ours: what a header means in three languages, and what a cell's word stands for.

A list of members comes from somebody's own spreadsheet. Its headers are guessed, the guess is shown and can be
corrected; words such as "Universität" or "Sverige" are read as the values they mean.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale

from matchmaker.clusters.models import OrganisationType
from matchmaker.imports.readers import FileKind
from matchmaker.imports.records import OrganisationRecord, PartRecord, PersonRecord, Record, StatementRecord
from matchmaker.texts import comparison_key

RECORDS: dict[FileKind, type[Record]] = {
    FileKind.ORGANISATIONS: OrganisationRecord,
    FileKind.STATEMENTS: StatementRecord,
    FileKind.PEOPLE: PersonRecord,
    FileKind.CLUSTER: PartRecord,
}
#: Kinds that come in a table whose columns people name.
IN_TABLES = (FileKind.ORGANISATIONS, FileKind.STATEMENTS, FileKind.PEOPLE)

#: How lists name their columns and the kinds of organisations.
_WORDS = tomllib.loads(files("matchmaker.imports").joinpath("words.toml").read_text(encoding="utf-8"))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", comparison_key(text)).strip()


@cache
def _known_headers(column: str) -> tuple[str, ...]:
    """How a column may be headed, best first: by its own name, then by the others."""
    return (_plain(column), *(_plain(other) for other in _WORDS["headers"].get(column, ())))


def guess(kind: FileKind, headers: Sequence[str]) -> dict[str, str]:
    """For each of our columns the header of the file that means it, as far as one does; each header once."""
    columns = RECORDS[kind].model_fields
    plain = {header: _plain(header) for header in headers}
    rated = sorted(
        (_known_headers(column).index(plain[header]), place, column, header)
        for place, column in enumerate(columns)
        for header in headers
        if plain[header] in _known_headers(column)
    )
    found: dict[str, str] = {}
    for _rank, _place, column, header in rated:
        if column not in found and header not in found.values():
            found[column] = header
    return {column: found[column] for column in columns if column in found}


def translated(kind: FileKind, mapping: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the file under our columns, with words for types and countries read as what they mean."""
    row = {column: values.get(header) for column, header in mapping.items()}
    if kind is FileKind.ORGANISATIONS and isinstance(row.get("type"), str):
        row["type"] = _types().get(_plain(row["type"]), row["type"])
    for column in ("country", "language"):
        if isinstance(row.get(column), str):
            names = _countries() if column == "country" else _languages()
            row[column] = names.get(_plain(row[column]), row[column])
    return row


def belonging_to(values: dict[str, Any], organisation: str) -> dict[str, Any]:
    """A row under our columns as one of an organisation's, where the row names none as its owner."""
    if not organisation or values.get("organisation"):
        return values
    named = values.get("affiliations") or []
    return {**values, "affiliations": [*(named.split(";") if isinstance(named, str) else named), organisation]}


@cache
def _types() -> dict[str, str]:
    words = {_plain(kind): str(kind) for kind in OrganisationType}
    for kind, others in _WORDS["types"].items():
        words.update({_plain(other): kind for other in others})
    return words


@cache
def _countries() -> dict[str, str]:
    """Names of countries in the languages of the clusters → their codes."""
    return {
        _plain(name): code
        for language in ("en", "de", "sv")
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha()
    }


@cache
def _languages() -> dict[str, str]:
    return {
        _plain(Locale(language).languages[code]): code for language in ("en", "de", "sv") for code in ("en", "de", "sv")
    }
