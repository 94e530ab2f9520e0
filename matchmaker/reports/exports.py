"""The columns of reports as a file: what their list shows whoever decides on them."""

from __future__ import annotations

from matchmaker.items.pages import name_for_reader
from matchmaker.mail import absolute_url
from matchmaker.sheets import Column, columns

REPORT = (
    Column("key", lambda report: report.public_id),
    Column("about", lambda report: name_for_reader(report.thing, report.on_teaser)),
    # Of a teaser nobody learns whose it is.
    Column("organisation", lambda report: None if report.on_teaser else report.organisation.name),
    *columns("complaint", "created_at", "decision", "decided_at", "lifted_at"),
    Column("page", lambda report: absolute_url("reports.show", public_id=report.public_id)),
)
