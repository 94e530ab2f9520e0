"""What docs/security.md says is shown by a test is shown by one that exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+(?:\.py)?)(?:::(\w+))?`", DOCUMENT)
    assert len(named) > 50
    for path, test in named:
        assert (ROOT / path).exists(), path
        if test:
            source = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"^\s*def {test}\(", source, flags=re.MULTILINE), f"{path}::{test}"


def test_no_requirement_stands_twice() -> None:
    ids = [
        one.strip()
        for row in re.findall(r"^\| ((?:\d+\.[\dx.–]+(?:, )?)+)", DOCUMENT, flags=re.MULTILINE)
        for one in row.split(",")
    ]
    assert len(ids) > 80
    assert len(ids) == len(set(ids)), sorted(one for one in set(ids) if ids.count(one) > 1)
