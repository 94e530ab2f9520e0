"""OpenAlex: works, institutions and authors, as in its snapshot (one on each line) and its answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matchmaker.imports.formats.columns import evidence, language, organisation, person, year
from matchmaker.imports.formats.objects import dig, line_at, list_at, objects
from matchmaker.imports.formats.ror import TYPES
from matchmaker.imports.readers import BadRow, FileKind, Row
from matchmaker.profiles import identifiers
from matchmaker.sentences import sentence as _

SOURCE, LICENCE = "OpenAlex", "CC0 1.0"
#: Words of an abstract that are put together again; a place beyond is damage.
_LONGEST_ABSTRACT = 3_000


def is_one(value: Any) -> bool:
    """Whether an object is a record of OpenAlex."""
    return line_at(value, "id").startswith("https://openalex.org/")


def rows(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """Every work, institution and author of the file."""
    for number, record in enumerate(objects(name, data), start=1):
        yield row(number, record)


def row(number: int, record: Any) -> Row | BadRow:
    """One record as a row, by the letter of its number."""
    letter = line_at(record, "id").rpartition("/")[2][:1].upper() if is_one(record) else ""
    if letter == "W":
        return Row(number, _work(record), FileKind.STATEMENTS)
    if letter == "I":
        return Row(number, _institution(record), FileKind.ORGANISATIONS)
    if letter == "A":
        return Row(number, _author(record), FileKind.PEOPLE)
    return BadRow(number, _("expected a work, an institution or an author of OpenAlex, found something else"))


def _work(record: Any) -> dict[str, Any]:
    institutions = [
        institution for one in list_at(record, "authorships") for institution in list_at(one, "institutions")
    ]
    doi = identifiers.doi(line_at(record, "doi")) or ""
    topics = [*list_at(record, "keywords"), *list_at(record, "topics"), *list_at(record, "concepts")]
    return evidence(
        kind="publication",
        key=line_at(record, "id"),
        source=SOURCE,
        licence=LICENCE,
        title=line_at(record, "title") or line_at(record, "display_name"),
        description=_abstract(dig(record, "abstract_inverted_index")),
        language=language(line_at(record, "language")),
        keywords=[line_at(topic, "display_name") for topic in topics],
        identifier=doi,
        url=f"https://doi.org/{doi}" if doi else line_at(record, "id"),
        year=year(line_at(record, "publication_year")),
        affiliations=[line_at(one, key) for one in institutions for key in ("ror", "display_name")],
    )


def _abstract(index: Any) -> str:
    """The abstract, which is kept as each word with its places."""
    if not isinstance(index, dict):
        return ""
    placed = {
        place: str(word)
        for word, places in index.items()
        if isinstance(places, list)
        for place in places
        if isinstance(place, int) and 0 <= place < _LONGEST_ABSTRACT
    }
    return " ".join(placed[place] for place in sorted(placed))


def _institution(record: Any) -> dict[str, Any]:
    return organisation(
        key=line_at(record, "id"),
        source=SOURCE,
        licence=LICENCE,
        name=line_at(record, "display_name"),
        type=TYPES.get(line_at(record, "type"), "public_body"),
        country=line_at(record, "country_code"),
        region=line_at(record, "geo", "region"),
        city=line_at(record, "geo", "city"),
        website=line_at(record, "homepage_url"),
        ror=line_at(record, "ror"),
    )


def _author(record: Any) -> dict[str, Any]:
    known = list_at(record, "last_known_institutions")
    topics = [line_at(topic, "display_name") for topic in list_at(record, "topics")[:3]]
    return person(
        key=line_at(record, "id"),
        source=SOURCE,
        licence=LICENCE,
        name=line_at(record, "display_name"),
        orcid=identifiers.orcid(line_at(record, "orcid")) or "",
        headline=", ".join(topics),
        affiliations=[line_at(one, key) for one in known for key in ("ror", "display_name")],
    )
