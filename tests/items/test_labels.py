"""Every member of every enum has a word for people."""

from __future__ import annotations

from enum import StrEnum

import pytest
from flask import Flask

from matchmaker.clusters.models import MembershipRole, MembershipState, OrganisationType, Sector
from matchmaker.imports.labels import COLUMNS
from matchmaker.imports.mapping import RECORDS
from matchmaker.imports.readers import FileKind
from matchmaker.items import labels
from matchmaker.items.models import Cooperation, Field, IprStatus, ItemState, Rung, Stage
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import EvidenceKind, ProfileKind
from matchmaker.testfields.models import Place, TestFieldKind

ENUMS = [
    OrganisationType, Sector, MembershipRole, MembershipState, Visibility, ItemState, Stage, IprStatus, Cooperation,
    Rung, Field, EvidenceKind, ProfileKind, Place, TestFieldKind,
]  # fmt: skip


@pytest.mark.parametrize("enum", ENUMS)
def test_every_member_has_a_word(app: Flask, enum: type[StrEnum]) -> None:
    with app.test_request_context():
        words = [str(labels.label(member)) for member in enum]
    assert all(words)
    assert len(set(words)) == len(words)


def test_every_column_of_a_file_has_a_word() -> None:
    mapped = [kind for kind in RECORDS if kind is not FileKind.CLUSTER]
    assert {name for kind in mapped for name in RECORDS[kind].model_fields} == set(COLUMNS)


def test_the_same_value_in_two_enums_keeps_two_words(app: Flask) -> None:
    with app.test_request_context():
        assert str(labels.label(IprStatus.PATENT_GRANTED)) == "Patent granted"
        assert str(labels.label(Rung.GMP)) == "GMP"
        assert [str(word) for word in labels.labels(["licence", "cooperage"], "Cooperation")] == [
            "Licence",
            "cooperage",
        ]


def test_a_missing_word_is_refused() -> None:
    class Mood(StrEnum):
        GOOD = "good"
        BAD = "bad"

    with pytest.raises(ValueError, match="BAD"):
        labels.name(Mood, {Mood.GOOD: "Good"})
