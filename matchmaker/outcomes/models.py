"""Outcomes with their confirmations, and success stories with both sides' consent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db import Model, OneOf, PublicId, Versioned, utcnow
from matchmaker.introductions.models import Introduction, Side


class OutcomeKind(StrEnum):
    """What came of it, from the first talk to lasting use."""

    MEETING_HELD = "meeting_held"
    AGREEMENT_SIGNED = "agreement_signed"
    PROJECT_STARTED = "project_started"
    APPLICATION_SUBMITTED = "application_submitted"
    APPLICATION_GRANTED = "application_granted"
    PRODUCT_TESTED = "product_tested"
    ROUTINE_USE = "routine_use"
    #: Nothing; the note says why.
    NOTHING = "nothing"


class AgreementKind(StrEnum):
    """What kind of agreement was signed."""

    CONFIDENTIALITY = "confidentiality"
    LETTER_OF_INTENT = "letter_of_intent"
    COOPERATION = "cooperation"
    SERVICE = "service"
    LICENCE = "licence"
    MATERIAL_TRANSFER = "material_transfer"


#: Outcomes that have an amount.
WITH_AMOUNT = (OutcomeKind.APPLICATION_SUBMITTED, OutcomeKind.APPLICATION_GRANTED)


class Outcome(PublicId, Model):
    """One thing that came of an introduction, as one side says."""

    __tablename__ = "outcome"

    id: Mapped[int] = mapped_column(primary_key=True)
    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"), index=True)
    kind: Mapped[OutcomeKind] = mapped_column(OneOf(OutcomeKind, 24), index=True)
    agreement: Mapped[AgreementKind | None] = mapped_column(OneOf(AgreementKind, 20))
    #: Whole units of the currency.
    amount: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    #: Which side said it first.
    side: Mapped[Side] = mapped_column(OneOf(Side, 5))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: Set once, when the side that said it takes it back.
    withdrawn_at: Mapped[datetime | None]

    introduction: Mapped[Introduction] = relationship()
    confirmations: Mapped[list[Confirmation]] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    def said_by(self, side: Side) -> bool | None:
        """What a side says: that it is so, that it is not, or nothing yet."""
        return next((one.agrees for one in self.confirmations if one.side == side), None)

    @property
    def confirmed(self) -> bool:
        """Whether both sides say that it is so."""
        return all(self.said_by(side) for side in Side)


class Confirmation(Model):
    """A side says for itself whether an outcome is so."""

    __tablename__ = "outcome_confirmation"

    outcome_id: Mapped[int] = mapped_column(ForeignKey("outcome.id", ondelete="CASCADE"), primary_key=True)
    side: Mapped[Side] = mapped_column(OneOf(Side, 5), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    agrees: Mapped[bool]
    at: Mapped[datetime] = mapped_column(default=utcnow)


class Story(PublicId, Versioned, Model):
    """What two did together, told for everybody."""

    __tablename__ = "story"

    id: Mapped[int] = mapped_column(primary_key=True)
    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    #: Since when both sides agree to these very words; None: it is not public.
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    introduction: Mapped[Introduction] = relationship()
    consents: Mapped[list[StoryConsent]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="StoryConsent.id"
    )

    def consent_of(self, side: Side) -> StoryConsent | None:
        """A side's consent to the words, as far as it holds."""
        return next((one for one in reversed(self.consents) if one.side == side and one.ended_at is None), None)


class StoryConsent(Model):
    """A side agrees that these very words are published, under both names."""

    __tablename__ = "story_consent"
    __table_args__ = (
        Index(
            "ux_story_consent_valid", "story_id", "side",
            unique=True, sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id", ondelete="CASCADE"), index=True)
    side: Mapped[Side] = mapped_column(OneOf(Side, 5))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    #: SHA-256 of title and text, hexadecimal.
    digest: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime] = mapped_column(default=utcnow)
    ended_at: Mapped[datetime | None]
