"""Imports that somebody started on a page, and what became of each row."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Cluster
from matchmaker.db import Model, OneOf, PublicId, utcnow
from matchmaker.imports.formats import Format
from matchmaker.imports.readers import FileKind
from matchmaker.sentences import Kept, Sentence


class RunState(StrEnum):
    """Where an import stands."""

    #: Uploaded; its columns are being matched with ours.
    MAPPING = "mapping"
    #: Started; the worker takes it up or is at it.
    RUNNING = "running"
    #: Stopped by its owner; it goes on where it stopped.
    PAUSED = "paused"
    #: Every row has been seen.
    DONE = "done"
    #: Ended by its owner; the rows that had come in stay until it is undone.
    CANCELLED = "cancelled"
    #: Taken back: what it created is gone, what it changed is as it was.
    UNDONE = "undone"


class Outcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    CHANGED = "changed"
    #: What the row says was there already.
    UNCHANGED = "unchanged"
    #: It could not be taken; the reason says why.
    REFUSED = "refused"


class Duplicates(StrEnum):
    """What happens to a row about an organisation or person that is here already.

    An organisation is known by its ROR id, site or name, a person by the ORCID iD or the name in the organisation.
    """

    #: It stays as it is.
    SKIP = "skip"
    #: Blanks are filled; nothing that somebody wrote is replaced.
    FILL = "fill"


class ImportRun(PublicId, Model):
    """One file on its way in."""

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: None for a file that brings its cluster with it.
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    kind: Mapped[FileKind] = mapped_column(OneOf(FileKind, 16))
    format: Mapped[Format] = mapped_column(OneOf(Format, 10))
    filename: Mapped[str] = mapped_column(String(200))
    #: The file itself; emptied a day after the import ended.
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    headers: Mapped[list[str]] = mapped_column(default=list)
    #: Our column → the file's header.
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: The organisation, by its key, ROR id or name, that rows belong to which name none.
    organisation: Mapped[str] = mapped_column(String(200), default="")
    duplicates: Mapped[Duplicates] = mapped_column(OneOf(Duplicates, 8), default=Duplicates.SKIP)
    state: Mapped[RunState] = mapped_column(OneOf(RunState, 10), default=RunState.MAPPING, index=True)
    #: Rows in the file, and how many of them have been seen.
    total: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    cluster: Mapped[Cluster | None] = relationship()
    user: Mapped[User | None] = relationship()


class ImportedRow(Model):
    """What became of one row, so that it can be read, and taken back."""

    __tablename__ = "imported_row"
    __table_args__ = (Index("ix_imported_row_run", "run_id", "outcome"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"))
    line: Mapped[int]
    outcome: Mapped[Outcome] = mapped_column(OneOf(Outcome, 10))
    #: Why it was refused, to be said in the language of whoever reads it.
    reason: Mapped[Sentence] = mapped_column(Kept, default="")
    #: What the row made or changed, in order: table, id, version after it, and what was replaced (see undoing.py).
    changes: Mapped[list[Any]] = mapped_column(JSON, default=list)
