"""Verdicts: facts about a pair, never numbers mixed into a score."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Cluster, Organisation
from matchmaker.db import Model, OneOf, PublicId, utcnow
from matchmaker.needs.models import Need
from matchmaker.profiles.models import Competence
from matchmaker.testfields.models import TestField


class VerdictKind(StrEnum):
    """What a manager decided about a pair."""

    #: Shown first, with the reason, "recommended by your cluster manager".
    PIN = "pin"
    #: Never suggested; members are not told.
    VETO = "veto"
    #: Brought to the member's attention, with the reason.
    PROPOSAL = "proposal"


class Verdict(PublicId, Model):
    """A manager's decision on a pair: what is looked from (subject) and who or what is decided on (object).

    The subject is a need, a competence or an organisation; the object an organisation, a test field or a need.
    """

    __tablename__ = "verdict"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN need_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN competence_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN organisation_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_subject",
        ),
        CheckConstraint(
            "(CASE WHEN partner_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN test_field_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN wanted_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_object",
        ),
        Index("ix_verdict_subject", "need_id", "competence_id", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id", ondelete="CASCADE"), index=True)
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    kind: Mapped[VerdictKind] = mapped_column(OneOf(VerdictKind, 10))
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    #: Set once, when a manager takes the verdict back; the verdict itself stays.
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))

    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"))
    competence_id: Mapped[int | None] = mapped_column(ForeignKey("competence.id", ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))

    partner_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    test_field_id: Mapped[int | None] = mapped_column(ForeignKey("test_field.id", ondelete="CASCADE"))
    wanted_id: Mapped[int | None] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"))

    #: Whether the manager knew the need by its teaser alone; then the verdict is never shown beside whose it is.
    on_teaser: Mapped[bool] = mapped_column(default=False)

    cluster: Mapped[Cluster] = relationship()
    manager: Mapped[User | None] = relationship(foreign_keys=manager_id)
    withdrawn_by: Mapped[User | None] = relationship(foreign_keys=withdrawn_by_id)
    need: Mapped[Need | None] = relationship(foreign_keys=need_id)
    competence: Mapped[Competence | None] = relationship(foreign_keys=competence_id)
    organisation: Mapped[Organisation | None] = relationship(foreign_keys=organisation_id)
    partner: Mapped[Organisation | None] = relationship(foreign_keys=partner_id)
    test_field: Mapped[TestField | None] = relationship(foreign_keys=test_field_id)
    wanted: Mapped[Need | None] = relationship(foreign_keys=wanted_id)
