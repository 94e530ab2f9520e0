"""Rows out of files: CSV and JSON lines, each row with its line number, bad rows named and not fatal."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: A single line longer than this is damage, not data.
LONGEST_LINE = 1_000_000
csv.field_size_limit(LONGEST_LINE)


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
    """The rows of a ``.csv`` or ``.jsonl`` file (also gzipped). Raises UnreadableFile."""
    text = _text(path)
    name = path.name.removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        return _json_rows(text)
    if name.endswith((".csv", ".tsv", ".txt")):
        return _csv_rows(text, path.name)
    raise UnreadableFile(f"{path.name}: expected a file named .csv or .jsonl, found {path.suffix or 'no ending'!r}.")


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except OSError as error:
        raise UnreadableFile(f"{path.name}: {error.strerror or error}.") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\x00" in data[:4096]:
        raise UnreadableFile(f"{path.name}: expected a text file, found NUL bytes.")
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
                f"{path.name}, line {line}: expected UTF-8 or Windows-1252, found byte {data[error.start]:#04x}."
            ) from error


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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(reader)]
    except StopIteration:
        raise UnreadableFile(
            f"{name}: expected a first line with the names of the columns, found an empty file."
        ) from None
    except csv.Error as error:
        raise UnreadableFile(f"{name}, line 1: {error}.") from error
    doubled = {column for column in header if header.count(column) > 1}
    if doubled:
        raise UnreadableFile(f"{name}, line 1: expected each column once, found {', '.join(sorted(doubled))} twice.")
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(line, f"this row can't be read: {error}; is a quotation mark left open?")
            return
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            yield BadRow(line, f"expected {len(header)} cells, found {len(cells)}")
            continue
        yield Row(line, dict(zip(header, cells, strict=True)))
