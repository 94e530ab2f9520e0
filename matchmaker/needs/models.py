"""Needs."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from matchmaker.db import Model, OneOf
from matchmaker.items.models import Rung, Stage, WithTeaser


class Need(WithTeaser, Model):
    """One thing sought."""

    __tablename__ = "need"
    #: Its columns beside those of all items, in the order of files.
    own: ClassVar[tuple[str, ...]] = (
        *("expected_result", "stage", "trl_min", "trl_max", "rung", "regulated"),
        *("cooperation", "partners_sought", "countries", "deadline"),
    )

    #: What should be different once the need is met.
    expected_result: Mapped[str] = mapped_column(Text, default="")
    #: Where the seeker's own work stands.
    stage: Mapped[Stage | None] = mapped_column(OneOf(Stage, 20))
    #: The window of technology readiness an answer should have.
    trl_min: Mapped[int | None]
    trl_max: Mapped[int | None]
    #: The readiness rung a test field should stand on, where one is sought.
    rung: Mapped[Rung | None] = mapped_column(OneOf(Rung, 10))
    #: Whether the test field must be a regulated environment; None: no matter.
    regulated: Mapped[bool | None]
    cooperation: Mapped[list[str]] = mapped_column(default=list)
    partners_sought: Mapped[list[str]] = mapped_column(default=list)
    #: ISO countries a partner should come from; empty: anywhere.
    countries: Mapped[list[str]] = mapped_column(default=list)
    #: The day by which answers are wanted.
    deadline: Mapped[date | None]

    def paragraphs(self) -> list[str]:
        return [*super().paragraphs(), self.expected_result]
