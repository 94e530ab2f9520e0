"""What of each kind travels in a cluster's file: its columns, by name, and what points at another by its public id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Date, Integer, String, Text
from sqlalchemy.orm import Mapper, class_mapper

from matchmaker.clusters.models import Cluster, Organisation
from matchmaker.curation.models import Verdict
from matchmaker.db import OneOf, UTCDateTime
from matchmaker.imports.records import RowRefused
from matchmaker.needs.models import Need
from matchmaker.profiles.models import Competence, Evidence, Profile
from matchmaker.sentences import Sentence
from matchmaker.sentences import sentence as _
from matchmaker.testfields.models import TestField

#: The number of this layout; a file of a later one is refused.
VERSION = 1
FORMAT = "matchmaker-cluster"
#: Characters of a text whose column sets no limit.
LONGEST_TEXT = 100_000


@dataclass(frozen=True)
class Kind:
    """One kind of row: its file, its table, and what of it travels."""

    name: str
    model: type[Any]
    #: Columns that travel as they are.
    carried: tuple[str, ...]
    #: Columns that stay: numbers, people, and what follows from the others.
    left: frozenset[str]
    #: Relationships to one thing or to several, by the kinds they lead to.
    one: tuple[tuple[str, str], ...] = ()
    several: tuple[tuple[str, str], ...] = ()

    def row(self, thing: Any, known: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """The thing as it travels; of what it points at, what travels too (kind and public id)."""
        travels = set(known)
        made: dict[str, Any] = {name: _plain(getattr(thing, name)) for name in self.carried}
        for name, kind in self.one:
            other = getattr(thing, name)
            made[name] = other.public_id if other is not None and (kind, other.public_id) in travels else None
        for name, kind in self.several:
            ids = {other.public_id for other in getattr(thing, name)}
            made[name] = sorted(one for one in ids if (kind, one) in travels)
        return made

    def values(self, row: dict[str, Any]) -> dict[str, Any]:
        """The columns of a row that travelled, as the table takes them. Raises RowRefused."""
        expected = {*self.carried, *(name for name, _kind in (*self.one, *self.several))}
        if unknown := row.keys() - expected:
            raise RowRefused(
                _("expected columns that are known here, found %(names)s", names=", ".join(sorted(unknown)))
            )
        if missing := expected - row.keys():
            raise RowRefused(_("expected every column, found none called %(names)s", names=", ".join(sorted(missing))))
        mapper: Mapper[Any] = class_mapper(self.model)
        return {name: _value(name, mapper.columns[name].type, mapper.columns[name], row[name]) for name in self.carried}


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def _value(name: str, type: Any, column: Any, value: Any) -> Any:
    if value is None:
        if column.nullable:
            return None
        raise RowRefused(_("%(name)s: expected a value, found none", name=name))
    try:
        return _typed(type, value)
    except (TypeError, ValueError) as error:
        raise RowRefused(
            _("%(column)s: %(expected)s, found “%(found)s”", column=name, expected=_words(type), found=str(value)[:60])
        ) from error


def _typed(type: Any, value: Any) -> Any:
    if isinstance(type, OneOf):
        return type.enum(value)
    if isinstance(type, UTCDateTime):
        return datetime.fromisoformat(value)
    if isinstance(type, Date):
        return date.fromisoformat(value)
    if isinstance(type, Boolean):
        wanted: tuple[Any, ...] = (bool,)
    elif isinstance(type, Integer):
        wanted = (int,)
    elif isinstance(type, String | Text):
        wanted = (str,)
        if isinstance(value, str) and (len(value) > (type.length or LONGEST_TEXT) or "\x00" in value):
            raise ValueError(value)
    else:
        wanted = (list,)
        if isinstance(value, list) and not all(isinstance(part, str) and len(part) <= 1_000 for part in value):
            raise ValueError(value)
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise TypeError(value)
    return value


def _words(type: Any) -> Sentence:
    if isinstance(type, OneOf):
        return _("expected one of: %(expected)s", expected=", ".join(type.enum))
    if isinstance(type, UTCDateTime | Date):
        return _("expected a date as ISO 8601 writes it")
    if isinstance(type, Boolean):
        return _("expected true or false")
    if isinstance(type, Integer):
        return _("expected a whole number")
    if isinstance(type, String):
        return _("expected at most %(max_length)s characters", max_length=type.length or LONGEST_TEXT)
    return _("expected a list")


_KEPT = ("public_id", "source", "source_key", "licence", "language")
_ITEM = (
    *_KEPT,
    *("title", "description", "keywords", "fields", "working_languages"),
    *("visibility", "state", "published_at", "expires_on"),
)
_TEASED = ("teaser", "teaser_facts", "for_managers")
_LEFT = frozenset({"id", "version", "created_at", "updated_at"})
_LEFT_ITEM = _LEFT | {"organisation_id", "author_id"}
_OWNER = ("organisation", "organisations")

#: The cluster itself, which a file says first.
CLUSTER = Kind(
    "cluster",
    Cluster,
    ("public_id", "slug", "name", "description", "asks_second_step", "demonstration"),
    frozenset({"id", "created_at"}),
)
#: Every kind, in the order in which one can be made after the other.
KINDS = (
    Kind(
        "organisations",
        Organisation,
        (
            *_KEPT,
            *("name", "type", "is_sme", "employees", "country", "region", "city", "website", "ror"),
            *("headline", "about", "fields", "demonstration"),
        ),
        _LEFT | {"name_key", "domain"},
    ),
    Kind(
        "profiles",
        Profile,
        (
            *("public_id", "kind", "name", "headline", "about", "orcid", "website", "working_languages", "language"),
            *("visibility", "state"),
        ),
        _LEFT | {"organisation_id", "user_id"},
        one=(_OWNER,),
    ),
    Kind(
        "evidence",
        Evidence,
        (*_ITEM, "kind", *Evidence.own),
        _LEFT_ITEM,
        one=(_OWNER,),
        several=(("organisations", "organisations"),),
    ),
    Kind(
        "competences",
        Competence,
        (*_ITEM, *_TEASED, *Competence.own),
        _LEFT_ITEM | {"profile_id"},
        one=(_OWNER, ("profile", "profiles")),
        several=(("evidence", "evidence"),),
    ),
    Kind(
        "needs",
        Need,
        (
            *_ITEM,
            *_TEASED,
            *Need.own,
        ),
        _LEFT_ITEM,
        one=(_OWNER,),
    ),
    Kind(
        "test_fields",
        TestField,
        (
            *_ITEM,
            *_TEASED,
            *("kind", "rung", "regulated", "place", "city", "country", "access_steps", "licences", "services"),
            *("capacity", "response_days"),
        ),
        _LEFT_ITEM | {"contact_id"},
        one=(_OWNER,),
    ),
    Kind(
        "verdicts",
        Verdict,
        ("public_id", "kind", "reason", "created_at", "withdrawn_at"),
        frozenset(
            {
                *("id", "cluster_id", "manager_id", "withdrawn_by_id", "on_teaser"),
                *("need_id", "competence_id", "organisation_id", "partner_id", "test_field_id", "wanted_id"),
            }
        ),
        one=(
            ("need", "needs"),
            ("competence", "competences"),
            _OWNER,
            ("partner", "organisations"),
            ("test_field", "test_fields"),
            ("wanted", "needs"),
        ),
    ),
)
BY_NAME = {kind.name: kind for kind in (CLUSTER, *KINDS)}
