"""Users, their roles, and API tokens."""

from __future__ import annotations

from datetime import datetime

# Flask-Security's mixins carry no web state; they say how a user proves to be active and which roles it has.
from flask_security import RoleMixin, UserMixin
from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db import Model, PublicId, utcnow

PLATFORM_ADMIN = "platform-admin"

user_role = Table(
    "user_role",
    Model.metadata,
    Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)


class Role(RoleMixin, Model):
    """A right over the whole installation; there is one, ``platform-admin``."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(String(255), default="")


class User(UserMixin, PublicId, Model):
    """A person who signs in."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    #: What the person does, as on a visiting card.
    title: Mapped[str] = mapped_column(String(120), default="")
    #: The language of pages and mails: '' follows the browser.
    locale: Mapped[str] = mapped_column(String(5), default="")
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    #: Changing it ends every sign-in of this user.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: Whether this user came with the fictional demonstration cluster.
    demonstration: Mapped[bool] = mapped_column(default=False)

    roles: Mapped[list[Role]] = relationship(secondary=user_role)

    @property
    def display_name(self) -> str:
        """The name to show: what the person gave, else what stands before the @."""
        return self.name or self.email.partition("@")[0]


class SignIn(PublicId, Model):
    """One sign-in of a user on one device. A session cookie counts only as long as its sign-in has not ended."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    #: SHA-256 of the key in the cookie, hexadecimal.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: When it was last used, to within five minutes.
    last_seen_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: Whether the user asked to stay signed in on this device.
    remembered: Mapped[bool] = mapped_column(default=False)
    #: What the browser said it is, roughly: for the user to recognise the device by.
    browser: Mapped[str] = mapped_column(String(20), default="")
    system: Mapped[str] = mapped_column(String(20), default="")
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class ApiToken(PublicId, Model):
    """A key a user's program signs in with; only its hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    #: The first characters, by which its owner recognises it.
    prefix: Mapped[str] = mapped_column(String(12))
    #: SHA-256 of the token, hexadecimal.
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
