"""Files as people really have them: each ends in rows and named bad rows, or in one clear sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from matchmaker.imports.formats import read_file
from matchmaker.imports.readers import BadRow, Row, UnreadableFile
from matchmaker.sentences import sentence


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    "data",
    [
        b"name;type\nM\xc3\xbcller AB;sme\n",
        b"\xef\xbb\xbfname,type\r\nM\xc3\xbcller AB,sme\r\n",
        "name\ttype\nMüller AB\tsme\n".encode("utf-16"),
        "name;type\nMüller AB;sme\n".encode("cp1252"),
        'name,type\n"Müller AB",sme'.encode(),
    ],
    ids=["semicolons", "byte order mark, commas, CRLF", "UTF-16 with tabs", "Windows-1252", "quoted, no last newline"],
)
def test_a_spreadsheet_in_any_usual_shape_gives_the_same_row(tmp_path: Path, data: bytes) -> None:
    assert list(read_file(write(tmp_path, "list.csv", data))) == [Row(2, {"name": "Müller AB", "type": "sme"})]


def test_a_gzipped_file_is_read_like_a_plain_one(tmp_path: Path) -> None:
    path = write(tmp_path, "list.jsonl.gz", gzip.compress('{"name": "Ångström AB"}\n'.encode()))
    assert list(read_file(path)) == [Row(1, {"name": "Ångström AB"})]


def test_ragged_rows_are_named_and_the_others_kept(tmp_path: Path) -> None:
    rows = list(read_file(write(tmp_path, "list.csv", "name,type\nA,sme\nB\nC,sme,extra\nD,sme\n")))
    assert rows == [
        Row(2, {"name": "A", "type": "sme"}),
        BadRow(3, sentence("expected %(expected)s cells, found %(found)s", expected=2, found=1)),
        BadRow(4, sentence("expected %(expected)s cells, found %(found)s", expected=2, found=3)),
        Row(5, {"name": "D", "type": "sme"}),
    ]


def test_an_open_quotation_mark_is_told_and_not_swallowed(tmp_path: Path) -> None:
    rows = list(read_file(write(tmp_path, "list.csv", 'name,type\nA,sme\n"B,sme\nC,sme\n')))
    assert rows[0] == Row(2, {"name": "A", "type": "sme"})
    assert isinstance(rows[1], BadRow)
    assert rows[1].line == 3
    assert "quotation mark" in str(rows[1].reason)


def test_broken_json_lines_are_named_and_the_others_kept(tmp_path: Path) -> None:
    rows = list(read_file(write(tmp_path, "list.jsonl", '{"a": 1}\n{"a": \n[1]\n\n{"a": 2}\n' + "[" * 5000)))
    assert [row.line for row in rows if isinstance(row, Row)] == [1, 5]
    assert [row.line for row in rows if isinstance(row, BadRow)] == [2, 3, 6]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("list.csv", b"", "empty file"),
        ("list.csv", b"name,type\n\x00\x00", "NUL"),
        ("list.csv", b"name,name\nA,B\n", "twice: “name”"),
        ("list.xml", b"<a/>", "expected XML of PubMed, ORCID, CERIF"),
        ("list.csv", b"name\n\x81\x8d", "expected UTF-8"),
        ("list.jsonl.gz", b"not gzipped", "list.jsonl.gz"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        list(read_file(write(tmp_path, name, data)))
