"""Users, their roles, and API tokens."""

from __future__ import annotations

from datetime import datetime

# Flask-Security's mixins carry no web state; they say how a user proves to be active and which roles it has.
from flask_security import RoleMixin, UserMixin, WebAuthnMixin
from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table, UniqueConstraint, false
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
    #: Set while a platform admin has suspended the account, with what they wrote to its user.
    suspended_at: Mapped[datetime | None]
    suspended_reason: Mapped[str] = mapped_column(String(300), default="")
    #: ``authenticator`` once an app gives codes, and its seed, encrypted. The names are Flask-Security's.
    tf_primary_method: Mapped[str | None] = mapped_column(String(20))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(400))
    #: The period of the last code that was used: no code counts twice.
    code_counter: Mapped[int | None]
    #: The keyed hashes of the recovery codes that are left.
    mf_recovery_codes: Mapped[list[str] | None]
    #: How passkeys name this user; random.
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: Whether this user came with the fictional demonstration cluster.
    demonstration: Mapped[bool] = mapped_column(default=False)

    roles: Mapped[list[Role]] = relationship(secondary=user_role)
    webauthn: Mapped[list[Passkey]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True, order_by="Passkey.id"
    )

    @property
    def display_name(self) -> str:
        """The name to show: what the person gave, else what stands before the @."""
        return self.name or self.email.partition("@")[0]

    @property
    def has_app(self) -> bool:
        """Whether an app gives codes to this user."""
        return bool(self.tf_primary_method and self.tf_totp_secret)

    @property
    def has_second_step(self) -> bool:
        """Whether the password alone does not sign this user in."""
        return self.has_app or any(key.usage == SECOND_STEP for key in self.webauthn)


#: What a passkey is used for: instead of the password, or as the step after it. The words are Flask-Security's.
INSTEAD_OF_PASSWORD, SECOND_STEP = "first", "secondary"


class Passkey(WebAuthnMixin, Model):
    """A key on a user's device or stick, by which they sign in. The columns' names are Flask-Security's."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    #: What the user calls it.
    name: Mapped[str] = mapped_column(String(64))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None]
    backup_state: Mapped[bool] = mapped_column(default=False)
    device_type: Mapped[str] = mapped_column(String(64), default="")
    extensions: Mapped[str | None] = mapped_column(String(255))
    usage: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    lastuse_datetime: Mapped[datetime]

    user: Mapped[User] = relationship(back_populates="webauthn")


class Identity(Model):
    """Who a user is at another provider, such as ORCID, by which they sign in here."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    user: Mapped[User] = relationship()


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
    #: Whether it also acts in its owner's name; without, it only reads.
    writes: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Whether it also takes along all that is kept about its owner, and about an organisation of which they are admin.
    exports: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
