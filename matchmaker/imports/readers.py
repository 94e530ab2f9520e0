"""Rows out of files: CSV, spreadsheets and JSON lines, each with its line number, bad rows named and not fatal."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from matchmaker.sheets import restored

#: A single line longer than this is damage, not data.
LONGEST_LINE = 1_000_000
csv.field_size_limit(LONGEST_LINE)
#: What a packed file may unpack to: far more than any list of organisations, far less than harms.
LARGEST_UNPACKED = 200_000_000
#: Files inside a spreadsheet.
MOST_PARTS = 2_000


class UnreadableFile(Exception):
    """The file as a whole can't be read; the message says what was expected and what was found."""


@dataclass(frozen=True)
class Row:
    """One record of a file."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True)
class BadRow:
    """A record that could not be taken, and why."""

    line: int
    reason: str


def read_rows(path: Path) -> Iterator[Row | BadRow]:
    """The rows of a ``.csv``, ``.xlsx`` or ``.jsonl`` file (also gzipped). Raises UnreadableFile."""
    try:
        return read_data(path.name, path.read_bytes())
    except OSError as error:
        raise UnreadableFile(f"{path.name}: {error.strerror or error}.") from error


def read_data(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """The rows of a file that was sent, by its name and content. Raises UnreadableFile."""
    if name.endswith(".gz"):
        data = _unpacked(name, data)
    plain = name.removesuffix(".gz").lower()
    if plain.endswith((".jsonl", ".ndjson")):
        return _json_rows(_text(name, data))
    if plain.endswith((".csv", ".tsv", ".txt")):
        return _csv_rows(_text(name, data), name)
    if plain.endswith(".xlsx"):
        return _table(_spreadsheet(name, data), name)
    raise UnreadableFile(
        f"{name}: expected a file named .csv, .xlsx or .jsonl, found {Path(plain).suffix or 'no ending'!r}."
    )


def _unpacked(name: str, data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            plain = packed.read(LARGEST_UNPACKED + 1)
    except (OSError, EOFError) as error:
        raise UnreadableFile(f"{name}: expected a gzip file, found something else or half of one.") from error
    if len(plain) > LARGEST_UNPACKED:
        raise UnreadableFile(f"{name}: expected at most {LARGEST_UNPACKED // 1_000_000} MB unpacked, found more.")
    return plain


def _text(name: str, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        raise UnreadableFile(f"{name}, line {line}: expected a text file, found NUL bytes.")
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        try:
            # What spreadsheet programs in German and Swedish write when they are not asked for UTF-8.
            return data.decode("cp1252")
        except UnicodeDecodeError:
            raise UnreadableFile(
                f"{name}, line {line}: expected UTF-8 or Windows-1252, found byte {data[error.start]:#04x}."
            ) from error


def _spreadsheet(name: str, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet as text, each with its number. What it unpacks to is looked at before it is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise UnreadableFile(f"{name}: expected a spreadsheet of at most 200 MB unpacked, found a larger one.")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
    except UnreadableFile:
        raise
    except Exception as error:
        # The library stumbles over damaged files in many ways; which one makes no difference to the reader.
        raise UnreadableFile(f"{name}: expected an Excel file (.xlsx), found something that can't be read.") from error
    return ((number, [_cell(value) for value in row]) for number, row in enumerate(_values(name, sheet), start=1))


def _values(name: str, sheet: Any) -> Iterator[tuple[Any, ...]]:
    try:
        yield from sheet.iter_rows(values_only=True)
    except Exception as error:
        raise UnreadableFile(f"{name}: the sheet is damaged and can't be read to its end.") from error


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
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            yield BadRow(number, f"expected a line of at most {LONGEST_LINE:,} characters, found {len(line):,}")
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield BadRow(number, f"expected a JSON object, found something else ({error})")
            continue
        if isinstance(values, dict):
            yield Row(number, values)
        else:
            yield BadRow(number, f"expected a JSON object, found a {type(values).__name__}")


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
        except csv.Error as error:
            yield BadRow(line, f"this row can't be read: {error}; is a quotation mark left open?")
            return


def _table(records: Iterable[tuple[int, list[str]] | BadRow], name: str) -> Iterator[Row | BadRow]:
    """Rows under the names that the first one gives."""
    records = iter(records)
    first = next(records, None)
    if first is None or isinstance(first, BadRow):
        raise UnreadableFile(
            f"{name}, line 1: {first.reason}."
            if first
            else f"{name}: expected a first line with the names of the columns, found an empty file."
        )
    header = [cell.strip() for cell in first[1]]
    while header and not header[-1]:
        header.pop()
    doubled = {column for column in header if header.count(column) > 1}
    if doubled:
        names = ", ".join(sorted(doubled)) or "an empty name"
        raise UnreadableFile(f"{name}, line 1: expected each column once, found {names} twice.")
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
            yield BadRow(line, f"expected {len(header)} cells, found {len(cells)}")
        else:
            yield Row(line, dict(zip(header, map(restored, cells), strict=True)))
