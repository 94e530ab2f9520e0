"""The columns of organisations as a file, named as imports name them, so that what left can come in elsewhere."""

from __future__ import annotations

from operator import attrgetter

from matchmaker.mail import absolute_url
from matchmaker.sheets import Column, columns

PAGE = Column("page", lambda one: absolute_url("profiles.organisation", public_id=one.public_id))
ORGANISATION = (
    Column("key", attrgetter("public_id")),
    *columns("name", "type", "country", "region", "city", "website", "ror", "employees"),
    *columns("headline", "about", "fields", "language", "source", "licence"),
    PAGE,
)
#: An organisation in the manager's list, with how many people stand behind it.
MEMBER = (
    *(Column(column.name, lambda row, value=column.value: value(row.organisation)) for column in ORGANISATION[:-1]),
    *columns("people", "admins", "asking"),
    Column("page", lambda row: PAGE.value(row.organisation)),
)
