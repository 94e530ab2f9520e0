"""The classification of every column, read from ``register.txt``, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "register.txt"


class Class(StrEnum):
    """What a column holds."""

    #: A name, an address, something said of or by a person: personal data.
    PERSON = "person"
    #: A text somebody wrote for their organisation or cluster.
    TEXT = "text"
    #: A state, a number, a day, a choice: it tells something of its row.
    FACT = "fact"
    #: When or with what somebody did something.
    TRACE = "trace"
    #: Which row it is, or belongs to.
    LINK = "link"
    #: A hash of a password or key, or what guards a sign-in; never shown to anybody.
    SECRET = "secret"  # noqa: S105
    #: Computed from other columns.
    DERIVED = "derived"
    #: It tells of somebody else; its export would tell one side what the other kept to itself.
    WITHHELD = "withheld"


#: What an export takes along.
EXPORTED = frozenset({Class.PERSON, Class.TEXT, Class.FACT, Class.TRACE})


@dataclass(frozen=True)
class Entry:
    """A table: what for, on which ground, for how long, and whose its rows are."""

    table: str
    purpose: str
    #: Contract, consent, law (a legal obligation) or interest (a legitimate interest): GDPR art. 6 (1).
    ground: str
    kept: str
    #: The columns that say which person a row belongs to, and which organisation.
    mine: tuple[str, ...]
    ours: tuple[str, ...]
    columns: dict[str, Class]

    def of(self, *classes: Class) -> list[str]:
        return [name for name, what in self.columns.items() if what in classes]

    @property
    def personal(self) -> bool:
        """Whether it holds data about people."""
        return bool(self.mine or self.of(Class.PERSON, Class.TRACE))


@cache
def register() -> dict[str, Entry]:
    """Every table, in the order of the file. Raises ValueError for a line that does not fit."""
    entries: dict[str, Entry] = {}
    entry: Entry | None = None
    what: Class | None = None
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            table, purpose, ground, kept, mine, ours = (part.strip() for part in line.split("|"))
            entry = Entry(table, purpose, ground, kept, _columns(mine, "mine"), _columns(ours, "ours"), {})
            entries[table] = entry
            continue
        first, colon, rest = line.strip().partition(": ")
        if colon:
            what = Class(first)
        if entry is None or what is None:
            raise ValueError(f"expected a table before {line!r}")
        entry.columns.update(dict.fromkeys((rest if colon else line).split(), what))
    return entries


def extract(fileobj: Any, keywords: Any, comment_tags: Any, options: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """What the register says to people, as Babel asks for it: pages show it in their language."""
    for entry in register().values():
        for text in (entry.purpose, entry.kept):
            yield 0, "gettext", text, []


def _columns(text: str, label: str) -> tuple[str, ...]:
    named, _, columns = text.partition(":")
    if named != label:
        raise ValueError(f"expected {label}: …, got {text!r}")
    return tuple(columns.replace("-", " ").split())
