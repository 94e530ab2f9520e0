"""The formats that files come in: told by their content, and turned into the same rows.

Every reader takes a file's name and content and gives rows under our columns, or bad rows with their place and reason;
what can't be read as a whole raises UnreadableFile. So mapping, looking ahead, running and undoing know no format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path

from matchmaker.imports.formats import cerif, cluster, openalex, orcid, pubmed, ror, vivo
from matchmaker.imports.formats.objects import is_list, objects, read_json_list
from matchmaker.imports.formats.xml import root_of
from matchmaker.imports.readers import (
    BadRow,
    FileKind,
    Row,
    UnreadableFile,
    read_json_lines,
    read_spreadsheet,
    read_text_table,
    unpacked,
)
from matchmaker.sentences import Sentence
from matchmaker.sentences import sentence as _
from matchmaker.texts import clean_line

#: Records of one file; more come in parts.
MOST_ROWS = 500_000


class Format(StrEnum):
    """What a file is written in."""

    TEXT_TABLE = "csv"
    SPREADSHEET = "xlsx"
    #: One JSON object a line, or a list of them.
    JSON_LINES = "jsonl"
    ROR = "ror"
    ORCID = "orcid"
    PUBMED = "pubmed"
    OPENALEX = "openalex"
    CERIF = "cerif"
    VIVO = "vivo"
    CLUSTER = "cluster"

    @property
    def counts_lines(self) -> bool:
        """Whether a row's place is its line; records of the other formats are counted."""
        return self in (Format.TEXT_TABLE, Format.SPREADSHEET, Format.JSON_LINES)


def _json_rows(name: str, data: bytes) -> Iterator[Row | BadRow]:
    return (read_json_list if is_list(data) else read_json_lines)(name, data)


READERS: dict[Format, Callable[[str, bytes], Iterator[Row | BadRow]]] = {
    Format.TEXT_TABLE: read_text_table,
    Format.SPREADSHEET: read_spreadsheet,
    Format.JSON_LINES: _json_rows,
    Format.ROR: ror.rows,
    Format.ORCID: orcid.rows,
    Format.PUBMED: pubmed.rows,
    Format.OPENALEX: openalex.rows,
    Format.CERIF: cerif.rows,
    Format.VIVO: vivo.rows,
    Format.CLUSTER: cluster.rows,
}


def read_file(path: Path, format: Format | None = None, kind: FileKind | None = None) -> Iterator[Row | BadRow]:
    """The rows of a file on disk. Raises UnreadableFile."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(path.name, Sentence(error.strerror or str(error))) from error
    return read(path.name, data, format, kind)


def read(name: str, data: bytes, format: Format | None = None, kind: FileKind | None = None) -> Iterator[Row | BadRow]:
    """The rows of a file, those of one kind where one is named; the format is told by the content where it is not.

    Raises UnreadableFile, at once or while it is read.
    """
    data = unpacked(name, data)
    rows = READERS[format or _told(name, data)](name, data)
    if kind is not None:
        rows = (row for row in rows if isinstance(row, BadRow) or row.kind in (None, kind))
    return _up_to(name, MOST_ROWS, rows)


def _up_to(name: str, most: int, rows: Iterator[Row | BadRow]) -> Iterator[Row | BadRow]:
    yield from islice(rows, most)
    if next(rows, None) is not None:
        raise UnreadableFile(name, _("expected at most %(most)s rows, found more; please cut it into parts", most=most))


def kinds_in(name: str, data: bytes, format: Format) -> Counter[FileKind]:
    """How many rows of each kind a file holds, where its format says so itself. Raises UnreadableFile."""
    return Counter(row.kind for row in read(name, data, format) if isinstance(row, Row) and row.kind is not None)


def detect(name: str, data: bytes) -> Format:
    """What a file is written in, by its content and, where that does not tell, by its name. Raises UnreadableFile."""
    return _told(name, unpacked(name, data))


def _told(name: str, data: bytes) -> Format:
    ending = Path(name.lower().removesuffix(".gz")).suffix
    if ending in (".csv", ".tsv"):
        return Format.TEXT_TABLE
    if data.startswith(b"PK\x03\x04") and cluster.is_one(data):
        return Format.CLUSTER
    if ending == ".xlsx" or data.startswith(b"PK\x03\x04"):
        return Format.SPREADSHEET
    start = data[:4_000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        return _of_json(name, data, ending)
    if start.startswith((b"@prefix", b"@base", b"PREFIX", b"<http")) or ending in (".ttl", ".n3", ".nt", ".rdf"):
        return Format.VIVO
    if start.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\x00<")):
        return _of_xml(name, data)
    if ending in (".txt", ".jsonl", ".ndjson"):
        return Format.TEXT_TABLE if ending == ".txt" else Format.JSON_LINES
    raise UnreadableFile(
        name,
        _(
            "expected a file named .csv, .xlsx or .jsonl, or one of ROR, ORCID, PubMed, OpenAlex, CERIF or VIVO, "
            "found none of these"
        ),
    )


def _of_json(name: str, data: bytes, ending: str) -> Format:
    of_lines = ending in (".jsonl", ".ndjson")
    try:
        first = next(objects(name, data), None)
    except UnreadableFile:
        if not of_lines:
            raise
        # In a file of lines a damaged one is named, and the others are taken.
        first = None
    for format, is_one in ((Format.ROR, ror.is_one), (Format.OPENALEX, openalex.is_one), (Format.ORCID, orcid.is_one)):
        if is_one(first):
            return format
    if of_lines or isinstance(first, dict) or not is_list(data):
        return Format.JSON_LINES
    raise UnreadableFile(
        name,
        _(
            "expected JSON objects, one a line or in a list, or records of ROR, ORCID or OpenAlex, "
            "found JSON of another shape"
        ),
    )


def _of_xml(name: str, data: bytes) -> Format:
    root = root_of(data)
    for sign, format in (
        ("PubmedArticle", Format.PUBMED),
        ("PubmedBookArticle", Format.PUBMED),
        ("http://www.orcid.org/ns/", Format.ORCID),
        ("openaire.eu/cerif-profile", Format.CERIF),
        ("www.openarchives.org/OAI/", Format.CERIF),
        ("22-rdf-syntax-ns", Format.VIVO),
    ):
        if sign in root:
            return format
    raise UnreadableFile(
        name,
        _(
            "expected XML of PubMed, ORCID, CERIF (OpenAIRE) or RDF, found one that begins with “%(found)s”",
            found=clean_line(root)[:80],
        ),
    )
