"""Clusters, organisations and who belongs to them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from matchmaker.accounts.models import User
from matchmaker.audit import Event
from matchmaker.clusters.identity import domain_of
from matchmaker.db import Model, OneOf, PublicId, Versioned, utcnow
from matchmaker.permissions import Visibility
from matchmaker.texts import comparison_key


class OrganisationType(StrEnum):
    """What kind of legal entity an organisation is."""

    SME = "sme"
    LARGE_COMPANY = "large_company"
    UNIVERSITY = "university"
    RESEARCH_INSTITUTE = "research_institute"
    CLINIC = "clinic"
    TEST_FIELD_HOST = "test_field_host"
    PATIENT_ORGANISATION = "patient_organisation"
    PUBLIC_BODY = "public_body"
    INVESTOR = "investor"
    CLUSTER_BODY = "cluster_body"


class Sector(StrEnum):
    """Which side of a partnership an organisation stands on."""

    ACADEMIA = "academia"
    INDUSTRY = "industry"
    CARE = "care"
    PUBLIC = "public"
    TEST_FIELD = "test_field"


SECTOR_OF: dict[OrganisationType, Sector] = {
    OrganisationType.SME: Sector.INDUSTRY,
    OrganisationType.LARGE_COMPANY: Sector.INDUSTRY,
    OrganisationType.INVESTOR: Sector.INDUSTRY,
    OrganisationType.UNIVERSITY: Sector.ACADEMIA,
    OrganisationType.RESEARCH_INSTITUTE: Sector.ACADEMIA,
    OrganisationType.CLINIC: Sector.CARE,
    OrganisationType.PATIENT_ORGANISATION: Sector.CARE,
    OrganisationType.PUBLIC_BODY: Sector.PUBLIC,
    OrganisationType.CLUSTER_BODY: Sector.PUBLIC,
    OrganisationType.TEST_FIELD_HOST: Sector.TEST_FIELD,
}


class Field(StrEnum):
    """Field of activity in the life sciences."""

    ATMP = "atmp"
    DEVICES = "devices"
    DIAGNOSTICS = "diagnostics"
    DIGITAL_HEALTH = "digital_health"
    INFECTION_HYGIENE = "infection_hygiene"
    BONE_HEALING = "bone_healing"
    CLINICAL_TRIALS = "clinical_trials"
    BIOBANKS = "biobanks"
    PRODUCTION = "production"
    DATA_AI = "data_ai"
    REGULATORY = "regulatory"
    CARE = "care"
    FINANCE = "finance"
    MATERIALS = "materials"
    IMAGING = "imaging"
    PHARMA = "pharma"


class Cluster(PublicId, Model):
    """A network of organisations with managers who curate for it."""

    __tablename__ = "cluster"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    description: Mapped[str] = mapped_column(Text, default="")
    #: Whether its managers and the admins of its organisations need a second step to sign in.
    asks_second_step: Mapped[bool] = mapped_column(default=False)
    #: Whether everything in it is made up, for demonstration.
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Organisation(PublicId, Versioned, Model):
    """A legal entity: company, university, clinic … Its profile is its face to others."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    #: The name as it is compared: without case, accents and invisible characters; follows the name by itself.
    name_key: Mapped[str] = mapped_column(String(200), index=True)
    type: Mapped[OrganisationType] = mapped_column(OneOf(OrganisationType, 30), index=True)
    #: Small or medium-sized enterprise: follows from the type, or from the source of imported data.
    is_sme: Mapped[bool] = mapped_column(default=False)
    employees: Mapped[int | None]
    #: ISO 3166-1 alpha-2, upper case.
    country: Mapped[str] = mapped_column(String(2), default="", index=True)
    region: Mapped[str] = mapped_column(String(120), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    website: Mapped[str] = mapped_column(String(300), default="")
    #: The site its website stands on, by which the same organisation under another name is recognised.
    domain: Mapped[str] = mapped_column(String(120), default="", index=True)
    #: The identifier of the Research Organization Registry, for example ``https://ror.org/01zgy1s35``.
    ror: Mapped[str] = mapped_column(String(40), default="", index=True)
    headline: Mapped[str] = mapped_column(String(200), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    fields: Mapped[list[str]] = mapped_column(default=list)
    language: Mapped[str] = mapped_column(String(2), default="")
    #: Where the record came from and under which licence, where it was imported.
    source: Mapped[str] = mapped_column(String(200), default="")
    source_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    licence: Mapped[str] = mapped_column(String(80), default="")
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)

    cluster_memberships: Mapped[list[ClusterMembership]] = relationship(
        back_populates="organisation", cascade="all, delete-orphan"
    )
    memberships: Mapped[list[Membership]] = relationship(
        back_populates="organisation", cascade="all, delete-orphan", passive_deletes=True
    )

    @validates("name")
    def _follow_name(self, _key: str, name: str) -> str:
        self.name_key = comparison_key(name)[:200]
        return name

    @validates("website")
    def _follow_website(self, _key: str, website: str) -> str:
        self.domain = domain_of(website)
        return website

    @property
    def has_admin(self) -> bool:
        """Whether somebody looks after its people."""
        return any(m.role == MembershipRole.ADMIN and m.state == MembershipState.ACTIVE for m in self.memberships)

    @property
    def organisation_id(self) -> int:
        """Its own id, so that rights are asked of an organisation as of everything it owns."""
        return self.id

    @property
    def organisation(self) -> Organisation:
        """Itself, for the same reason."""
        return self

    @property
    def is_live(self) -> bool:
        """Always: that an organisation is there, and what it says of itself, is public."""
        return True

    @property
    def visibility(self) -> Visibility:
        return Visibility.PUBLIC

    @property
    def cluster_ids(self) -> frozenset[int]:
        return frozenset(membership.cluster_id for membership in self.cluster_memberships)

    @property
    def sector(self) -> Sector:
        return SECTOR_OF[OrganisationType(self.type)]

    @property
    def place(self) -> str:
        """City and country as people write them."""
        return ", ".join(part for part in (self.city or self.region, self.country) if part)


class ClusterMembership(Model):
    """An organisation belongs to a cluster."""

    __tablename__ = "cluster_membership"
    __table_args__ = (UniqueConstraint("cluster_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    since: Mapped[date | None]

    cluster: Mapped[Cluster] = relationship()
    organisation: Mapped[Organisation] = relationship(back_populates="cluster_memberships")


class MembershipRole(StrEnum):
    """What a user may do for an organisation."""

    MEMBER = "member"
    ADMIN = "admin"


class MembershipState(StrEnum):
    """Where a user's membership in an organisation stands."""

    #: The user asked; an admin of the organisation has yet to agree.
    ASKED = "asked"
    #: The user acts for the organisation.
    ACTIVE = "active"


class Membership(PublicId, Model):
    """A user belongs to an organisation."""

    __tablename__ = "membership"
    __audited__: ClassVar = {"*": Event.ROLE_CHANGED, "role": Event.ROLE_CHANGED, "state": Event.ROLE_CHANGED}
    __audited_with__ = ("user_id", "role", "state")
    __table_args__ = (UniqueConstraint("user_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    role: Mapped[MembershipRole] = mapped_column(OneOf(MembershipRole, 10), default=MembershipRole.MEMBER)
    state: Mapped[MembershipState] = mapped_column(OneOf(MembershipState, 10), default=MembershipState.ASKED)
    #: What the user wrote when asking.
    message: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    user: Mapped[User] = relationship()
    organisation: Mapped[Organisation] = relationship(back_populates="memberships")


class Invitation(PublicId, Model):
    """Somebody, known by an address only, is invited to act for an organisation in a role."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    role: Mapped[MembershipRole] = mapped_column(OneOf(MembershipRole, 10), default=MembershipRole.MEMBER)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
    invited_by: Mapped[User | None] = relationship()


class ClusterManager(Model):
    """A user curates for a cluster."""

    __tablename__ = "cluster_manager"
    __audited__: ClassVar = {"*": Event.ROLE_CHANGED}
    __audited_with__ = ("user_id",)
    __table_args__ = (UniqueConstraint("cluster_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)

    cluster: Mapped[Cluster] = relationship()
    user: Mapped[User] = relationship()
