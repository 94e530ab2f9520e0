"""The ledger of erasures as a file beside the database: a restored backup of the database doesn't bring it back.

One line for each erasure, ``kind<TAB>public id<TAB>moment``. Keep it when you restore, and copy it along with backups.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.privacy.models import Erased, Erasure

NAME = "erasures.tsv"


def read(path: Path) -> list[tuple[Erased, str]]:
    """What the file says was erased. Raises ValueError for a line that does not fit."""
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        kind, _tab, rest = line.partition("\t")
        public_id = rest.partition("\t")[0]
        if kind not in list(Erased) or not public_id:
            raise ValueError(
                _(
                    "%(path)s, line %(line)d: expected user or organisation and an id, found “%(found)s”",
                    path=path,
                    line=number,
                    found=line[:40],
                )
            )
        found.append((Erased(kind), public_id))
    return found


def write(session: Session, path: Path) -> int:
    """Add the erasures that the database knows and the file does not; returns how many. Safe to repeat."""
    known = {public_id for _kind, public_id in read(path)}
    new = [row for row in session.scalars(select(Erasure).order_by(Erasure.id)) if row.public_id not in known]
    if new:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="ascii") as file:
            file.writelines(f"{row.kind}\t{row.public_id}\t{row.at.isoformat(timespec='seconds')}\n" for row in new)
            file.flush()
            os.fsync(file.fileno())
    return len(new)
