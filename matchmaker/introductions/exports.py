"""The columns of introductions as a file: what their own side reads in the list, and no more."""

from __future__ import annotations

from typing import Any

from matchmaker.items.labels import label
from matchmaker.mail import absolute_url
from matchmaker.sheets import Column


def _titles(things: Any) -> list[str]:
    return [thing.title for thing in things]


#: An introduction from one side (``presenting.Shown``); a name that is hidden stays hidden.
INTRODUCTION = (
    Column("key", lambda shown: shown.introduction.public_id),
    Column("with", lambda shown: shown.name),
    Column("about", lambda shown: _titles(shown.things)),
    Column("state", lambda shown: shown.state),
    Column("since", lambda shown: shown.introduction.requested_at.date()),
    Column("answer_by", lambda shown: shown.introduction.expires_at.date() if shown.to_answer else None),
    Column("page", lambda shown: absolute_url("introductions.show", public_id=shown.introduction.public_id)),
)
#: A request as its manager reads it.
BROKERED = (
    Column("key", lambda row: row["introduction"].public_id),
    Column("from", lambda row: row["asker"]),
    Column("to", lambda row: row["asked"]),
    Column("about", lambda row: _titles(row["things"])),
    Column("state", lambda row: str(label(row["introduction"].state_for(None)))),
    Column("since", lambda row: row["introduction"].requested_at.date()),
    Column("page", lambda row: absolute_url("introductions.brokered", public_id=row["introduction"].public_id)),
)
