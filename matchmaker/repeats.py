"""Requests that a program sends twice, because the first answer got lost: done once, answered the same.

A program names its request (``Idempotency-Key``). The name is written in the transaction of what is done, so both stand
or neither; the answer follows. Whoever uses a name again for another request is told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import ForeignKey, String, Text, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from matchmaker.db import Model, utcnow

#: How long a request can be repeated.
KEPT = timedelta(hours=24)
#: What is kept of an answer besides its status and body.
HEADERS = ("Location", "ETag")


class Repeat(Model):
    """A request that may come again, and what it was answered."""

    __tablename__ = "repeat"

    #: SHA-256 of the user and the name, hexadecimal.
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    #: SHA-256 of the request itself.
    request: Mapped[str] = mapped_column(String(64))
    #: None while it is being done, and where the process ended before it could answer.
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow, index=True)


class OtherRequest(Exception):
    """This name was given to another request."""


class NotAnswered(Exception):
    """A request of this name was taken up, and there is no answer to repeat."""


def name_of(user_id: int, key: str) -> str:
    """The name under which a user's request is kept."""
    return sha256(f"{user_id}\x00{key}".encode()).hexdigest()


def digest_of(method: str, address: str, body: bytes) -> str:
    """By what a request is known again."""
    return sha256(f"{method}\x00{address}\x00".encode("utf-8", "surrogatepass") + body).hexdigest()


def begin(session: Session, user_id: int, key: str, digest: str) -> Repeat | None:
    """Name a request before it is done; None. Where it was done already: what it was answered.

    Raises OtherRequest, NotAnswered. Of two at the same moment the second waits for the first.
    """
    name = name_of(user_id, key)
    if (known := session.get(Repeat, name)) is None:
        session.add(Repeat(key=name, user_id=user_id, request=digest))
        try:
            session.flush()
            return None
        except IntegrityError:
            session.rollback()
            known = session.get(Repeat, name)
    if known is None:
        raise NotAnswered
    if known.request != digest:
        raise OtherRequest
    if known.status is None:
        raise NotAnswered
    return known


def answered(
    session: Session, user_id: int, key: str, digest: str, status: int, headers: Mapping[str, str], body: str
) -> None:
    """Keep the answer to what was done."""
    name = name_of(user_id, key)
    kept = session.get(Repeat, name)
    if kept is None:
        kept = Repeat(key=name, user_id=user_id, request=digest)
        session.add(kept)
    kept.status, kept.body = status, body
    kept.headers = {one: headers[one] for one in HEADERS if one in headers}
    session.flush()


def forget(session: Session, *, now: datetime) -> None:
    """Drop the requests that can't be repeated any more."""
    session.execute(delete(Repeat).where(Repeat.created_at < now - KEPT))
