"""The columns and states that items share, and the vocabularies of their forms."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.audit import Event
from matchmaker.clusters.models import Field as Field
from matchmaker.clusters.models import Organisation
from matchmaker.db import OneOf, PublicId, Versioned, today, utcnow
from matchmaker.permissions import Visibility


class ItemState(StrEnum):
    """Where an item stands. Expiry is a date, not a state: see ``Item.is_live``."""

    #: Being written; nobody outside the organisation sees that it exists.
    DRAFT = "draft"
    #: Readable within its visibility until it expires (a need in this state is *open*).
    PUBLISHED = "published"
    #: A need that found its answer; kept, no longer suggested.
    MET = "met"
    #: Taken back by its owner; kept, readable by the own organisation only.
    WITHDRAWN = "withdrawn"


class Stage(StrEnum):
    """Stage of development, in the words of the European partnering profiles."""

    CONCEPT = "concept"
    UNDER_DEVELOPMENT = "under_development"
    LAB_TESTED = "lab_tested"
    PROTOTYPE = "prototype"
    FIELD_TESTED = "field_tested"
    ON_MARKET = "on_market"
    PROJECT_STARTED = "project_started"


class IprStatus(StrEnum):
    """State of intellectual property."""

    NONE = "none"
    SECRET_KNOW_HOW = "secret_know_how"  # noqa: S105 - the field's term, not a password.
    COPYRIGHT = "copyright"
    DESIGN_RIGHT = "design_right"
    TRADE_MARK = "trade_mark"
    PATENT_APPLIED = "patent_applied"
    PATENT_GRANTED = "patent_granted"
    EXCLUSIVE_RIGHTS = "exclusive_rights"


class Cooperation(StrEnum):
    """Type of cooperation sought or offered."""

    RESEARCH = "research_cooperation"
    TECHNICAL = "technical_cooperation"
    LICENCE = "licence"
    SERVICES = "services"
    MANUFACTURING = "manufacturing"
    SUBCONTRACTING = "subcontracting"
    JOINT_VENTURE = "joint_venture"
    INVESTMENT = "investment"
    DISTRIBUTION = "distribution"
    SUPPLY = "supply"
    CLINICAL_STUDY = "clinical_study"


class Rung(StrEnum):
    """Readiness ladder of test fields, from the bench to the patient."""

    LAB = "lab"
    PRE_GMP = "pre_gmp"
    GMP = "gmp"
    CLINIC = "clinic"


class Item(PublicId, Versioned):
    """The columns every item has; mixed into the tables of competences, needs and test fields."""

    __audited__: ClassVar = {"visibility": Event.VISIBILITY_CHANGED, "state": Event.VISIBILITY_CHANGED}

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    #: ISO 639-1 of the text itself, '' where it could not be told.
    language: Mapped[str] = mapped_column(String(2), default="")
    keywords: Mapped[list[str]] = mapped_column(default=list)
    fields: Mapped[list[str]] = mapped_column(default=list)
    #: Languages the people behind it work in.
    working_languages: Mapped[list[str]] = mapped_column(default=list)
    visibility: Mapped[Visibility] = mapped_column(OneOf(Visibility, 10), default=Visibility.PRIVATE)
    #: What others read of a confidential item, typed by its owner. Used from the introductions on.
    teaser: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ItemState] = mapped_column(OneOf(ItemState, 10), default=ItemState.DRAFT, index=True)
    published_at: Mapped[datetime | None]
    expires_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(200), default="")
    source_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    licence: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)

    @declared_attr
    def organisation_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def organisation(cls) -> Mapped[Organisation]:
        return relationship(Organisation)

    @declared_attr
    def author_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)

    @declared_attr
    def author(cls) -> Mapped[User | None]:
        return relationship(User, foreign_keys=lambda: [cls.author_id])  # type: ignore[attr-defined]

    @property
    def has_expired(self) -> bool:
        return self.expires_on is not None and self.expires_on < today()

    @property
    def is_live(self) -> bool:
        """Published and not expired: what others may find, within its visibility."""
        return self.state == ItemState.PUBLISHED and not self.has_expired

    @property
    def standing(self) -> str:
        """The state as people see it: the stored one, or ``expired``."""
        return "expired" if self.state == ItemState.PUBLISHED and self.has_expired else str(self.state)

    def paragraphs(self) -> list[str]:
        """What is written in words, the title first; a kind of item adds its own."""
        return [self.title, self.description]

    @property
    def statement_text(self) -> str:
        """The text that is matched: the paragraphs, and the keywords at the end."""
        return "\n".join(part for part in (*self.paragraphs(), ", ".join(self.keywords)) if part)
