"""Which suggestions a digest has named already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db import Model, utcnow


class NamedInDigest(Model):
    """A partner for a need that a user's digest named; it is not named again."""

    __tablename__ = "named_in_digest"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    named_at: Mapped[datetime] = mapped_column(default=utcnow)
