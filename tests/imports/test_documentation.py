"""The guide to importing lists exactly the columns that the code takes."""

from __future__ import annotations

import re
from pathlib import Path

from matchmaker.imports.records import OrganisationRecord, PersonRecord, StatementRecord

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "importing.md"


def test_the_guide_lists_every_column_of_every_file_in_their_order() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    sections = {part.split("\n", 1)[0]: part for part in text.split("\n## ")[1:]}
    for title, model in (
        ("Columns of organisations", OrganisationRecord),
        ("Columns of statements", StatementRecord),
        ("Columns of people", PersonRecord),
    ):
        assert re.findall(r"^\| `(\w+)` \|", sections[title], flags=re.MULTILINE) == list(model.model_fields)
