"""The columns of users as a file: what the platform admin's list shows."""

from __future__ import annotations

from matchmaker.accounts.models import User
from matchmaker.sheets import Column


def _state(user: User) -> str:
    if user.suspended_at:
        return "suspended"
    if not user.active:
        return "closed"
    return "active" if user.confirmed_at else "not confirmed"


USER = (
    Column("key", lambda user: user.public_id),
    Column("name", lambda user: user.display_name),
    Column("email", lambda user: user.email),
    Column("state", _state),
    Column("second_step", lambda user: user.has_second_step),
    Column("since", lambda user: user.created_at.date()),
    Column("suspended", lambda user: user.suspended_at and user.suspended_at.date()),
    Column("reason", lambda user: user.suspended_reason),
)
