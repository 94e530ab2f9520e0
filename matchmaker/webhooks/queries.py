"""Reads about webhooks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.accounts.models import User
from matchmaker.permissions import NotPermitted
from matchmaker.webhooks.models import Delivery, Webhook


def webhooks_of(session: Session, user_id: int | None) -> list[Webhook]:
    """A user's webhooks, the latest first."""
    return list(session.scalars(select(Webhook).where(Webhook.user_id == user_id).order_by(Webhook.id.desc())))


def webhook_or_refuse(session: Session, public_id: str, user_id: int | None) -> Webhook:
    """A webhook of that user. Raises NotPermitted otherwise."""
    found = session.scalar(select(Webhook).where(Webhook.public_id == public_id, Webhook.user_id == user_id))
    if found is None:
        raise NotPermitted(public_id)
    return found


def deliveries_of(user_id: int | None) -> Select[tuple[Delivery]]:
    """What was or will be sent to a user's webhooks, the latest first."""
    return (
        select(Delivery)
        .join(Delivery.webhook)
        .where(Webhook.user_id == user_id)
        .options(joinedload(Delivery.webhook))
        .order_by(Delivery.id.desc())
    )


def delivery_or_refuse(session: Session, public_id: str, user_id: int | None) -> Delivery:
    """A delivery to a webhook of that user. Raises NotPermitted otherwise."""
    found = session.scalar(deliveries_of(user_id).where(Delivery.public_id == public_id))
    if found is None:
        raise NotPermitted(public_id)
    return found


def due(session: Session, *, now: datetime, most: int = 200) -> list[int]:
    """The deliveries to try now, the oldest first; nothing goes to programs of those who are shut out."""
    return list(
        session.scalars(
            select(Delivery.id)
            .join(Delivery.webhook)
            .join(User, User.id == Webhook.user_id)
            .where(Delivery.delivered_at.is_(None), Delivery.given_up_at.is_(None), Delivery.not_before <= now)
            .where(User.active)
            .order_by(Delivery.id)
            .limit(most)
        )
    )
