"""The columns of test fields as a file."""

from __future__ import annotations

from operator import attrgetter

from matchmaker.items.exports import item
from matchmaker.sheets import Column, columns

TEST_FIELD = item(
    "test_field",
    "testfields.show",
    (
        Column("test_field_kind", attrgetter("kind")),
        *columns("rung", "regulated", "place", "city", "country"),
        *columns("services", "licences", "access_steps", "response_days"),
    ),
)
