"""Rows out of tables: CSV, spreadsheets and JSON lines, each with its line number, bad rows named and not fatal."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from openpyxl import load_workbook

from matchmaker.sentences import Sentence
from matchmaker.sentences import sentence as _
from matchmaker.sheets import restored

#: A single line longer than this is damage, not data.
LONGEST_LINE = 1_000_000
csv.field_size_limit(LONGEST_LINE)
#: What a packed file may unpack to: far more than any list of organisations, far less than harms.
LARGEST_UNPACKED = 200_000_000
#: Files inside a spreadsheet.
MOST_PARTS = 2_000
#: Columns of a table; a cell further to the right is damage.
MOST_COLUMNS = 500


class FileKind(StrEnum):
    """What the rows of a file are about."""

    ORGANISATIONS = "organisations"
    STATEMENTS = "statements"
    PEOPLE = "people"
    #: Everything in a cluster, as ``transfers`` writes it.
    CLUSTER = "cluster"


class UnreadableFile(Exception):
    """The file as a whole can't be read; the message says what was expected and what was found, and in which line."""

    def __init__(self, name: str, reason: Sentence, line: int | None = None) -> None:
        super().__init__(
            _("%(name)s: %(reason)s.", name=name, reason=reason)
            if line is None
            else _("%(name)s, line %(line)d: %(reason)s.", name=name, line=line, reason=reason)
        )


@dataclass(frozen=True)
class Row:
    """One record of a file: its line, or its number where records have no lines of their own."""

    line: int
    values: dict[str, Any]
    #: What it is about, where the format says so; a table's rows are what their sender says.
    kind: FileKind | None = None


@dataclass(frozen=True)
class BadRow:
    """A record that could not be taken, and why."""

    line: int
    reason: Sentence


def read_text_table(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """The rows of a CSV file: commas, semicolons or tabs. Raises UnreadableFile."""
    return _csv_rows(text_of(name, data), name)


def read_spreadsheet(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """The rows of the first sheet of an Excel file. Raises UnreadableFile."""
    return _table(_spreadsheet(name, data), name)


def read_json_lines(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """The rows of a file with one JSON object on each line. Raises UnreadableFile."""
    return _json_rows(text_of(name, data))


def unpacked(name: str, data: bytes) -> bytes:
    """The content itself where the file is gzipped. Raises UnreadableFile."""
    if not (data.startswith(b"\x1f\x8b") or name.lower().endswith(".gz")):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            plain = packed.read(LARGEST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile(name, _("expected a gzip file, found something else or half of one")) from error
    if len(plain) > LARGEST_UNPACKED:
        raise too_large(name)
    return plain


def too_large(name: str, most: int = LARGEST_UNPACKED) -> UnreadableFile:
    """What is said of a file that unpacks to more bytes than are read."""
    return UnreadableFile(name, _("expected at most %(most)s MB unpacked, found more", most=most // 1_000_000))


def text_of(name: str, data: bytes) -> str:
    """The text of a file in any usual encoding. Raises UnreadableFile with the line of what is none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        raise UnreadableFile(name, _("expected a text file, found NUL bytes"), line)
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
        if "\x00" in text:
            raise UnreadableFile(name, _("expected a text file, found NUL bytes"))
        return text
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise UnreadableFile(name, _("expected UTF-16 to its end, found half a character")) from error
        line = data[: error.start].count(b"\n") + 1
        try:
            # What spreadsheet programs in German and Swedish write when they are not asked for UTF-8.
            return data.decode("cp1252")
        except UnicodeDecodeError:
            found = f"{data[error.start]:#04x}"
            raise UnreadableFile(
                name, _("expected UTF-8 or Windows-1252, found byte %(found)s", found=found), line
            ) from error


def _spreadsheet(name: str, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet as text, each with its number. What it unpacks to is looked at before it is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise too_large(name)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # What a sheet says of its own size may be wrong, by a million rows and columns.
        sheet.reset_dimensions()
    except UnreadableFile:
        raise
    except Exception as error:
        # The library stumbles over damaged files in many ways; which one makes no difference to the reader.
        raise UnreadableFile(name, _("expected an Excel file (.xlsx), found something that can't be read")) from error
    return ((number, [_cell(value) for value in row]) for number, row in _values(name, sheet))


def _values(name: str, sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            if len(row) > MOST_COLUMNS and any(cell is not None for cell in row[MOST_COLUMNS:]):
                raise UnreadableFile(
                    name, _("expected at most %(most)s columns, found more", most=MOST_COLUMNS), number
                )
            if row:
                yield number, row[:MOST_COLUMNS]
    except UnreadableFile:
        raise
    except Exception as error:
        raise UnreadableFile(name, _("the sheet is damaged and can't be read to its end")) from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        # Spreadsheets keep every number as a float; nobody wrote "7.0" employees.
        return str(int(value))
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    return str(value)


def _json_rows(text: str) -> Iterator[Row | BadRow]:
    # Only line feeds end a line: JSON may hold the other separators inside a text.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            yield BadRow(
                number,
                _(
                    "expected a line of at most %(most)s characters, found %(found)s",
                    most=LONGEST_LINE,
                    found=len(line),
                ),
            )
            continue
        try:
            values = json.loads(line)
        except json.JSONDecodeError as error:
            yield BadRow(number, _("expected a JSON object, found a fault at character %(place)d", place=error.colno))
            continue
        except (ValueError, RecursionError):
            yield BadRow(number, _("expected a JSON object, found a number or a nesting that no record has"))
            continue
        if isinstance(values, dict):
            yield Row(number, values)
        else:
            yield BadRow(number, _("expected a JSON object, found a list or a single value"))


def _csv_rows(text: str, name: str) -> Iterator[Row | BadRow]:
    header_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=header_line.count)
    return _table(_records(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)), name)


def _records(reader: Any) -> Iterator[tuple[int, list[str]] | BadRow]:
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield BadRow(
                line,
                _(
                    "this row can't be read; is a quotation mark left open, or a cell longer than %(most)s characters?",
                    most=LONGEST_LINE,
                ),
            )
            return


def _table(records: Iterable[tuple[int, list[str]] | BadRow], name: str) -> Iterator[Row | BadRow]:
    """Rows under the names that the first one gives."""
    records = iter(records)
    first = next(records, None)
    if first is None:
        raise UnreadableFile(name, _("expected a first line with the names of the columns, found an empty file"))
    if isinstance(first, BadRow):
        raise UnreadableFile(name, first.reason, first.line)
    header = [cell.strip() for cell in first[1]]
    while header and not header[-1]:
        header.pop()
    doubled = {column for column in header if header.count(column) > 1}
    if doubled:
        names = ", ".join(f"“{column}”" for column in sorted(doubled))
        raise UnreadableFile(name, _("expected each column once, found twice: %(names)s", names=names), 1)
    return _under(header, records)


def _under(header: list[str], records: Iterator[tuple[int, list[str]] | BadRow]) -> Iterator[Row | BadRow]:
    for record in records:
        if isinstance(record, BadRow):
            yield record
            continue
        line, cells = record
        if not any(cell.strip() for cell in cells):
            continue
        while len(cells) > len(header) and not cells[-1]:
            cells.pop()
        if len(cells) != len(header):
            yield BadRow(
                line, _("expected %(expected)s cells, found %(found)s", expected=len(header), found=len(cells))
            )
        else:
            yield Row(line, dict(zip(header, map(restored, cells), strict=True)))
