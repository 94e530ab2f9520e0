"""A whole cluster as ``transfers`` writes it: a ZIP with a manifest and a file of JSON lines for each kind of thing."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from matchmaker.imports.contents import CLUSTER, FORMAT, KINDS, VERSION
from matchmaker.imports.readers import LARGEST_UNPACKED, LONGEST_LINE, BadRow, FileKind, Row, UnreadableFile, too_large
from matchmaker.sentences import sentence as _

MANIFEST = "manifest.json"


def is_one(data: bytes) -> bool:
    """Whether a packed file has a manifest; a spreadsheet has none."""
    try:
        return MANIFEST in zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def rows(name: str, data: bytes, largest: int = LARGEST_UNPACKED) -> Iterator[Row | BadRow]:
    """The cluster, then everything in it, each after what it points at; places are told as file and line."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        if sum(part.file_size for part in archive.infolist()) > largest:
            raise too_large(name, largest)
        cluster = _cluster(name, json.loads(archive.read(MANIFEST)))
        yield _row(1, "cluster", cluster, MANIFEST, cluster)
        number = 1
        for kind in KINDS:
            part = f"{kind.name}.jsonl"
            for line, row in _lines(archive, part):
                number += 1
                if row is None:
                    yield BadRow(
                        number,
                        _("%(part)s, line %(line)d: expected a JSON object with a public id", part=part, line=line),
                    )
                else:
                    yield _row(number, kind.name, cluster, f"{part}, line {line}", row)
    except KeyError as error:
        raise UnreadableFile(name, _("expected the file of a cluster, found half of it")) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RecursionError, RuntimeError) as error:
        raise UnreadableFile(
            name,
            _(
                "expected the file of a cluster (a ZIP with %(part)s), found something else or half of it",
                part=MANIFEST,
            ),
        ) from error


def _cluster(name: str, manifest: Any) -> dict[str, Any]:
    told = manifest if isinstance(manifest, dict) else {}
    if (told.get("format"), told.get("version")) != (FORMAT, VERSION):
        raise UnreadableFile(
            name,
            _(
                "expected %(format)s, version %(version)d, found something else or a later version",
                format=FORMAT,
                version=VERSION,
            ),
        )
    cluster = told.get("cluster")
    if not isinstance(cluster, dict) or cluster.keys() != set(CLUSTER.carried):
        raise UnreadableFile(
            name, _("expected in %(part)s what the cluster is called, found something else", part=MANIFEST)
        )
    return cluster


def _row(number: int, part: str, cluster: dict[str, Any], place: str, row: dict[str, Any]) -> Row:
    return Row(number, {"part": part, "cluster": cluster["public_id"], "place": place, "row": row}, FileKind.CLUSTER)


def _lines(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[int, dict[str, Any] | None]]:
    with archive.open(part) as lines:
        number = 0
        while line := lines.readline(LONGEST_LINE + 1):
            number += 1
            try:
                row = json.loads(line) if len(line) <= LONGEST_LINE else None
            except (ValueError, RecursionError):
                row = None
            yield number, row if isinstance(row, dict) and isinstance(row.get("public_id"), str) else None
