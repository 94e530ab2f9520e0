"""Reports and what was decided on them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.db import Model, OneOf, PublicId, utcnow
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need
from matchmaker.profiles.models import Competence, Evidence, Profile
from matchmaker.testfields.models import TestField


class Complaint(StrEnum):
    """What the reporter finds wrong."""

    UNTRUE = "untrue"
    NOT_THEIRS = "not_theirs"
    OFFENSIVE = "offensive"
    ADVERTISING = "advertising"
    UNLAWFUL = "unlawful"
    OTHER = "other"


class Decision(StrEnum):
    """What a manager made of a report."""

    #: Nobody but its owner reads it any more.
    TAKEN_DOWN = "taken_down"
    #: There is nothing wrong with it.
    LEFT = "left"


#: What can be reported besides an organisation, by the column that names it.
KINDS: dict[str, type[Any]] = {
    "need_id": Need,
    "competence_id": Competence,
    "test_field_id": TestField,
    "evidence_id": Evidence,
    "profile_id": Profile,
}
#: An item that nobody but its owner reads already.
DOWN = (ItemState.DRAFT, ItemState.WITHDRAWN)


class Report(PublicId, Model):
    """Somebody finds something wrong with what an organisation shows; one that names no item is about itself."""

    __tablename__ = "report"
    __table_args__ = (
        CheckConstraint(
            " + ".join(f"(CASE WHEN {column} IS NULL THEN 0 ELSE 1 END)" for column in KINDS) + " <= 1",
            name="one_thing",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Whose it is.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"), index=True)
    competence_id: Mapped[int | None] = mapped_column(ForeignKey("competence.id", ondelete="CASCADE"), index=True)
    test_field_id: Mapped[int | None] = mapped_column(ForeignKey("test_field.id", ondelete="CASCADE"), index=True)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"), index=True)
    profile_id: Mapped[int | None] = mapped_column(ForeignKey("profile.id", ondelete="CASCADE"), index=True)
    #: Whether the reporter knew it by its teaser alone; then no manager learns of it: that would tell whose it is.
    on_teaser: Mapped[bool] = mapped_column(default=False)

    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    complaint: Mapped[Complaint] = mapped_column(OneOf(Complaint, 16))
    text: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    decision: Mapped[Decision | None] = mapped_column(OneOf(Decision, 12), index=True)
    #: Why, for the reporter, and for the owner of what was taken down.
    answer: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    #: What an organisation said of itself before it was taken down.
    removed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: When what was taken down could be shown again.
    lifted_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
    need: Mapped[Need | None] = relationship()
    competence: Mapped[Competence | None] = relationship()
    test_field: Mapped[TestField | None] = relationship()
    evidence: Mapped[Evidence | None] = relationship()
    profile: Mapped[Profile | None] = relationship()
    reporter: Mapped[User | None] = relationship(foreign_keys=reporter_id)
    decided_by: Mapped[User | None] = relationship(foreign_keys=decided_by_id)

    @property
    def thing(self) -> Any:
        """What was reported."""
        named = (getattr(self, column.removesuffix("_id")) for column in KINDS)
        return next((one for one in named if one is not None), self.organisation)

    @property
    def stands(self) -> bool:
        """Whether the thing is down because of it."""
        return self.decision is Decision.TAKEN_DOWN and self.lifted_at is None
