"""Reads about test fields: the public list with its filters, and who can be their contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session, joinedload

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Membership, MembershipState, Organisation
from matchmaker.items.models import Rung
from matchmaker.items.queries import findable
from matchmaker.permissions import Viewer
from matchmaker.testfields.models import Place, TestField, TestFieldKind

#: How many test fields an organisation's page shows.
ON_THE_PAGE = 20


class Regulation(StrEnum):
    """Whether results from a place count for approval."""

    YES = "yes"
    NO = "no"


class Sort(StrEnum):
    """In which order the list stands."""

    READINESS = "readiness"
    NEWEST = "newest"
    NAME = "name"


#: The filters of the list, as they stand in its address, and the column each looks at.
FILTERS: dict[str, type[StrEnum] | None] = {
    "kind": TestFieldKind,
    "rung": Rung,
    "regulated": Regulation,
    "country": None,
    "place": Place,
}


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to, by the names of the filters; values nobody knows are left out."""

    values: Mapping[str, Sequence[str]]
    sort: Sort = Sort.READINESS

    @classmethod
    def read(cls, given: Mapping[str, Sequence[str]], sort: str = "") -> Wanted:
        """What an address asks for."""
        known = {}
        for name, enum in FILTERS.items():
            values = dict.fromkeys(given.get(name, ()))
            known[name] = [v for v in values if (v in list(enum) if enum else len(v) == 2 and v.isalpha())]
        return cls(known, Sort(sort) if sort in list(Sort) else Sort.READINESS)

    def condition(self, name: str) -> ColumnElement[bool] | None:
        """The condition of one filter; None where it does not narrow."""
        values = self.values.get(name)
        if not values:
            return None
        if name == "regulated":
            return TestField.regulated.in_([value == Regulation.YES for value in values])
        if name == "country":
            return TestField.country.in_([value.upper() for value in values])
        return getattr(TestField, name).in_(values)


def listed(viewer: Viewer, wanted: Wanted) -> Select[Any]:
    """The test fields the viewer finds, narrowed and sorted."""
    ladder = case({rung: place for place, rung in enumerate(Rung)}, value=TestField.rung)
    order: dict[Sort, Sequence[Any]] = {
        Sort.READINESS: (ladder.desc(), func.lower(TestField.title)),
        Sort.NEWEST: (TestField.published_at.desc(),),
        Sort.NAME: (func.lower(TestField.title),),
    }
    return (
        _narrowed(select(TestField), viewer, wanted)
        .options(joinedload(TestField.organisation))
        .order_by(*order[wanted.sort], TestField.id)
    )


def _narrowed(query: Select[Any], viewer: Viewer, wanted: Wanted, but: str = "") -> Select[Any]:
    conditions = [wanted.condition(name) for name in FILTERS if name != but]
    return query.where(findable(TestField, viewer), *[c for c in conditions if c is not None])


def counts_by(session: Session, viewer: Viewer, wanted: Wanted, name: str) -> dict[str, int]:
    """How many test fields each value of a filter would give, the other filters staying as they are."""
    column = getattr(TestField, name)
    rows = session.execute(_narrowed(select(column, func.count()), viewer, wanted, but=name).group_by(column)).all()
    if name == "regulated":
        return {("yes" if value else "no"): number for value, number in rows}
    return {str(value): number for value, number in rows if value}


def people_of(session: Session, organisation: Organisation) -> list[User]:
    """Who acts for an organisation: the people of whom one can be named accountable."""
    return list(
        session.scalars(
            select(User)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.organisation_id == organisation.id, Membership.state == MembershipState.ACTIVE)
            .where(User.active)
            .order_by(User.name, User.id)
        )
    )


def on_organisation(session: Session, organisation: Organisation, viewer: Viewer) -> dict[str, Any] | None:
    """What the organisation's page shows of the places it hosts; nothing where the viewer finds none."""
    fields = list(
        session.scalars(
            select(TestField)
            .where(TestField.organisation_id == organisation.id, findable(TestField, viewer))
            .order_by(func.lower(TestField.title), TestField.id)
            .limit(ON_THE_PAGE)
        )
    )
    return {"test_fields": fields, "own": organisation.id in viewer.organisation_ids} if fields else None
