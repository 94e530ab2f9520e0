"""The columns and states that items share, and the vocabularies of their forms."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.audit import Event
from matchmaker.clusters.models import Field as Field
from matchmaker.clusters.models import Organisation, Sector
from matchmaker.db import Model, OneOf, PublicId, Versioned, today, utcnow
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


class TeaserFact(StrEnum):
    """A coarse fact about the owner that may stand beside a teaser, where the owner chose to show it."""

    SECTOR = "sector"
    COUNTRY = "country"
    SIZE = "size"
    FIELDS = "fields"
    COOPERATION = "cooperation"


class Size(StrEnum):
    """How large an organisation is, as coarsely as a teaser says it."""

    SME = "sme"
    LARGER = "larger"


class Item(PublicId, Versioned):
    """The columns every item has; mixed into the tables of competences, needs, test fields and evidence."""

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


#: The kinds of items that can be shown by a teaser, by the names of their tables.
WITH_TEASER = ("need", "competence", "test_field")


class _BesideItem:
    """Columns that name the one need, competence or test field a row stands beside; it goes when the item goes."""

    @declared_attr
    def need_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("need.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def competence_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("competence.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def test_field_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("test_field.id", ondelete="CASCADE"), index=True)

    @property
    def of(self) -> str:
        """The kind of the item: the name of its table."""
        return next(kind for kind in WITH_TEASER if getattr(self, f"{kind}_id") or getattr(self, kind))

    @property
    def item(self) -> WithTeaser:
        """The item itself: for those only who may read it."""
        found: WithTeaser = getattr(self, self.of)
        return found


_ONE_ITEM = (
    "(CASE WHEN need_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN competence_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN test_field_id IS NULL THEN 0 ELSE 1 END) = 1"
)


class Teaser(_BesideItem, PublicId, Model):
    """All that others may know of a confidential item: a row of its own, which follows the item by itself.

    Whoever looks for it never loads the item, so nothing of the item can show. Its address is its own, and its number
    is drawn at random, so that neither tells in which order or by whom it was written.
    """

    __tablename__ = "teaser"
    __table_args__ = (CheckConstraint(_ONE_ITEM, name="one_item"),)

    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, default=lambda: 1 + secrets.randbelow(2**31 - 2)
    )
    #: Whose it is; shown to nobody, ranked and filtered by nothing.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    owner: Mapped[Organisation] = relationship()
    text: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(2), default="")
    #: Whether the item is published and shown by its teaser.
    live: Mapped[bool] = mapped_column(default=False)
    expires_on: Mapped[date | None]
    #: The facts that the owner chose to show, as they were when the item was saved; empty otherwise.
    sector: Mapped[Sector | None] = mapped_column(OneOf(Sector, 12))
    country: Mapped[str] = mapped_column(String(2), default="")
    size: Mapped[Size | None] = mapped_column(OneOf(Size, 10))
    fields: Mapped[list[str]] = mapped_column(default=list)
    cooperation: Mapped[list[str]] = mapped_column(default=list)

    @property
    def is_live(self) -> bool:
        return self.live and (self.expires_on is None or self.expires_on >= today())

    @property
    def title(self) -> str:
        """The first line or sentence, which stands over the rest."""
        return _headed(self.text)[0]

    @property
    def body(self) -> str:
        """What follows the title."""
        return _headed(self.text)[1]

    @property
    def statement_text(self) -> str:
        """The text that is matched, its title on the first line."""
        return "\n".join(part for part in _headed(self.text) if part)


def _headed(text: str) -> tuple[str, str]:
    line, _, rest = text.strip().partition("\n")
    if rest:
        return line.strip(), rest.strip()
    for end in (". ", "? ", "! ", "; "):
        head, found, tail = line.partition(end)
        if found and tail:
            return f"{head}{end.strip()}".removesuffix("."), tail.strip()
    return line, ""


class Opening(_BesideItem, PublicId, Model):
    """A platform admin opened a text that is not theirs to read, for a stated reason and a short time.

    It is never deleted before the item, and the item's owner reads it on the item's page.
    """

    __tablename__ = "opening"
    __table_args__ = (CheckConstraint(_ONE_ITEM, name="one_item"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    until: Mapped[datetime]

    user: Mapped[User | None] = relationship()


class WithTeaser(Item):
    """What competences, needs and test fields have besides: a teaser, and managers whom their owner trusts."""

    #: What others read of it while it is confidential, typed by its owner.
    teaser: Mapped[str] = mapped_column(Text, default="")
    #: Which coarse facts stand beside the teaser.
    teaser_facts: Mapped[list[str]] = mapped_column(default=list)
    #: Whether every manager of the owner's clusters may read it while it is confidential.
    for_managers: Mapped[bool] = mapped_column(default=False)

    @declared_attr
    def trusted(cls) -> Mapped[list[User]]:
        """The managers whom its owner ticked to read it while it is confidential."""
        name = cls.__tablename__  # type: ignore[attr-defined]
        between = Table(
            f"{name}_trusted",
            Model.metadata,
            Column(f"{name}_id", ForeignKey(f"{name}.id", ondelete="CASCADE"), primary_key=True),
            Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True),
        )
        return relationship(User, secondary=between, order_by=User.name)

    @declared_attr
    def shown_as(cls) -> Mapped[Teaser | None]:
        """The row that others see of it."""
        name = cls.__tablename__  # type: ignore[attr-defined]
        return relationship(
            Teaser,
            foreign_keys=[getattr(Teaser, f"{name}_id")],
            backref=name,
            cascade="all, delete-orphan",
            single_parent=True,
            uselist=False,
        )

    @declared_attr
    def openings(cls) -> Mapped[list[Opening]]:
        """When a platform admin opened it, the latest first."""
        name = cls.__tablename__  # type: ignore[attr-defined]
        return relationship(
            Opening,
            foreign_keys=[getattr(Opening, f"{name}_id")],
            backref=name,
            cascade="all, delete-orphan",
            order_by=Opening.id.desc(),
        )

    def is_entrusted_to(self, user_id: int | None) -> bool:
        """Whether its owner lets this manager read it while it is confidential."""
        return self.for_managers or any(one.id == user_id for one in self.trusted)

    def is_opened_for(self, user_id: int | None) -> bool:
        """Whether this platform admin has opened it, and the time is not over."""
        now = utcnow()
        return any(one.user_id == user_id and one.until > now for one in self.openings)
