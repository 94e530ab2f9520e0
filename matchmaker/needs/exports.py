"""The columns of needs as a file."""

from __future__ import annotations

from matchmaker.items.exports import item
from matchmaker.sheets import columns

NEED = item(
    "need",
    "needs.show",
    columns(
        "expected_result",
        "stage",
        "trl_min",
        "trl_max",
        "rung",
        "regulated",
        "cooperation",
        "partners_sought",
        "countries",
        "deadline",
    ),
)
