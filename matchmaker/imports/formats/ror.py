"""ROR: the Research Organization Registry's records of version 2, as in its data dump and its answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matchmaker.imports.formats.columns import organisation
from matchmaker.imports.formats.objects import dig, line_at, list_at, objects
from matchmaker.imports.readers import BadRow, FileKind, Row
from matchmaker.sentences import sentence as _

SOURCE, LICENCE = "ROR", "CC0 1.0"
#: Its kinds of organisations → ours, what says most first.
TYPES = {
    "healthcare": "clinic",
    "education": "university",
    "facility": "research_institute",
    "company": "large_company",
    "nonprofit": "public_body",
    "government": "public_body",
    "archive": "public_body",
    "funder": "public_body",
    "other": "public_body",
}


def is_one(value: Any) -> bool:
    """Whether an object is a record of ROR."""
    return line_at(value, "id").startswith("https://ror.org/") and isinstance(dig(value, "names"), list)


def rows(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """Every organisation of the file."""
    for number, record in enumerate(objects(name, data), start=1):
        yield row(number, record)


def row(number: int, record: Any) -> Row | BadRow:
    """One record as a row about an organisation."""
    if not is_one(record):
        return BadRow(number, _("expected a record of ROR (version 2), found something else"))
    if (status := line_at(record, "status") or "active") != "active":
        return BadRow(
            number,
            _(
                "%(ror)s: expected an active organisation, found one that is “%(status)s”",
                ror=line_at(record, "id"),
                status=status,
            ),
        )
    names = list_at(record, "names")
    shown = [n for n in names if "ror_display" in list_at(n, "types")] or names
    places = list_at(record, "locations")
    place = dig(places[0], "geonames_details") if places else None
    websites = [line_at(link, "value") for link in list_at(record, "links") if line_at(link, "type") == "website"]
    kinds = [str(kind) for kind in list_at(record, "types")]
    return Row(
        number,
        organisation(
            key=line_at(record, "id"),
            source=SOURCE,
            licence=LICENCE,
            name=line_at(shown[0], "value") if shown else "",
            type=next((ours for theirs, ours in TYPES.items() if theirs in kinds), "public_body"),
            country=line_at(place, "country_code"),
            region=line_at(place, "country_subdivision_name"),
            city=line_at(place, "name"),
            website=websites[0] if websites else "",
            ror=line_at(record, "id"),
        ),
        FileKind.ORGANISATIONS,
    )
