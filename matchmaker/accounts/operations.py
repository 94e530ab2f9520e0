"""Changes to users, their sign-ins and their tokens."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from matchmaker import audit, throttle
from matchmaker.accounts.models import ApiToken, Identity, Role, SignIn, User
from matchmaker.audit import Event
from matchmaker.db import utcnow

#: How long a sign-in holds at most, however often it is used: where the user asked to stay signed in, and else.
SIGN_IN_LASTS, SIGN_IN_LASTS_HERE = timedelta(days=30), timedelta(days=7)
#: How long a sign-in holds without being used.
IDLE_LASTS, IDLE_LASTS_HERE = timedelta(days=14), timedelta(hours=12)
#: How exactly the last use is known: each note of it is a write.
SEEN_EVERY = timedelta(minutes=5)
#: How long an account counts as new.
NEW_FOR = timedelta(days=7)
#: How long an API token holds at most, in days.
TOKEN_DAYS_MOST = 365
TOKEN_PREFIX = "mm_"  # noqa: S105 - what every token begins with, not a token.
TOKENS_MOST = 20


class Connected(Exception):
    """Who this is at the provider signs in as another user here."""


class TooManyTokens(Exception):
    """The user already has as many valid tokens as one may have."""


def digest(raw: str) -> str:
    """The form in which a key is kept. It is random and long, so one round of SHA-256 is enough."""
    return sha256(raw.encode()).hexdigest()


def begin_sign_in(session: Session, user: User, *, user_agent: str = "", remembered: bool = False) -> str:
    """Note that a user signed in; gives the value that the browser's cookie carries."""
    session.execute(delete(SignIn).where(SignIn.user_id == user.id, SignIn.created_at < utcnow() - SIGN_IN_LASTS))
    key = secrets.token_urlsafe(32)
    browser, system = device_of(user_agent)
    session.add(SignIn(user_id=user.id, digest=digest(key), browser=browser, system=system, remembered=remembered))
    session.flush()
    return f"{user.fs_uniquifier}.{key}"


def renew_sign_in(session: Session, cookie_value: str) -> str:
    """Give a sign-in another key, as after typing the password again: copies of the old cookie are worth nothing."""
    uniquifier, _, key = cookie_value.partition(".")
    new = secrets.token_urlsafe(32)
    session.execute(update(SignIn).where(SignIn.digest == digest(key)).values(digest=digest(new)))
    return f"{uniquifier}.{new}"


def note_seen(session: Session, cookie_value: str) -> None:
    """Remember that a sign-in was used now."""
    key = cookie_value.partition(".")[2]
    session.execute(update(SignIn).where(SignIn.digest == digest(key)).values(last_seen_at=utcnow()))


def end_sign_in(session: Session, cookie_value: str) -> None:
    """End the sign-in that a cookie's value belongs to: a copy of the cookie is worth nothing from now on."""
    key = cookie_value.partition(".")[2]
    session.execute(
        update(SignIn).where(SignIn.digest == digest(key), SignIn.ended_at.is_(None)).values(ended_at=utcnow())
    )


def end_sign_ins(session: Session, user_id: int, *, only: int | None = None, besides: str = "") -> None:
    """End a user's sign-ins: all, or ``only`` one of them; the one whose cookie has the value ``besides`` stays."""
    kept = digest(besides.partition(".")[2])
    which = [SignIn.id == only] if only is not None else []
    session.execute(
        update(SignIn)
        .where(SignIn.user_id == user_id, SignIn.ended_at.is_(None), SignIn.digest != kept, *which)
        .values(ended_at=utcnow())
    )


def end_all_sign_ins(session: Session, user: User) -> None:
    """End every sign-in of a user, and void the links in mails that were sent to them."""
    user.fs_uniquifier = uuid4().hex
    session.execute(delete(SignIn).where(SignIn.user_id == user.id))


def spend(session: Session, user: User, what: str, *, a_day: int, while_new: int) -> None:
    """Count one more of what reaches others (invitations, introductions, messages). Raises TooOften beyond the day's.

    In its first week an account, which may be a spammer's, has fewer.
    """
    limit = while_new if user.created_at > utcnow() - NEW_FOR else a_day
    throttle.allow(session, f"{what} of user {user.id}", limit, timedelta(days=1))


def use_code(session: Session, user_id: int, counter: int) -> bool:
    """Let the code of a period count, once and never again; False where it or a later one has counted already."""
    claimed: CursorResult[object] = session.execute(  # type: ignore[assignment]
        update(User)
        .where(User.id == user_id, or_(User.code_counter.is_(None), User.code_counter < counter))
        .values(code_counter=counter)
    )
    return claimed.rowcount == 1


def reset_second_step(session: Session, user: User) -> None:
    """Take every second step away from a user, and end every sign-in."""
    user.tf_primary_method = user.tf_totp_secret = user.code_counter = user.mf_recovery_codes = None
    user.webauthn.clear()
    end_all_sign_ins(session, user)
    audit.record(session, Event.FACTOR_CHANGED, actor_id=None, thing=user, facts={"change": "reset"})


