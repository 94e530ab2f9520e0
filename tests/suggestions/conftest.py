"""What the tests of suggestions share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    """Inside the application, for tests that send no requests: commits make vectors, questions find the index."""
    with app.app_context():
        yield
