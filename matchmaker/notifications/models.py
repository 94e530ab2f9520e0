"""What users were told, and how they want to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db import Model, OneOf, PublicId, utcnow
from matchmaker.notifications.kinds import ByMail, Frequency


class Notification(PublicId, Model):
    """One piece of news told to one user. It stands even where the inbox does not show it: it says what was told."""

    __tablename__ = "notification"
    __table_args__ = (
        # Rows without a key don't count against each other.
        UniqueConstraint("user_id", "kind", "key"),
        Index("ix_notification_inbox", "user_id", "in_inbox", "read_at"),
        Index("ix_notification_digest", "for_digest", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(60))
    #: What must not be told twice, for example the public id of an introduction; None where every telling counts.
    key: Mapped[str | None] = mapped_column(String(120))
    facts: Mapped[dict[str, Any]]
    #: Whether it is listed in the inbox.
    in_inbox: Mapped[bool] = mapped_column(default=True)
    #: Whether it waits for the next digest.
    for_digest: Mapped[bool] = mapped_column(default=False)
    #: Its mail in the outbox, while there is a record of it.
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    read_at: Mapped[datetime | None]


class NotificationPreference(Model):
    """How a user wants one kind of news; without a row the kind's own way counts."""

    __tablename__ = "notification_preference"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(60), primary_key=True)
    in_inbox: Mapped[bool]
    by_mail: Mapped[ByMail] = mapped_column(OneOf(ByMail, 10))


class DigestRhythm(Model):
    """How often a user wants a digest, and when the last one was written. Without a row: weekly, and none so far."""

    __tablename__ = "digest_rhythm"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    every: Mapped[Frequency] = mapped_column(OneOf(Frequency, 10), default=Frequency.WEEKLY)
    #: When we last looked whether there is something to write.
    looked_at: Mapped[datetime | None]
    #: When the last digest was written.
    written_at: Mapped[datetime | None]
