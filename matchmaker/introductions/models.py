"""Introductions, what each side agreed to disclose, silent interest, and the limits members set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Cluster, Organisation
from matchmaker.db import Model, OneOf, PublicId, Versioned, utcnow


class IntroductionState(StrEnum):
    """Where an introduction stands."""

    #: One side asked; a cluster manager looks at it before the other side does.
    BROKERED = "brokered"
    #: Somebody else brought both together (a manager, or interest on both sides); each still has to agree.
    PROPOSED = "proposed"
    #: One side asked and agreed to disclose itself; the other has yet to answer.
    REQUESTED = "requested"
    #: Both agreed, and each sees what the other disclosed.
    ACCEPTED = "accepted"
    #: One side said no, with a reason or silently; a silent no looks like no answer.
    DECLINED = "declined"
    #: One side took it back, before or after it was accepted; nothing is disclosed any more.
    WITHDRAWN = "withdrawn"
    #: Nobody answered in time.
    EXPIRED = "expired"


#: States in which somebody still has to say something.
OPEN = (IntroductionState.BROKERED, IntroductionState.PROPOSED, IntroductionState.REQUESTED)


class Origin(StrEnum):
    """How an introduction came about."""

    #: One side asked.
    REQUEST = "request"
    #: A manager brought both together.
    MANAGER = "manager"
    #: Both sides had marked interest in each other.
    INTEREST = "interest"


class Side(StrEnum):
    """The two sides of an introduction."""

    #: Who asked; where somebody else brought both together, whose need it is about.
    ASKER = "asker"
    #: Who was asked.
    ASKED = "asked"

    @property
    def other(self) -> Side:
        return Side.ASKED if self is Side.ASKER else Side.ASKER


class About(StrEnum):
    """What an introduction can be about."""

    NEED = "need"
    COMPETENCE = "competence"
    TEST_FIELD = "test_field"
    PROFILE = "profile"


class DeclineReason(StrEnum):
    """Why a side says no, in words that hurt nobody."""

    NO_CAPACITY = "no_capacity"
    NOT_OUR_FIELD = "not_our_field"
    WRONG_STAGE = "wrong_stage"
    ALREADY_COOPERATING = "already_cooperating"
    UNCLEAR = "unclear"
    CONFLICT = "conflict"


class Disclosed(StrEnum):
    """What a side can disclose."""

    ORGANISATION = "organisation"
    NAME = "name"
    TITLE = "title"
    EMAIL = "email"
    PHONE = "phone"
    #: The full text of a confidential item.
    TEXT = "text"


class Introduction(PublicId, Versioned, Model):
    """Two organisations on their way to each other, about one thing or about nothing in particular."""

    __tablename__ = "introduction"
    __table_args__ = (
        Index(
            "ux_introduction_active", "pair", "matter",
            unique=True, sqlite_where=text("active"), postgresql_where=text("active"),
        ),
        UniqueConstraint("from_organisation_id", "key"),
        Index("ix_introduction_due", "active", "expires_at"),
        CheckConstraint("from_organisation_id <> to_organisation_id", name="two_sides"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    from_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    from_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    to_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    #: Who answers for the asked side, once somebody did.
    to_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    #: The cluster whose managers pass it on or brought both together, and the manager who did.
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id", ondelete="SET NULL"), index=True)
    broker_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    #: Both organisations whoever asked, and what it is about: what only one active introduction may have.
    pair: Mapped[str] = mapped_column(String(40))
    matter: Mapped[str] = mapped_column(String(40), default="")
    #: Whether it takes the place of this pair and matter. A silent no does, until it would have expired.
    active: Mapped[bool] = mapped_column(default=True)
    #: What it is about, of whichever side.
    about_kind: Mapped[About | None] = mapped_column(OneOf(About, 12))
    about_id: Mapped[int | None]
    #: Whether the asker did not know whom it asked, because a teaser hides its owner.
    blind: Mapped[bool] = mapped_column(default=False)
    #: What of the asker's own the suggestion was made for, where there was one.
    with_kind: Mapped[About | None] = mapped_column(OneOf(About, 12))
    with_id: Mapped[int | None]
    #: The suggestion with its reasons, as the asker saw it; {} where there was none.
    explanation: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: The three answers: what kind of cooperation is sought, what is missing or unclear, who asks.
    sought: Mapped[str] = mapped_column(Text, default="")
    unclear: Mapped[str] = mapped_column(Text, default="")
    about_us: Mapped[str] = mapped_column(Text, default="")
    origin: Mapped[Origin] = mapped_column(OneOf(Origin, 10), default=Origin.REQUEST)
    state: Mapped[IntroductionState] = mapped_column(OneOf(IntroductionState, 10))
    #: Which side said no or took it back.
    ended_by: Mapped[Side | None] = mapped_column(OneOf(Side, 5))
    reason: Mapped[DeclineReason | None] = mapped_column(OneOf(DeclineReason, 20))
    kind_words: Mapped[str] = mapped_column(String(500), default="")
    #: What the form that asked was given, so that sending it twice asks once.
    key: Mapped[str | None] = mapped_column(String(40))
    requested_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: Since when the asked side can see it; None while a manager has it, while they take no more, or for good.
    delivered_at: Mapped[datetime | None]
    #: When both had agreed; a no leaves it empty.
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]

    from_organisation: Mapped[Organisation] = relationship(foreign_keys=from_organisation_id)
    from_user: Mapped[User | None] = relationship(foreign_keys=from_user_id)
    to_organisation: Mapped[Organisation] = relationship(foreign_keys=to_organisation_id)
    to_user: Mapped[User | None] = relationship(foreign_keys=to_user_id)
    broker: Mapped[User | None] = relationship(foreign_keys=broker_id)
    cluster: Mapped[Cluster | None] = relationship()
    consents: Mapped[list[Consent]] = relationship(
        back_populates="introduction", cascade="all, delete-orphan", passive_deletes=True, order_by="Consent.id"
    )

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def organisation_of(self, side: Side) -> Organisation:
        return self.from_organisation if side is Side.ASKER else self.to_organisation

    def user_of(self, side: Side) -> User | None:
        return self.from_user if side is Side.ASKER else self.to_user

    def consent_of(self, side: Side) -> Consent | None:
        """What a side agreed to disclose, as far as it still holds."""
        return next((c for c in reversed(self.consents) if c.side == side and c.ended_at is None), None)

    def side_of(self, organisation_ids: frozenset[int]) -> Side | None:
        """Which side these organisations stand on, where they may know of it."""
        if self.from_organisation_id in organisation_ids:
            return Side.ASKER
        if self.to_organisation_id in organisation_ids and self.delivered_at is not None:
            return Side.ASKED
        return None

    def waits_for(self, side: Side) -> bool:
        """Whether this side still has to answer."""
        if side is Side.ASKED and self.delivered_at is None:
            return False
        asked = (IntroductionState.PROPOSED, IntroductionState.REQUESTED)
        return self.state_for(side) in asked and self.consent_of(side) is None

    def is_open_to(self, side: Side) -> bool:
        """Whether this side agreed, the other has yet to answer, and so this one may take it back."""
        return self.state_for(side) in OPEN and self.consent_of(side) is not None

    @property
    def silently_declined(self) -> bool:
        return self.state == IntroductionState.DECLINED and self.reason is None

    def state_for(self, side: Side | None) -> IntroductionState:
        """The state as a side may know it: a silent no is an answer that has not come, until its time is over."""
        if not self.silently_declined or side is self.ended_by:
            return self.state
        if not self.active:
            return IntroductionState.EXPIRED
        return IntroductionState.REQUESTED if self.origin == Origin.REQUEST else IntroductionState.PROPOSED


class Consent(Model):
    """One side agreed to disclose exactly these fields with exactly these values. A later edit needs a new consent."""

    __tablename__ = "consent"
    __table_args__ = (
        Index(
            "ux_consent_valid", "introduction_id", "side",
            unique=True, sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"), index=True)
    side: Mapped[Side] = mapped_column(OneOf(Side, 5))
    #: Who agreed; without that person the consent is gone.
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    fields: Mapped[list[str]]
    #: The values as shown on the consent screen; emptied when the consent ends.
    disclosed: Mapped[dict[str, Any]]
    #: SHA-256 of what was shown, and the version of the words around it.
    digest: Mapped[str] = mapped_column(String(64))
    text_version: Mapped[str] = mapped_column(String(10))
    given_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: When it was taken back, or replaced by a newer one.
    ended_at: Mapped[datetime | None]

    introduction: Mapped[Introduction] = relationship(back_populates="consents")
    user: Mapped[User] = relationship()

    def end(self, now: datetime) -> None:
        """It holds no longer, and what it disclosed is forgotten."""
        self.ended_at, self.disclosed = now, {}


class Interest(Model):
    """An organisation is interested in another, and tells nobody; only where both are, both are told."""

    __tablename__ = "interest"
    __table_args__ = (UniqueConstraint("from_organisation_id", "to_organisation_id", "about_kind", "about_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    from_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    to_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    #: What it is about; '' and 0 for the organisation as such, so that it counts once.
    about_kind: Mapped[str] = mapped_column(String(12), default="")
    about_id: Mapped[int] = mapped_column(default=0)
    #: Whether it was marked by a teaser, and the one who marked it did not know whose it is.
    blind: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Block(Model):
    """An organisation wants nothing from another, which can't tell."""

    __tablename__ = "block"
    __table_args__ = (UniqueConstraint("organisation_id", "blocked_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    blocked_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    blocked: Mapped[Organisation] = relationship(foreign_keys=blocked_id)


class Limits(Model):
    """How many requests an organisation wants. Without a row: any number."""

    __tablename__ = "introduction_limits"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    per_week: Mapped[int | None]
    paused: Mapped[bool] = mapped_column(default=False)
    #: The day on which a pause ends by itself.
    paused_until: Mapped[date | None]


class ClusterRules(Model):
    """How a cluster handles introductions. Without a row: requests go straight on, and exposure is shared fairly."""

    __tablename__ = "introduction_rules"

    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id", ondelete="CASCADE"), primary_key=True)
    #: Whether managers look at requests before the other side does.
    brokered: Mapped[bool] = mapped_column(default=False)
    #: Whether popular organisations step back among equals.
    fair_share: Mapped[bool] = mapped_column(default=True)


def pair_of(one: int, other: int) -> str:
    """Two organisations, whoever comes first."""
    return f"{min(one, other)}:{max(one, other)}"


def matter_of(things: Mapping[About, int]) -> str:
    """What an introduction is about in one word: the need, where one is part of it, else the thing itself."""
    for kind in (About.NEED, *About):
        if kind in things:
            return f"{kind}:{things[kind]}"
    return ""
