"""Damaged and hostile files: every reader ends in named rows or in one sentence, soon, and nothing else."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.imports import readers
from matchmaker.imports.formats import READERS, read
from matchmaker.imports.formats import xml as xml_files
from matchmaker.imports.models import ImportRun
from matchmaker.imports.readers import BadRow, UnreadableFile
from tests.factories import World
from tests.imports import samples
from tests.imports.test_formats import FILES


def packed(**parts: str | bytes) -> bytes:
    """A spreadsheet whose first sheet, or whatever else is named, is written by hand."""
    book = Workbook()
    book.active.append(["name", "type"])
    whole = io.BytesIO()
    book.save(whole)
    made = io.BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            key = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, parts.get(key, old.read(name)))
    return made.getvalue()


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'
CELL = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>{}"
)
DEEP = "<PubmedArticleSet>" + "<a>" * 100_000

#: What is sent, as which file, and a word of the answer: of a sentence on the whole file, or of a bad row's reason.
CORPUS: dict[str, tuple[str, bytes, str]] = {
    "csv: NUL": ("a.csv", b"name,type\nA,sme\n\x00", "line 3"),
    "csv: neither UTF-8 nor Windows-1252": ("a.csv", b"name\nA\n\x81\x8d", "line 3"),
    "csv: half of UTF-16": ("a.csv", "name\nA\n".encode("utf-16")[:-1], "half a character"),
    "csv: open quote": ("a.csv", b'name,type\n"A,sme\n', "quotation mark"),
    "csv: ragged": ("a.csv", b"name,type\nA\n", "expected 2 cells, found 1"),
    "csv: huge line": ("a.csv", b"name,type\n" + b"A" * 1_100_000 + b",sme\n", "cell longer than 1,000,000 characters"),
    "csv: empty": ("a.csv", b"\xef\xbb\xbf", "empty"),
    "csv: a picture": ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "NUL"),
    "jsonl: truncated": ("a.jsonl", b'{"name": "A"}\n{"name": ', "JSON object"),
    "jsonl: another type": ("a.jsonl", b'{"name": "A"}\n[1]\n', "found a list"),
    "jsonl: huge line": ("a.jsonl", b'{"a": "' + b"x" * 1_100_000 + b'"}', "at most 1,000,000 characters"),
    "jsonl: deep": ("a.jsonl", b'{"a": 1}\n' + b"[" * 100_000, "JSON object"),
    "xlsx: no zip": ("a.xlsx", b"PK\x03\x04 torn", "Excel file"),
    "xlsx: another zip": ("a.xlsx", gzip.compress(b"x"), "Excel file"),
    "xlsx: entities in the sheet": ("a.xlsx", packed(sheet1=BOMB.format(SHEET.format("&i;"))), "can't be read"),
    "xlsx: a sheet that breaks off": ("a.xlsx", packed(sheet1=SHEET.format("<sheetData><row>")[:-14]), "can't be read"),
    "xlsx: a million columns": (
        "a.xlsx",
        packed(
            sheet1=SHEET.format(
                f'<dimension ref="A1:XFD1048576"/><sheetData><row r="1">{CELL.format("A1", "name")}</row>'
                f'<row r="1048576">{CELL.format("XFD1048576", "far out")}</row></sheetData>'
            )
        ),
        "columns",
    ),
    "gz: torn": ("a.csv.gz", gzip.compress(b"name\nA\n" * 100)[:-20], "gzip"),
    "gz: damaged inside": ("a.csv.gz", gzip.compress(b"name\nA\n")[:12] + b"\xff" * 20, "gzip"),
    "json: truncated list": ("ror.json", samples.ROR[:-40], "line"),
    "json: no comma": ("ror.json", samples.ROR[::-1].replace(b",", b"", 1)[::-1], "comma"),
    "json: another shape": ("a.json", b'["a", "b"]', "another shape"),
    "json: a number without end": ("ror.json", samples.ROR.replace(b"7", b"7" * 5_000), "number or a nesting"),
    "json: deep": ("ror.json", samples.ROR[:-2] + b"," + b"[" * 100_000, "number or a nesting"),
    "json: wrong types": ("w.json", b'[{"id": "https://openalex.org/W1", "title": {}, "topics": 7}, 5]', "OpenAlex"),
    "xml: of nobody": ("a.xml", b"<a/>", "found one that begins with “<a/>”"),
    "xml: entities": ("a.xml", BOMB.format("<PubmedArticleSet>&i;</PubmedArticleSet>").encode(), "entities"),
    "xml: a file of ours": (
        "a.xml",
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><PubmedArticleSet>&f;</PubmedArticleSet>',
        "entities",
    ),
    "xml: breaks off": ("a.xml", samples.PUBMED[:900], "well-formed"),
    "xml: crossed": ("a.xml", b"<PubmedArticleSet><a>\n</b></PubmedArticleSet>", "line 2"),
    "xml: deep": ("a.xml", DEEP.encode(), "deep"),
    "xml: NUL": ("a.xml", samples.CERIF.replace(b"BONE", b"BO\x00NE"), "well-formed"),
    "xml: another encoding": ("a.xml", samples.CERIF.replace(b"UTF-8", b"EBCDIC"), "EBCDIC"),
    "xml: none of its bytes": ("a.xml", samples.CERIF.replace("ä".encode(), b"\xff"), "well-formed"),
    "rdf: breaks off": ("a.ttl", samples.VIVO[:500], "Turtle"),
    "rdf: entities": (
        "a.rdf",
        BOMB.format('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>').encode(),
        "entities",
    ),
}


@pytest.mark.parametrize("case", CORPUS)
def test_a_bad_file_ends_in_a_named_row_or_in_a_sentence(case: str) -> None:
    name, data, said = CORPUS[case]
    try:
        answers = [f"line {row.line}: {row.reason}" for row in read(name, data) if isinstance(row, BadRow)]
    except UnreadableFile as error:
        answers = [str(error)]
        assert name in answers[0]
    assert any(said in answer for answer in answers), answers


def test_a_reader_takes_nothing_for_its_own_that_is_written_in_another_format() -> None:
    # A table or a line may hold anything; the registries' records are known by their shape.
    for format in (format for format in READERS if not format.counts_lines):
        for other, (name, data) in FILES.items():
            if other is not format:
                with suppress(UnreadableFile):
                    assert all(isinstance(row, BadRow) for row in READERS[format](name, data)), (format, other)


def test_what_is_too_large_is_refused_before_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LARGEST_UNPACKED", 20_000)
    monkeypatch.setattr(xml_files, "LONGEST_RECORD", 20_000)
    bombs = {
        "a.csv.gz": gzip.compress(b"name\n" + b"A" * 30_000),
        "a.xlsx": packed(sheet1=SHEET.format("<sheetData>" + " " * 30_000 + "</sheetData>")),
        "a.xml": samples.PUBMED.replace(b"Bone grew", b"Bone" * 10_000),
    }
    for name, data in bombs.items():
        with pytest.raises(UnreadableFile, match="at most"):
            list(read(name, data))


def test_the_page_says_so_and_keeps_nothing(
    sign_in: Callable[..., FlaskClient], world: World, session: Session
) -> None:
    manager = sign_in(world.manager)
    for case in ("xml: entities", "json: truncated list", "xlsx: a million columns"):
        name, data, said = CORPUS[case]
        form: dict[str, Any] = {
            "kind": "statements",
            "cluster": world.cluster.public_id,
            "file": (io.BytesIO(data), name),
        }
        answer = manager.post("/desk/imports/", data=form, content_type="multipart/form-data")
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(ImportRun)) == 0
