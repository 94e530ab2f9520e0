"""Profiles of groups and persons, competences and the evidence behind them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.audit import Event
from matchmaker.clusters.models import Organisation
from matchmaker.db import Model, OneOf, PublicId, Versioned, utcnow
from matchmaker.items.models import IprStatus, Item, ItemState, Stage, WithTeaser
from matchmaker.permissions import Visibility
from matchmaker.texts import web_address


class ProfileKind(StrEnum):
    """Whose face a profile is; an organisation's is the organisation itself."""

    GROUP = "group"
    PERSON = "person"


class Profile(PublicId, Versioned, Model):
    """The face of a research group or a person inside an organisation."""

    __tablename__ = "profile"
    __audited__: ClassVar = {"visibility": Event.VISIBILITY_CHANGED, "state": Event.VISIBILITY_CHANGED}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ProfileKind] = mapped_column(OneOf(ProfileKind, 10))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    #: The user whose profile it is, where it is a person with an account.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(160))
    headline: Mapped[str] = mapped_column(String(200), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    #: ORCID iD of a person, 0000-0000-0000-000X.
    orcid: Mapped[str] = mapped_column(String(19), default="")
    website: Mapped[str] = mapped_column(String(300), default="")
    working_languages: Mapped[list[str]] = mapped_column(default=list)
    language: Mapped[str] = mapped_column(String(2), default="")
    visibility: Mapped[Visibility] = mapped_column(OneOf(Visibility, 10), default=Visibility.PRIVATE)
    state: Mapped[ItemState] = mapped_column(OneOf(ItemState, 10), default=ItemState.DRAFT)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)

    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User | None] = relationship()

    @property
    def is_live(self) -> bool:
        return self.state == ItemState.PUBLISHED


class Competence(WithTeaser, Model):
    """One statement of what a profile can do; a unit that is matched."""

    __tablename__ = "competence"
    #: Its columns beside those of all items, in the order of files.
    own: ClassVar[tuple[str, ...]] = ("advantages", "stage", "trl", "ipr_status", "cooperation", "partners_sought")

    #: The group or person who can do it; None: the organisation as such.
    profile_id: Mapped[int | None] = mapped_column(ForeignKey("profile.id", ondelete="SET NULL"), index=True)
    #: What is better about it than what others do today.
    advantages: Mapped[str] = mapped_column(Text, default="")
    stage: Mapped[Stage | None] = mapped_column(OneOf(Stage, 20))
    trl: Mapped[int | None]
    ipr_status: Mapped[IprStatus | None] = mapped_column(OneOf(IprStatus, 20))
    cooperation: Mapped[list[str]] = mapped_column(default=list)
    #: Organisation types the offer is meant for.
    partners_sought: Mapped[list[str]] = mapped_column(default=list)

    profile: Mapped[Profile | None] = relationship()
    evidence: Mapped[list[Evidence]] = relationship(
        secondary=lambda: competence_evidence,
        back_populates="competences",
        order_by=lambda: Evidence.year.desc(),
    )

    def paragraphs(self) -> list[str]:
        return [*super().paragraphs(), self.advantages]


class EvidenceKind(StrEnum):
    """What kind of record backs a competence."""

    PUBLICATION = "publication"
    PROJECT = "project"
    PATENT = "patent"
    LICENCE = "licence"


competence_evidence = Table(
    "competence_evidence",
    Model.metadata,
    Column("competence_id", ForeignKey("competence.id", ondelete="CASCADE"), primary_key=True),
    Column("evidence_id", ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True, index=True),
)

evidence_organisation = Table(
    "evidence_organisation",
    Model.metadata,
    Column("evidence_id", ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True),
    Column("organisation_id", ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Evidence(Item, Model):
    """A publication, project, patent or licence that backs a competence.

    ``organisation`` registered it and may change it; ``organisations`` are all that stand behind it (every member of
    a project), the registering one included.
    """

    __tablename__ = "evidence"
    #: Its columns beside those of all items, in the order of files.
    own: ClassVar[tuple[str, ...]] = ("identifier", "url", "year")

    kind: Mapped[EvidenceKind] = mapped_column(OneOf(EvidenceKind, 12))
    #: DOI, PMID, patent or grant number.
    identifier: Mapped[str] = mapped_column(String(120), default="")
    url: Mapped[str] = mapped_column(String(300), default="")
    year: Mapped[int | None]

    organisations: Mapped[list[Organisation]] = relationship(secondary=evidence_organisation)
    competences: Mapped[list[Competence]] = relationship(secondary=competence_evidence, back_populates="evidence")

    @property
    def link(self) -> str:
        """Where the record itself can be read: what its owner gave, else what its identifier resolves to."""
        if self.url:
            return web_address(self.url)
        return f"https://doi.org/{self.identifier}" if self.identifier.startswith("10.") else ""
