"""The columns of suggestions as a file: what their cards say, in the words of the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matchmaker.items.exports import owner_of
from matchmaker.mail import absolute_url
from matchmaker.sheets import Column
from matchmaker.suggestions.cards import PAGES

#: A suggestion and its card, as the page lists them.
Row = tuple[Any, dict[str, Any]]


def _quoted(side: str) -> Callable[[Row], str]:
    """What one side says, as the card quotes it: its title, where the card shows one, and the passage."""

    def text(row: Row) -> str:
        pair = next(iter(row[1]["pairing"]), {})
        parts = (pair.get(f"{side}_title"), pair.get(f"{side}_segments"))
        return ": ".join("".join(words for words, _marked in part) for part in parts if part)

    return text


def _wishes(standing: str) -> Column:
    return Column(
        standing,
        lambda row: [
            f"{one['label']} ({one['note']})" if one["note"] else str(one["label"]) for one in row[1][standing]
        ],
    )


SUGGESTION = (
    Column("kind", lambda row: row[0].kind),
    Column("name", lambda row: row[0].name),
    Column("organisation", lambda row: row[0].organisation and row[0].organisation.name),
    Column("facts", lambda row: [str(fact) for fact in row[1]["facts"] if fact]),
    Column("fits", lambda row: row[0].band),
    Column("sought", _quoted("seek")),
    Column("offered", _quoted("offer")),
    *(_wishes(standing) for standing in ("met", "unmet", "unknown")),
    Column("why", lambda row: [str(reason) for reason in row[1]["why"]]),
    Column("why_they_might_say_yes", lambda row: [str(reason) for reason in row[1]["why_yes"]]),
    Column("from_the_manager", lambda row: row[1]["pinned"] or row[1]["proposed"]),
    Column("source", lambda row: row[1]["source"] and row[1]["source"][0]),
    Column("page", lambda row: absolute_url(PAGES[row[0].kind], public_id=row[0].thing.public_id)),
)
#: What was saved of a list of suggestions.
SAVED = (
    Column("kind", lambda row: row.given.object_kind),
    Column("name", lambda row: row.name),
    Column("organisation", lambda row: owner_of(row.thing) and owner_of(row.thing).name),
    Column("saved", lambda row: row.given.created_at.date()),
    Column("page", lambda row: absolute_url(PAGES[row.given.object_kind], public_id=row.thing.public_id)),
)
