"""Test fields."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.db import Model, OneOf
from matchmaker.items.models import Rung, WithTeaser


class TestFieldKind(StrEnum):
    """What kind of place it is."""

    __test__ = False  # pytest would take a class of this name for a test.

    GMP_UNIT = "gmp_unit"
    PRE_GMP_UNIT = "pre_gmp_unit"
    CLINICAL_TRIAL_UNIT = "clinical_trial_unit"
    BIOBANK = "biobank"
    REGISTRY = "registry"
    IMAGING = "imaging"
    LIVING_LAB = "living_lab"
    TEST_BED = "test_bed"
    PILOT_LINE = "pilot_line"
    ANIMAL_FACILITY = "animal_facility"
    USABILITY_LAB = "usability_lab"
    DATA_PLATFORM = "data_platform"
    CORE_FACILITY = "core_facility"


class Place(StrEnum):
    """How one works there."""

    PHYSICAL = "physical"
    REMOTE = "remote"
    VIRTUAL = "virtual"


class TestField(WithTeaser, Model):
    """A place to try things, hosted by an organisation."""

    __test__ = False
    __tablename__ = "test_field"
    #: Its columns beside those of all items that a file may leave empty or says in the same words.
    own: ClassVar[tuple[str, ...]] = (
        *("rung", "city", "country", "services", "licences", "access_steps", "response_days"),
    )

    kind: Mapped[TestFieldKind] = mapped_column(OneOf(TestFieldKind, 24))
    rung: Mapped[Rung] = mapped_column(OneOf(Rung, 10))
    regulated: Mapped[bool] = mapped_column(default=False)
    place: Mapped[Place] = mapped_column(OneOf(Place, 10), default=Place.PHYSICAL)
    city: Mapped[str] = mapped_column(String(120), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    access_steps: Mapped[list[str]] = mapped_column(default=list)
    licences: Mapped[list[str]] = mapped_column(default=list)
    services: Mapped[list[str]] = mapped_column(default=list)
    capacity: Mapped[str] = mapped_column(String(300), default="")
    #: Working days within which the host promises an answer.
    response_days: Mapped[int | None]
    #: The one person accountable for requests; disclosed only after an introduction.
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)

    contact: Mapped[User | None] = relationship(foreign_keys=contact_id)

    def paragraphs(self) -> list[str]:
        return [*super().paragraphs(), ", ".join(self.services)]
