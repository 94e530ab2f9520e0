"""The ledger of erasures."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db import Model, OneOf, utcnow


class Erased(StrEnum):
    """What was erased."""

    #: A person's account.
    USER = "user"
    #: An organisation with all it registered.
    ORGANISATION = "organisation"


class Erasure(Model):
    """One erasure: only the random public id of what is no more, so that it can be told after a restore."""

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Erased] = mapped_column(OneOf(Erased, 12))
    public_id: Mapped[str] = mapped_column(String(12), unique=True)
    at: Mapped[datetime] = mapped_column(default=utcnow)
