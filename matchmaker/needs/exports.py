"""The columns of needs as a file."""

from __future__ import annotations

from matchmaker.items.exports import item
from matchmaker.needs.models import Need
from matchmaker.sheets import columns

NEED = item("need", "needs.show", columns(*Need.own))
