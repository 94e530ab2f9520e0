"""Mails that wait to be sent, and those that were."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db import Model, utcnow


class OutboxMessage(Model):
    """One mail: waiting, sent, or given up."""

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_waiting", "sent_at", "not_before"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column(String(254))
    #: What sort of mail it is, for whoever looks after the installation and may not read it.
    kind: Mapped[str] = mapped_column(String(60), default="")
    subject: Mapped[str] = mapped_column(String(200))
    #: Emptied once the mail is sent or has expired: it may hold a link that opens an account.
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
    #: A calendar entry that goes with it (iCalendar), and what it asks the reader's calendar to do; '' without one.
    calendar: Mapped[str] = mapped_column(Text, default="")
    calendar_method: Mapped[str] = mapped_column(String(10), default="")
    #: The address that stops such mails with one click, '' where they can't be stopped.
    unsubscribe_url: Mapped[str] = mapped_column(String(500), default="")
    #: What its Message-ID begins with. Stays the same over all attempts, so that a mail that arrives twice is
    #: recognised as one.
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: Before this moment nobody tries; while somebody does, it lies ahead and keeps the others away.
    not_before: Mapped[datetime] = mapped_column(default=utcnow)
    attempts: Mapped[int] = mapped_column(default=0)
    #: What kind of failure the last attempt met.
    last_error: Mapped[str] = mapped_column(String(200), default="")
    sent_at: Mapped[datetime | None]
    #: When we stopped trying: it was refused for good, failed too often, or expired.
    given_up_at: Mapped[datetime | None] = mapped_column(index=True)
    #: After this moment it is not sent any more, because what it says no longer holds; None where it always does.
    expires_at: Mapped[datetime | None]

    @property
    def can_be_tried_again(self) -> bool:
        """Whether a mail that was given up still says something."""
        return self.given_up_at is not None and self.text != ""
