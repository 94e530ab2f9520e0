"""The registries' formats: told by their content, and read into the rows that every import takes."""

from __future__ import annotations

import gzip
import sys
from typing import Any

import pytest

from matchmaker.imports.formats import Format, detect, read
from matchmaker.imports.mapping import RECORDS
from matchmaker.imports.readers import BadRow, FileKind, Row, UnreadableFile
from matchmaker.imports.records import parse
from tests.imports import samples
from tests.imports.samples import DOI, ROR_ID

FILES = {
    Format.TEXT_TABLE: ("list.csv", b"name;type\nBone AB;sme\n"),
    Format.JSON_LINES: ("list.jsonl", b'{"name": "Bone AB"}\n'),
    Format.ROR: ("ror-data.json", samples.ROR),
    Format.ORCID: ("record.json", samples.ORCID_JSON),
    Format.PUBMED: ("pubmed.xml", samples.PUBMED),
    Format.OPENALEX: ("works.json", samples.OPENALEX),
    Format.CERIF: ("oai.xml", samples.CERIF),
    Format.VIVO: ("vivo.ttl", samples.VIVO),
}


def rows(format: Format, kind: FileKind) -> list[dict[str, Any]]:
    """The rows of one kind, each of them such that an import takes it."""
    found = [row.values for row in read(*FILES[format], kind=kind) if isinstance(row, Row)]
    for values in found:
        if values.get("organisation") or values.get("affiliations") or kind is FileKind.ORGANISATIONS:
            parse(RECORDS[kind], values)
    return found


def test_every_format_is_told_by_its_content_whatever_the_file_is_called() -> None:
    for format, (name, data) in FILES.items():
        assert detect(name, data) is format
        assert detect(f"{name}.gz", gzip.compress(data)) is format
        if format is not Format.TEXT_TABLE:
            assert detect("download", data) is format
    assert detect("record.xml", samples.ORCID_XML) is Format.ORCID


def test_ror_gives_active_organisations_with_their_shown_name_and_names_the_others() -> None:
    found = list(read(*FILES[Format.ROR]))
    (one,) = rows(Format.ROR, FileKind.ORGANISATIONS)
    assert (one["name"], one["type"], one["country"], one["city"], one["website"], one["ror"]) == (
        "Universitätsklinikum Nordmark",
        "clinic",
        "DE",
        "Kiel",
        "https://ukn.example",
        ROR_ID,
    )
    assert [(row.line, "withdrawn" in str(row.reason)) for row in found if isinstance(row, BadRow)] == [
        (2, True),
        (3, False),
    ]


def test_orcid_gives_the_person_and_the_preferred_form_of_each_work() -> None:
    (person,) = rows(Format.ORCID, FileKind.PEOPLE)
    assert (person["name"], person["orcid"], person["headline"]) == (
        "Åsa Öberg",
        "0000-0002-1825-0097",
        "bone, bioprinting",
    )
    assert person["affiliations"] == [ROR_ID, "Universitätsklinikum Nordmark"]
    found = rows(Format.ORCID, FileKind.STATEMENTS)
    assert [(row["title"], row["evidence_kind"], row["year"]) for row in found] == [
        ("Printed bone heals", "publication", "2024"),
        ("A nozzle", "patent", ""),
        ("Bone for the north", "project", "2022"),
    ]
    # Its own DOI, not that of the book it stands in.
    assert found[0]["identifier"] == DOI


def test_orcid_says_the_same_as_xml() -> None:
    person, work = [row.values for row in read("record.xml", samples.ORCID_XML) if isinstance(row, Row)]
    assert (person["name"], person["orcid"]) == ("Åsa Öberg", "0000-0002-1825-0097")
    assert (work["title"], work["identifier"], work["year"]) == ("Printed bone heals", DOI, "2024")


def test_pubmed_gives_articles_with_what_is_marked_up_as_plain_text() -> None:
    (one,) = rows(Format.PUBMED, FileKind.STATEMENTS)
    assert (one["key"], one["title"], one["year"], one["identifier"]) == (
        "12345678",
        "Printed bone heals",
        "2024",
        DOI,
    )
    assert one["description"] == "Results: Bone grew in 12 weeks."
    assert one["keywords"] == ["Bone Regeneration", "Humans"]
    assert "Universitätsklinikum Nordmark" in one["affiliations"]
    assert [row.line for row in read(*FILES[Format.PUBMED]) if isinstance(row, BadRow)] == [2]


def test_openalex_gives_works_institutions_and_authors() -> None:
    (work,) = rows(Format.OPENALEX, FileKind.STATEMENTS)
    assert (work["identifier"], work["description"], work["keywords"]) == (
        DOI,
        "Bone grew in weeks.",
        ["Bone Tissue Engineering"],
    )
    assert work["affiliations"] == [ROR_ID, "Somebody's spelling"]
    (institution,) = rows(Format.OPENALEX, FileKind.ORGANISATIONS)
    assert (institution["ror"], institution["type"], institution["city"]) == (ROR_ID, "clinic", "Kiel")
    (author,) = rows(Format.OPENALEX, FileKind.PEOPLE)
    assert (author["name"], author["orcid"], author["affiliations"]) == ("Åsa Öberg", "0000-0002-1825-0097", [ROR_ID])


def test_cerif_gives_all_that_a_research_information_system_knows() -> None:
    (unit,) = rows(Format.CERIF, FileKind.ORGANISATIONS)
    assert (unit["name"], unit["type"], unit["website"]) == (
        "University of Nordmark",
        "university",
        "https://uni.example",
    )
    # Two systems count alike, so the system is part of the source.
    assert unit["source"] == "CERIF, cris.nordmark.example"
    (person,) = rows(Format.CERIF, FileKind.PEOPLE)
    assert (person["name"], person["affiliations"]) == ("Åsa Öberg", ["OrgUnits/1"])
    assert [(row["kind"], row["title"], row.get("year", "")) for row in rows(Format.CERIF, FileKind.STATEMENTS)] == [
        ("evidence", "BONE: Bone for the north", "2022"),
        ("test_field", "A printer for bone", ""),
        ("evidence", "A nozzle", "2021"),
    ]


def test_vivo_gives_people_with_the_university_that_their_department_is_part_of() -> None:
    (person,) = rows(Format.VIVO, FileKind.PEOPLE)
    assert (person["name"], person["about"], person["orcid"]) == (
        "Åsa Öberg",
        "Prints bone & skin.",
        "0000-0002-1825-0097",
    )
    assert "University of Nordmark" in person["affiliations"]
    (unit,) = rows(Format.VIVO, FileKind.ORGANISATIONS)
    assert (unit["name"], unit["type"]) == ("University of Nordmark", "university")
    (work,) = rows(Format.VIVO, FileKind.STATEMENTS)
    assert (work["title"], work["identifier"], work["year"]) == ("Printed bone heals", DOI, "2024")
    assert "University of Nordmark" in work["affiliations"]


def test_without_rdflib_rdf_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rdflib", None)
    with pytest.raises(UnreadableFile, match=r"matchmaker\[rdf\]"):
        list(read(*FILES[Format.VIVO]))


def test_a_list_of_json_objects_is_read_like_lines_of_them() -> None:
    data = b'[\n{"name": "Bone AB"},\n\n{"name": "Cell AB"}, 7]'
    assert detect("list.json", data) is Format.JSON_LINES
    good, later, bad = read("list.json", data)
    assert (good, later) == (Row(2, {"name": "Bone AB"}), Row(4, {"name": "Cell AB"}))
    assert isinstance(bad, BadRow)
    assert (bad.line, "a single value" in str(bad.reason)) == (4, True)
