"""Registering test fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.testfields.models import TestField


def add(session: Session, organisation: Organisation, author: User | None, values: Mapping[str, Any]) -> TestField:
    """Register a test field, as a draft."""
    field = TestField(organisation=organisation, author=author, **values)
    session.add(field)
    session.flush()
    return field
