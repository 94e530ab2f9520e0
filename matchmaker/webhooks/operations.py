"""Adding and dropping webhooks, and what becomes of deliveries."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.audit import Event
from matchmaker.jobs import wake
from matchmaker.webhooks.models import Delivery, Webhook

#: The job that sends what is due.
JOB = "webhooks.send"
#: The kind of a delivery that only tries whether somebody listens.
TRIAL = "trial"
#: How many webhooks one user may have.
MOST = 5
#: How long each attempt has the delivery for itself, and how long after it the next one comes.
LEASE = timedelta(minutes=2)
WAITS = tuple(timedelta(minutes=number) for number in (1, 5, 30, 120, 360, 720, 1440))
#: How long it is kept what became of a delivery.
KEPT = timedelta(days=30)


class TooMany(Exception):
    """The user has as many webhooks as one may have."""


def add(session: Session, user_id: int, url: str, groups: Collection[str]) -> Webhook:
    """Tell a program of a user from now on. Raises TooMany."""
    if (session.scalar(select(func.count(Webhook.id)).where(Webhook.user_id == user_id)) or 0) >= MOST:
        raise TooMany
    made = Webhook(user_id=user_id, url=url, groups=sorted(groups), secret=secrets.token_hex(32))
    session.add(made)
    session.flush()
    audit.record(session, Event.WEBHOOK_ADDED, actor_id=user_id, thing=made)
    return made


def drop(session: Session, webhook: Webhook) -> None:
    """Tell it nothing more, and forget what it was told."""
    audit.record(session, Event.WEBHOOK_DROPPED, actor_id=webhook.user_id, thing=webhook)
    session.delete(webhook)
    session.flush()


def try_out(session: Session, webhook: Webhook) -> None:
    """Send something that says nothing, to see whether somebody listens."""
    webhook.gone_at = None
    session.add(Delivery(webhook=webhook, kind=TRIAL))
    session.flush()
    wake(session, JOB)


def again(session: Session, delivery: Delivery, *, now: datetime) -> None:
    """Give a delivery that was given up as many attempts as a new one; its id stays."""
    delivery.given_up_at, delivery.attempts, delivery.not_before = None, 0, now
    delivery.webhook.gone_at = None
    session.flush()
    wake(session, JOB)


def claim(session: Session, delivery_id: int, *, now: datetime) -> bool:
    """Take a delivery for one attempt. False where another process was faster or nothing is left to do."""
    taken: CursorResult[object] = session.execute(  # type: ignore[assignment]
        update(Delivery)
        .where(
            Delivery.id == delivery_id,
            Delivery.delivered_at.is_(None),
            Delivery.given_up_at.is_(None),
            Delivery.not_before <= now,
        )
        .values(not_before=now + LEASE, attempts=Delivery.attempts + 1)
    )
    return taken.rowcount == 1


# A delivery may be dropped while it is being sent; what became of it is noted on the row, if there still is one.


def delivered(session: Session, delivery_id: int, *, now: datetime) -> None:
    """Note that somebody took it."""
    session.execute(update(Delivery).where(Delivery.id == delivery_id).values(delivered_at=now, last_error=""))


def failed(session: Session, delivery_id: int, error: str, *, now: datetime, final: bool = False) -> None:
    """Note a failed attempt, and when the next one comes; after too many, or a final one, nobody tries again."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        return
    delivery.last_error = error[:60]
    if final or delivery.attempts > len(WAITS):
        delivery.given_up_at = now
    else:
        delivery.not_before = now + WAITS[delivery.attempts - 1]
    session.flush()


def gone(session: Session, webhook_id: int, *, now: datetime) -> None:
    """Note that nobody listens there any more: what waits for it is given up."""
    session.execute(update(Webhook).where(Webhook.id == webhook_id).values(gone_at=now))
    session.execute(
        update(Delivery)
        .where(Delivery.webhook_id == webhook_id, Delivery.delivered_at.is_(None), Delivery.given_up_at.is_(None))
        .values(given_up_at=now, last_error="HTTP 410")
    )


def tidy(session: Session, *, now: datetime) -> None:
    """Forget what became of old deliveries."""
    session.execute(delete(Delivery).where(or_(Delivery.delivered_at < now - KEPT, Delivery.given_up_at < now - KEPT)))
