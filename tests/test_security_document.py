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


#: How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has; in every section they come first.
REQUIREMENTS = """
1.1 2  1.2 9  1.3 11  1.4 3  1.5 2   2.1 3  2.2 3  2.3 4  2.4 1   3.2 2  3.3 4  3.4 6  3.5 5  3.7 2
4.1 3  4.2 1  4.3 2  4.4 4   5.1 1  5.2 3  5.3 2  5.4 3   6.1 3  6.2 12  6.3 4  6.4 4  6.5 5  6.6 3  6.8 4
7.1 3  7.2 4  7.3 2  7.4 5  7.5 2  7.6 2   8.1 2  8.2 3  8.3 1  8.4 1   9.1 3  9.2 4
10.1 2  10.2 2  10.3 4  10.4 11  10.5 5  10.6 2  10.7 3   11.1 2  11.2 3  11.3 3  11.4 4  11.5 1  11.6 1
12.1 3  12.2 2  12.3 4   13.1 1  13.2 5  13.3 2  13.4 5   14.1 2  14.2 4  14.3 3   15.1 3  15.2 3  15.3 7
16.1 1  16.2 5  16.3 4  16.4 3  16.5 3   17.1 1  17.2 4  17.3 2
"""


def answered() -> list[str]:
    """Every requirement that a row of the tables names, ranges spelt out."""
    found = []
    for cell in re.findall(r"^\| ([\d.–, ]+\d)(?: \(level 3\))? \|", DOCUMENT, flags=re.MULTILINE):
        for one in cell.split(", "):
            first, _, last = one.partition("–")
            section, _, begin = first.rpartition(".")
            end = last.rpartition(".")[2] or begin
            found += [f"{section}.{number}" for number in range(int(begin), int(end) + 1)]
    return found


def test_every_requirement_of_levels_one_and_two_is_answered_once() -> None:
    counted = REQUIREMENTS.split()
    asked = {
        f"{section}.{number}"
        for section, most in zip(counted[::2], counted[1::2], strict=True)
        for number in range(1, int(most) + 1)
    }
    assert len(asked) == 253, "70 of level 1 and 183 of level 2"
    found = answered()
    assert sorted(asked - set(found)) == []
    assert sorted(set(found) - asked) == ["1.2.10", "3.4.8", "6.3.8"], "of level 3, and marked so"
    assert len(found) == len(set(found)), sorted(one for one in set(found) if found.count(one) > 1)
