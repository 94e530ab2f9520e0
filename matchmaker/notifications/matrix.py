"""The matrix of preferences: a row for every kind of news, its ways beside it; how it is shown and how it is read."""

from __future__ import annotations

from collections.abc import Mapping

from matchmaker.notifications.kinds import KINDS, ByMail, Group, Kind
from matchmaker.notifications.queries import Way


def groups(ways: Mapping[str, Way]) -> list[tuple[Group, list[tuple[Kind, Way]]]]:
    """The rows under their groups, in the order in which slices registered their kinds."""
    rows = {group: [(kind, ways[kind.name]) for kind in KINDS.values() if kind.group is group] for group in Group}
    return [(group, kinds) for group, kinds in rows.items() if kinds]


def read(form: Mapping[str, str]) -> dict[Kind, Way] | None:
    """What the user chose for each kind that leaves a choice; None where the form holds something else.

    A kind that the form does not speak of, because it was opened before the kind came, is left out.
    """
    chosen = {}
    for kind in KINDS.values():
        by_mail = form.get(f"mail-{kind.name}")
        if by_mail is None or not kind.optional:
            continue
        if by_mail not in list(ByMail):
            return None
        chosen[kind] = Way(f"inbox-{kind.name}" in form, ByMail(by_mail))
    return chosen
