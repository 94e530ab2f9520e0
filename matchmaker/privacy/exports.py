"""All that is kept about a person or an organisation, in a file for people and for programs."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Table, or_, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.conversations.models import Message, MessageFile
from matchmaker.db import Model, utcnow
from matchmaker.privacy.register import EXPORTED, Entry, register
from matchmaker.sheets import neutral

Rows = dict[str, list[dict[str, Any]]]

#: What no name of a file in the archive holds: it could lead out of the folder it is unpacked into.
_UNSAFE = re.compile(r"[^\w.-]")

README = """This is all that {installation} keeps about {whom}, as of {moment}.

export.json   everything, for programs
tables/       the same, a table each, for spreadsheets
files/        the files you sent with messages

What is not in it: passwords and keys (only their hashes are kept), vectors computed from texts that are in it, and what
others said or decided about you that they may keep to themselves.
"""


def of_user(session: Session, user: User) -> Rows:
    """Every row that belongs to a person: about them, or written by them."""
    return {
        entry.table: rows
        for entry in register().values()
        if entry.mine and (rows := list(_rows(session, entry, entry.mine, user.id, user.email)))
    }


def of_organisation(session: Session, organisation: Organisation) -> Rows:
    """Every row that belongs to an organisation."""
    return {
        entry.table: rows
        for entry in register().values()
        if entry.ours and (rows := list(_rows(session, entry, entry.ours, organisation.id, "")))
    }


def _rows(session: Session, entry: Entry, owners: tuple[str, ...], owner: int, email: str) -> Iterator[dict[str, Any]]:
    table: Table = Model.metadata.tables[entry.table]
    # A mail and an invitation belong to whoever has their address; everything else names its owner by number.
    belongs = [table.c[name] == (email if name in ("to", "email") else owner) for name in owners]
    order = list(table.primary_key.columns)
    for row in session.execute(select(*(table.c[n] for n in entry.of(*EXPORTED)), *order).where(or_(*belongs))):
        yield {name: _plain(row._mapping[table.c[name]]) for name in entry.of(*EXPORTED)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def cell(value: Any) -> str:
    """A value in a table for spreadsheets: what would be taken for a formula is marked as text."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return neutral(text) if isinstance(value, str) else text


def files_of(session: Session, user: User) -> dict[str, bytes]:
    """The files a person sent with messages, under names that are safe to unpack."""
    sent = select(MessageFile).join(Message).where(Message.user_id == user.id).order_by(MessageFile.id)
    return {f"{file.public_id}-{_UNSAFE.sub('_', file.name)}": file.content for file in session.scalars(sent)}


def archive(rows: Rows, files: Mapping[str, bytes], *, whom: str, installation: str) -> bytes:
    """The rows as a ZIP: JSON for programs, a CSV per table for spreadsheets, the files, and what it is in words."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        moment = utcnow().strftime("%Y-%m-%d %H:%M UTC")
        archive.writestr("README.txt", README.format(installation=installation, whom=whom, moment=moment))
        archive.writestr("export.json", json.dumps(rows, ensure_ascii=False, indent=1))
        for table, found in rows.items():
            text = io.StringIO()
            writer = csv.writer(text)
            if not found[0]:
                continue
            writer.writerow(found[0])
            writer.writerows([cell(value) for value in row.values()] for row in found)
            # The mark tells spreadsheets that it is UTF-8.
            archive.writestr(f"tables/{table}.csv", "\ufeff" + text.getvalue())
        for name, content in files.items():
            archive.writestr(f"files/{name}", content)
    return made.getvalue()
