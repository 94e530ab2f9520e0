"""Webhooks and what is sent to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.db import Model, PublicId, utcnow


class Webhook(PublicId, Model):
    """Where a user's program wants to be told."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(String(300))
    #: What its deliveries are signed with; shown once.
    secret: Mapped[str] = mapped_column(String(64))
    #: Groups of news it wants; empty: all.
    groups: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: When its address said that nobody listens there any more.
    gone_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class Delivery(PublicId, Model):
    """One piece of news on its way to a webhook: waiting, delivered, or given up."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (Index("ix_webhook_delivery_waiting", "delivered_at", "given_up_at", "not_before"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(60))
    #: The public id of the news in the inbox; '' for a trial.
    news: Mapped[str] = mapped_column(String(12), default="", index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: Before this moment nobody tries; while somebody does, it lies ahead and keeps the others away.
    not_before: Mapped[datetime] = mapped_column(default=utcnow)
    attempts: Mapped[int] = mapped_column(default=0)
    #: A word on what the last attempt met.
    last_error: Mapped[str] = mapped_column(String(60), default="")
    delivered_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]

    webhook: Mapped[Webhook] = relationship()
