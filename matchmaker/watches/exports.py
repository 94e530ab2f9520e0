"""The columns of kept searches as a file."""

from __future__ import annotations

from matchmaker.directory.labels import filter_words
from matchmaker.mail import absolute_url
from matchmaker.sheets import Column, columns

WATCH = (
    Column("key", lambda watch: watch.public_id),
    *columns("name", "words", "kind"),
    Column("filters", lambda watch: [filter_words(*pair) for pair in watch.filters.pairs()]),
    Column("since", lambda watch: watch.created_at.date()),
    Column("page", lambda watch: absolute_url("watches.show", public_id=watch.public_id)),
)
