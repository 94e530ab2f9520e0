"""How news becomes deliveries: in the transaction in which a user is told, so that both stand or neither."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, event, insert, select
from sqlalchemy.orm import Session

from matchmaker.db import new_public_id, utcnow
from matchmaker.jobs import wake
from matchmaker.notifications.kinds import KINDS
from matchmaker.notifications.models import Notification
from matchmaker.webhooks.models import Delivery, Webhook
from matchmaker.webhooks.operations import JOB


@event.listens_for(Session, "after_flush")
def _follow(session: Session, _context: Any) -> None:
    told = [one for one in session.new if isinstance(one, Notification)]
    if told:
        _deliver(session, told)
    taken_back = [one.public_id for one in session.deleted if isinstance(one, Notification)]
    if taken_back:
        session.execute(delete(Delivery).where(Delivery.news.in_(taken_back), Delivery.delivered_at.is_(None)))


def _deliver(session: Session, told: list[Notification]) -> None:
    hooks = session.execute(
        select(Webhook.id, Webhook.user_id, Webhook.groups).where(
            Webhook.user_id.in_({one.user_id for one in told}), Webhook.gone_at.is_(None)
        )
    ).all()
    rows = [
        {"webhook_id": hook.id, "kind": one.kind, "news": one.public_id, "public_id": new_public_id()}
        for one in told
        for hook in hooks
        if hook.user_id == one.user_id and (not hook.groups or KINDS[one.kind].group in hook.groups)
    ]
    if rows:
        session.execute(insert(Delivery), [{**row, "not_before": utcnow()} for row in rows])
        wake(session, JOB)
