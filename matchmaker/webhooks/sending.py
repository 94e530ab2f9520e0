"""Getting deliveries to where they are wanted: by the worker, again and again until somebody takes them.

Between a receiver's yes and our note of it lies a moment in which the worker may be killed; the delivery then comes
once more, with the same id, by which its receiver knows it again.
"""

from __future__ import annotations

import hmac
import json
from datetime import datetime

import structlog
from flask import current_app
from sqlalchemy.orm import Session

from matchmaker import outbound
from matchmaker.db import db, utcnow, writing
from matchmaker.webhooks import operations, queries
from matchmaker.webhooks.models import Delivery

log = structlog.get_logger("matchmaker")

#: Bytes of an answer that are read; only its status counts.
LARGEST_ANSWER = 10_000


def body_of(delivery: Delivery) -> bytes:
    """What is sent: that there is news, of which kind, and under which id the inbox tells it. No text, no name."""
    said = {
        "id": delivery.public_id,
        "kind": delivery.kind,
        "news": delivery.news or None,
        "at": delivery.created_at.isoformat(),
    }
    return json.dumps(said, separators=(",", ":")).encode()


def signature(secret: str, stamp: str, body: bytes) -> str:
    """By which a receiver knows that we sent this, and when: HMAC-SHA-256 of the stamp, a dot and the body."""
    return "v1=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, "sha256").hexdigest()


def send_due() -> tuple[int, int]:
    """Try every delivery that is due; gives how many were taken and how many failed. Uses a session of its own."""
    taken = failed = 0
    silent: set[int] = set()
    with writing(), Session(db.engine) as session:
        operations.tidy(session, now=utcnow())
        ids = queries.due(session, now=utcnow())
        session.commit()
        for delivery_id in ids:
            delivery = session.get(Delivery, delivery_id)
            if delivery is None or delivery.webhook_id in silent:
                # Who did not answer just now would only keep the others waiting.
                continue
            claimed = operations.claim(session, delivery_id, now=utcnow())
            webhook_id, url, secret, body = delivery.webhook_id, delivery.webhook.url, delivery.webhook.secret, b""
            if claimed:
                body = body_of(delivery)
            # No transaction stays open while somebody else's machine is spoken to.
            session.commit()
            if not claimed:
                continue
            error, final = _send(url, secret, delivery_id, delivery.public_id, body, utcnow())
            session.rollback()
            if error == "HTTP 410":
                operations.gone(session, webhook_id, now=utcnow())
            elif error:
                operations.failed(session, delivery_id, error, now=utcnow(), final=final)
            else:
                operations.delivered(session, delivery_id, now=utcnow())
            session.commit()
            taken, failed = taken + (not error), failed + bool(error)
            if error:
                silent.add(webhook_id)
    return taken, failed


def _send(url: str, secret: str, number: int, name: str, body: bytes, now: datetime) -> tuple[str, bool]:
    """Send it once: a word on what went wrong, '' where nothing did, and whether another attempt is pointless."""
    stamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "matchmaker",
        "Matchmaker-Delivery": name,
        "Matchmaker-Timestamp": stamp,
        "Matchmaker-Signature": signature(secret, stamp, body),
    }
    local = bool(current_app.config.get("OUTBOUND_LOCAL"))
    try:
        reply = outbound.send("POST", url, body=body, headers=headers, local=local, most=LARGEST_ANSWER)
    except outbound.Refused:
        error, final = "refused", True
    except outbound.Unreachable as unreachable:
        error, final = str(unreachable), False
    else:
        error, final = ("" if 200 <= reply.status < 300 else f"HTTP {reply.status}"), False
    if error:
        log.warning("webhook not delivered", delivery=number, error=error)
    return error, final
