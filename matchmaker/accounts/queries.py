"""Reads about users, sign-ins and tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from matchmaker.accounts.models import ApiToken, Identity, SignIn, User
from matchmaker.accounts.operations import (
    IDLE_LASTS,
    IDLE_LASTS_HERE,
    SIGN_IN_LASTS,
    SIGN_IN_LASTS_HERE,
    TOKEN_PREFIX,
    digest,
)
from matchmaker.db import utcnow
from matchmaker.permissions import NotPermitted


def _alive(now: datetime) -> ColumnElement[bool]:
    """Whether a sign-in still counts: not ended, not too old, not unused for too long."""
    return and_(
        SignIn.ended_at.is_(None),
        or_(
            and_(SignIn.remembered, SignIn.created_at > now - SIGN_IN_LASTS, SignIn.last_seen_at > now - IDLE_LASTS),
            and_(SignIn.created_at > now - SIGN_IN_LASTS_HERE, SignIn.last_seen_at > now - IDLE_LASTS_HERE),
        ),
    )


def sign_in_for_cookie(session: Session, value: str) -> SignIn | None:
    """The sign-in, still counting, of an active user that a cookie's value belongs to."""
    uniquifier, _, key = value.partition(".")
    return session.scalar(
        select(SignIn)
        .join(User, SignIn.user_id == User.id)
        .where(SignIn.digest == digest(key), _alive(utcnow()), User.fs_uniquifier == uniquifier, User.active)
        .options(contains_eager(SignIn.user))
    )


def sign_ins_of(session: Session, user_id: int) -> list[SignIn]:
    """A user's sign-ins that still count, the one used last first."""
    return list(
        session.scalars(
            select(SignIn)
            .where(SignIn.user_id == user_id, _alive(utcnow()))
            .order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
        )
    )


def sign_in_or_refuse(session: Session, public_id: str, user_id: int) -> SignIn:
    """A user's own sign-in. Raises NotPermitted where it does not exist or is somebody else's."""
    found = session.scalar(select(SignIn).where(SignIn.public_id == public_id, SignIn.user_id == user_id))
    if found is None:
        raise NotPermitted(public_id)
    return found


def token_for(session: Session, raw: str) -> ApiToken | None:
    """The valid token of that key: not expired, not revoked, and its user active and confirmed."""
    if not raw.startswith(TOKEN_PREFIX) or len(raw) > 100:
        return None
    return session.scalar(
        select(ApiToken)
        .join(User)
        .where(
            ApiToken.digest == digest(raw),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > utcnow(),
            User.active,
            User.confirmed_at.is_not(None),
        )
    )


def user_for_token(session: Session, raw: str) -> User | None:
    """The user that a key signs in, or None."""
    token = token_for(session, raw)
    return token.user if token else None


def tokens_of(session: Session, user_id: int) -> list[ApiToken]:
    """A user's tokens, the newest first, revoked and expired ones included."""
    return list(
        session.scalars(
            select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.created_at.desc(), ApiToken.id.desc())
        )
    )


def token_or_refuse(session: Session, public_id: str, user_id: int) -> ApiToken:
    """A user's own token. Raises NotPermitted where it does not exist or is somebody else's."""
    token = session.scalar(select(ApiToken).where(ApiToken.public_id == public_id, ApiToken.user_id == user_id))
    if token is None:
        raise NotPermitted(public_id)
    return token


def user_by_email(session: Session, email: str) -> User | None:
    """The user of an address, whatever its case."""
    return session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))


def user_by_public_id(session: Session, public_id: str) -> User | None:
    """The user of a public id."""
    return session.scalar(select(User).where(User.public_id == public_id))


def users(words: str = "") -> Select[tuple[User]]:
    """Users whose name or address holds every word, suspended ones first."""
    matching = [
        or_(
            func.lower(User.name).contains(word, autoescape=True),
            func.lower(User.email).contains(word, autoescape=True),
        )
        for word in words.lower().split()
    ]
    return select(User).where(*matching).order_by(User.suspended_at.is_(None), func.lower(User.email), User.id)


def user_or_refuse(session: Session, public_id: str) -> User:
    """A user by public id. Raises NotPermitted where there is none."""
    found = session.scalar(select(User).where(User.public_id == public_id))
    if found is None:
        raise NotPermitted(public_id)
    return found


def user_of_identity(session: Session, issuer: str, subject: str) -> User | None:
    """The user who signs in as ``subject`` at a provider."""
    return session.scalar(select(User).join(Identity).where(Identity.issuer == issuer, Identity.subject == subject))


def issuers_of(session: Session, user_id: int | None) -> set[str]:
    """The providers that a user has connected."""
    return set(session.scalars(select(Identity.issuer).where(Identity.user_id == user_id)))
