"""Two who are introduced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from matchmaker.introductions.models import Introduction
from tests.introductions.conftest import Person, latest, person, researcher, sme

__all__ = ["introduced", "latest", "person", "researcher", "sme"]


@pytest.fixture
def introduced(sme: Person, researcher: Person, world: Any, latest: Callable[[], Introduction]) -> Introduction:
    sme.ask(world.university)
    researcher.accept(latest())
    return latest()
