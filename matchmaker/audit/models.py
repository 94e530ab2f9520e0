"""The entries of the trail, and the end of the chain they form."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db import Model, OneOf, utcnow


class Event(StrEnum):
    """What happened."""

    #: Somebody signed in.
    SIGNED_IN = "signed_in"
    #: A password, code or key was wrong.
    SIGN_IN_FAILED = "sign_in_failed"
    #: Somebody signed out, or ended one of their sign-ins.
    SIGNED_OUT = "signed_out"
    #: Every sign-in of a user was ended, or every one but that from which it was asked for.
    SIGN_INS_ENDED = "sign_ins_ended"
    #: A password was set.
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an event's name, not a password.
    #: The address of an account was changed.
    EMAIL_CHANGED = "email_changed"
    #: A second factor was added, used up or taken away.
    FACTOR_CHANGED = "factor_changed"
    #: An API token was made.
    TOKEN_CREATED = "token_created"  # noqa: S105
    #: An API token was revoked.
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    #: A user's program is told what its user is told, from now on.
    WEBHOOK_ADDED = "webhook_added"
    #: It is told nothing more.
    WEBHOOK_DROPPED = "webhook_dropped"
    #: A signed-in person or a program asked for what they may not do, or what is not there.
    REFUSED = "refused"
    #: Somebody was invited to act for an organisation.
    INVITED = "invited"
    #: Somebody was given a role, or lost one.
    ROLE_CHANGED = "role_changed"
    #: Who may read a text was changed.
    VISIBILITY_CHANGED = "visibility_changed"
    #: Somebody agreed to something: a consent, with the hash of what was shown.
    CONSENT_GIVEN = "consent_given"
    #: A consent was taken back.
    CONSENT_WITHDRAWN = "consent_withdrawn"
    #: Data was taken out of the installation.
    EXPORTED = "exported"
    #: Data was erased.
    ERASED = "erased"
    #: A platform admin read what nobody opened to them, with a reason.
    BREAK_GLASS = "break_glass"
    #: A manager pinned, vetoed or proposed a pair.
    VERDICT_GIVEN = "verdict_given"
    #: A manager took a verdict back.
    VERDICT_WITHDRAWN = "verdict_withdrawn"
    #: A user was shut out.
    SUSPENDED = "suspended"
    #: A suspension was lifted.
    REINSTATED = "reinstated"
    #: Somebody reported what another organisation shows.
    REPORTED = "reported"
    #: A report was answered: the thing was taken down, or left as it is.
    REPORT_DECIDED = "report_decided"
    #: What was taken down may be shown again.
    PUT_BACK = "put_back"
    #: A setting of a cluster or of the installation was changed.
    SETTING_CHANGED = "setting_changed"


class AuditEntry(Model):
    """One thing that happened. It names no one: users, organisations and clusters stand here as bare numbers.

    There are no foreign keys, because an entry outlives what it tells of; a number belongs to whoever had it then.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_organisation", "organisation_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Its place in the chain, from 1 on without a gap; given at the commit.
    number: Mapped[int | None] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(default=utcnow, index=True)
    event: Mapped[Event] = mapped_column(OneOf(Event, 30), index=True)
    #: The user who did it; None: a visitor, a command or a job.
    actor_id: Mapped[int | None] = mapped_column(index=True)
    #: The table and the public id (else the id) of what it was done to.
    thing_kind: Mapped[str] = mapped_column(String(40), default="")
    thing_id: Mapped[str] = mapped_column(String(40), default="")
    #: Whose trail this belongs to.
    organisation_id: Mapped[int | None]
    cluster_id: Mapped[int | None] = mapped_column(index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: The request it happened in, as the log names it.
    request: Mapped[str] = mapped_column(String(16), default="")
    #: The digest of the entry before.
    previous: Mapped[str] = mapped_column(String(64), default="")
    #: SHA-256 of all the above, hexadecimal.
    digest: Mapped[str] = mapped_column(String(64), default="")


class AuditChain(Model):
    """One row: both ends of the chain. Whoever appends locks it, so that entries follow one another."""

    __tablename__ = "audit_chain"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The latest entry and its digest.
    number: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str] = mapped_column(String(64), default="")
    #: The latest entry that was dropped because its time was over, and its digest.
    dropped: Mapped[int] = mapped_column(default=0)
    dropped_digest: Mapped[str] = mapped_column(String(64), default="")
