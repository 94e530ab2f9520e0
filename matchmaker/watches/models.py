"""Searches that are kept, and what they found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db import Model, OneOf, PublicId, utcnow
from matchmaker.suggestions.filters import Filters
from matchmaker.suggestions.models import ItemKind


class Watch(PublicId, Model):
    """A search that its owner is told about."""

    __tablename__ = "watch"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    #: What the owner calls it; it stands in the inbox and in mails.
    name: Mapped[str] = mapped_column(String(120))
    words: Mapped[str] = mapped_column(String(1000), default="")
    #: What is looked for; None looks for everything.
    kind: Mapped[ItemKind | None] = mapped_column(OneOf(ItemKind, 12))
    #: Names and values of the filters, as a program gives them.
    narrowed: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: When the job last looked; None until it has seen what fits already.
    looked_at: Mapped[datetime | None] = mapped_column(index=True)

    @property
    def filters(self) -> Filters:
        return Filters.of(self.narrowed)


class Find(Model):
    """An item that a watch has seen: told, or known from the beginning."""

    __tablename__ = "watch_find"
    __table_args__ = (UniqueConstraint("watch_id", "kind", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    watch_id: Mapped[int] = mapped_column(ForeignKey("watch.id", ondelete="CASCADE"))
    kind: Mapped[ItemKind] = mapped_column(OneOf(ItemKind, 12))
    item_id: Mapped[int]
    #: When its owner was told; None for what fitted from the beginning.
    told_at: Mapped[datetime | None]
