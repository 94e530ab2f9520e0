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
from typing import Any

from flask import Response, current_app
from flask_babel import get_locale
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

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


@dataclass(frozen=True)
class Column:
    """One column: its name, the same as in imports where it can come in again, and its value in a row."""

    name: str
    value: Callable[[Any], Any]


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


def answer(filename: str, format: Format, columns: Sequence[Column], rows: Iterable[Any]) -> Response:
    """The rows as a file to keep."""
    write = {Format.CSV: _csv, Format.XLSX: _xlsx, Format.JSON: _json}[format]
    made: Response = current_app.response_class(write(columns, rows), mimetype=_TYPES[format])
    made.headers["Content-Disposition"] = f'attachment; filename="{filename}.{format}"'
    return made


def _csv(columns: Sequence[Column], rows: Iterable[Any]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter="," if str(get_locale() or "en").startswith("en") else ";")
    writer.writerow(column.name for column in columns)
    writer.writerows([_cell(column.value(row)) for column in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(columns: Sequence[Column], rows: Iterable[Any]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, column.name) for column in columns]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for row in rows:
        sheet.append([_typed(sheet, column.value(row)) for column in columns])
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


def _json(columns: Sequence[Column], rows: Iterable[Any]) -> bytes:
    listed = [{column.name: _plain(column.value(row)) for column in columns} for row in rows]
    return json.dumps(listed, ensure_ascii=False, indent=1).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
