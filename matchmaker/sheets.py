"""Lists as files: the same rows for a spreadsheet (CSV, Excel) and for a program (JSON).

A cell that a spreadsheet would take for a formula gets an apostrophe in front, which the importer takes off again. CSV
is written as the Excel of the reader's language opens it: UTF-8 with a byte order mark, and semicolons where a comma
stands in numbers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from operator import attrgetter
from typing import Any

from flask import Flask, Response, current_app
from flask_babel import get_locale
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from werkzeug.routing import BaseConverter

#: Rows of one file; more are for the API, page by page.
MOST_ROWS = 10_000
#: What a cell may not begin with, also behind spaces and quotation marks, and in full width.
_FORMULA = frozenset("=+-@\t\r＝＋－＠")


class Format(StrEnum):
    """How a list leaves."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


_TYPES = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
}


class Ending(BaseConverter):
    """The end of an address that asks for its list as a file: ``/needs/mine.<file:format>``."""

    regex = "csv|xlsx|json"

    def to_python(self, value: str) -> Format:
        return Format(value)


def init_app(app: Flask) -> None:
    """Let addresses end in a format."""
    app.url_map.converters["file"] = Ending


@dataclass(frozen=True)
class Column:
    """One column: its name, the same as in imports where it can come in again, and its value in a row."""

    name: str
    value: Callable[[Any], Any]


def columns(*names: str) -> tuple[Column, ...]:
    """Columns that are named as what they show."""
    return tuple(Column(name, attrgetter(name)) for name in names)


def neutral(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    return f"'{text}" if text.lstrip(" \"'")[:1] in _FORMULA and text.strip() else text


def restored(text: str) -> str:
    """The text as it was before ``neutral``."""
    return text[1:] if text.startswith("'") and neutral(text[1:]) == text else text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return neutral("; ".join(map(str, value)))
    if isinstance(value, date):
        return value.isoformat()
    return neutral(str(value))


def answer(filename: str, format: Format, listed: Sequence[Column], rows: Iterable[Any]) -> Response:
    """The rows as a file to keep; a shared machine keeps no copy."""
    write = {Format.CSV: _csv, Format.XLSX: _xlsx, Format.JSON: _json}[format]
    made: Response = current_app.response_class(write(listed, rows), mimetype=_TYPES[format])
    made.headers["Content-Disposition"] = f'attachment; filename="{filename}.{format}"'
    made.headers["Cache-Control"] = "no-store"
    return made


def _csv(listed: Sequence[Column], rows: Iterable[Any]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter="," if str(get_locale() or "en").startswith("en") else ";")
    writer.writerow(column.name for column in listed)
    writer.writerows([_cell(column.value(row)) for column in listed] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(listed: Sequence[Column], rows: Iterable[Any]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, column.name) for column in listed]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for row in rows:
        sheet.append([_typed(sheet, column.value(row)) for column in listed])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _typed(sheet: Any, value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    # Control characters, which XML can't hold, are taken out of texts when they are kept; a text stays a text here.
    cell = WriteOnlyCell(sheet, _cell(value))
    cell.data_type = "s"
    return cell


def _json(listed: Sequence[Column], rows: Iterable[Any]) -> bytes:
    listed = [{column.name: _plain(column.value(row)) for column in listed} for row in rows]
    return json.dumps(listed, ensure_ascii=False, indent=1).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