#: What a user agent says, and what people call it; the first that fits counts, since most name several.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_of(user_agent: str) -> tuple[str, str]:
    """Browser and system that a user agent names, '' where it names none we know."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    return browser, next((name for sign, name in _SYSTEMS if sign in user_agent), "")


def update_me(user: User, *, name: str, title: str, locale: str) -> None:
    """Change what a user says about themselves."""
    user.name, user.title, user.locale = name, title, locale


def create_token(
    session: Session, user: User, *, name: str, days: int, writes: bool = False, exports: bool = False
) -> tuple[ApiToken, str]:
    """Make a token; gives it and the raw key, which is known at this moment only. Raises TooManyTokens.

    It reads what its owner may read; with ``writes`` it also does what its owner may do, and with ``exports`` it takes
    along what is kept about them.
    """
    if not 1 <= days <= TOKEN_DAYS_MOST:
        raise ValueError(f"expected a term of 1 to {TOKEN_DAYS_MOST} days, got {days}")
    now = utcnow()
    valid = session.scalars(
        select(ApiToken.id).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > now)
    ).all()
    if len(valid) >= TOKENS_MOST:
        raise TooManyTokens
    raw = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user.id,
        name=name,
        prefix=raw[:8],
        digest=digest(raw),
        writes=writes,
        exports=exports,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    facts = {"writes": writes, "exports": exports}
    audit.record(session, Event.TOKEN_CREATED, actor_id=user.id, thing=token, facts=facts)
    return token, raw


def revoke_token(session: Session, token: ApiToken) -> None:
    """Make a token worthless from now on; a revoked one stays in the list."""
    if token.revoked_at is None:
        token.revoked_at = utcnow()
        audit.record(session, Event.TOKEN_REVOKED, actor_id=token.user_id, thing=token)


def note_use(session: Session, token_id: int) -> None:
    """Remember when a token was last used."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=utcnow()))


def suspend(session: Session, user: User, reason: str, *, by: int) -> None:
    """Shut a user out until somebody lifts it, with a reason they read; tokens count no more meanwhile."""
    user.active, user.suspended_at, user.suspended_reason = False, utcnow(), reason
    end_all_sign_ins(session, user)
    audit.record(session, Event.SUSPENDED, actor_id=by, thing=user)


def reinstate(session: Session, user: User, *, by: int) -> None:
    """Let a suspended user in again."""
    user.active, user.suspended_at, user.suspended_reason = True, None, ""
    audit.record(session, Event.REINSTATED, actor_id=by, thing=user)


def deactivate(session: Session, user: User) -> None:
    """Shut a user out: sign-ins end, tokens are revoked; what they wrote stays with their organisation."""
    user.active = False
    end_all_sign_ins(session, user)
    session.execute(
        update(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None)).values(revoked_at=utcnow())
    )
    audit.record(session, Event.SUSPENDED, actor_id=None, thing=user)


def grant_role(session: Session, user: User, name: str) -> None:
    """Give a user a role over the whole installation."""
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        role = Role(name=name)
        session.add(role)
    if role not in user.roles:
        user.roles.append(role)
        audit.record(session, Event.ROLE_CHANGED, actor_id=None, thing=user, facts={"role": name, "change": "added"})


def connect(session: Session, user: User, *, issuer: str, subject: str) -> None:
    """Let who is ``subject`` at a provider sign in as this user. Raises Connected where they are another user here."""
    known = session.scalar(select(Identity).where(Identity.issuer == issuer, Identity.subject == subject))
    if known is None:
        session.add(Identity(user_id=user.id, issuer=issuer, subject=subject))
        session.flush()
        audit.record(session, Event.FACTOR_CHANGED, actor_id=user.id, thing=user, facts={"change": "connected"})
    elif known.user_id != user.id:
        raise Connected


def disconnect(session: Session, user: User, issuer: str) -> None:
    """Let a provider sign this user in no more."""
    session.execute(delete(Identity).where(Identity.user_id == user.id, Identity.issuer == issuer))
    audit.record(session, Event.FACTOR_CHANGED, actor_id=user.id, thing=user, facts={"change": "disconnected"})


def create_user(session: Session, *, email: str, name: str, password_hash: str | None) -> User:
    """Make a user whose address counts as confirmed: whoever looks after the installation, or a provider, vouches."""
    user = User(email=email, name=name, password=password_hash, fs_uniquifier=uuid4().hex, confirmed_at=utcnow())
    session.add(user)
    session.flush()
    return user


def set_password(session: Session, user: User, password_hash: str) -> None:
    """Give a user a new password and end every sign-in."""
    user.password = password_hash
    end_all_sign_ins(session, user)
    audit.record(session, Event.PASSWORD_CHANGED, actor_id=None, thing=user, facts={"change": "command"})
