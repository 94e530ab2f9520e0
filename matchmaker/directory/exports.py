"""The columns of lists as files, named as imports name them, so that what left can come in elsewhere."""

from __future__ import annotations

from operator import attrgetter

from matchmaker.mail import absolute_url
from matchmaker.sheets import Column

ORGANISATION = (
    Column("key", attrgetter("public_id")),
    *(
        Column(name, attrgetter(name))
        for name in (
            "name",
            "type",
            "country",
            "region",
            "city",
            "website",
            "ror",
            "employees",
            "headline",
            "about",
            "fields",
            "language",
            "source",
            "licence",
        )
    ),
    Column("page", lambda one: absolute_url("profiles.organisation", public_id=one.public_id)),
)
