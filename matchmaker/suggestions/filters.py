"""What a search or a list of suggestions is narrowed to; it works inside the search, before the cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, or_, select

from matchmaker.clusters.models import SECTOR_OF, Organisation, OrganisationType, Sector
from matchmaker.items.models import Cooperation, Field, Rung, Size, Teaser
from matchmaker.profiles.models import Competence, Evidence, EvidenceKind, evidence_organisation
from matchmaker.sentences import sentence as _
from matchmaker.suggestions.models import ItemKind
from matchmaker.testfields.models import Place, TestField, TestFieldKind
from matchmaker.texts import clean_line


class Basis(StrEnum):
    """What a partner's suggestion rests on: what it says it can do, or the records that show it."""

    COMPETENCE = "competence"
    PUBLICATION = "publication"
    PROJECT = "project"
    PATENT = "patent"
    LICENCE = "licence"


class UnknownFilter(ValueError):
    """A filter that there is not, or a value it does not take; the message says what was expected."""


@dataclass(frozen=True)
class Filters:
    """Conditions on what may be found. Values of one filter are alternatives; the filters all hold together."""

    sector: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    #: Small and medium-sized enterprises only.
    sme: bool = False
    #: ISO countries.
    country: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    #: Kinds of test fields.
    kind: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    trl_min: int | None = None
    trl_max: int | None = None
    rung: tuple[str, ...] = ()
    #: Regulated environments only.
    regulated: bool = False
    place: tuple[str, ...] = ()
    field: tuple[str, ...] = ()
    cooperation: tuple[str, ...] = ()
    #: Languages that people work in.
    language: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != NO_FILTERS

    @property
    def count(self) -> int:
        """How many filters are in force."""
        return len(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """Name and value of every filter in force, as they stand in an address."""
        found: list[tuple[str, str]] = []
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if isinstance(value, tuple):
                found += [(name, one) for one in value]
            elif value is True:
                found.append((name, "1"))
            elif value not in (None, False):
                found.append((name, str(value)))
        return found

    def without(self, name: str, value: str) -> Filters:
        """These filters less one value."""
        held = getattr(self, name)
        if isinstance(held, tuple):
            return replace(self, **{name: tuple(one for one in held if one != value)})
        return replace(self, **{name: getattr(NO_FILTERS, name)})

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Filters:
        """Filters from names and values as a program or a command gives them. Raises UnknownFilter."""
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            listed = {"known": ", ".join(sorted(known)), "found": ", ".join(unknown)}
            raise UnknownFilter(_("expected filters among %(known)s, found %(found)s", **listed))
        return cls(**{name: _checked(name, value) for name, value in values.items() if value not in (None, "", [], ())})

    @classmethod
    def of_address(cls, args: Any) -> Filters:
        """Filters from the arguments of an address (a MultiDict). What is unknown there is passed over."""
        kept: dict[str, Any] = {}
        for name in (f.name for f in fields(cls)):
            values = [value for value in args.getlist(name) if value]
            sound = []
            for value in values:
                try:
                    checked = _checked(name, value)
                except UnknownFilter:
                    continue
                sound.append(checked)
            if sound:
                merged = tuple(dict.fromkeys(one for held in sound for one in held)) if name in MULTIPLE else sound[0]
                kept[name] = merged
        return cls(**kept)


NO_FILTERS = Filters()
MULTIPLE = {f.name for f in fields(Filters) if isinstance(f.default, tuple)}
VOCABULARIES: dict[str, type[StrEnum]] = {
    "sector": Sector,
    "type": OrganisationType,
    "kind": TestFieldKind,
    "basis": Basis,
    "rung": Rung,
    "place": Place,
    "field": Field,
    "cooperation": Cooperation,
}
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def _checked(name: str, value: Any) -> Any:
    if name in MULTIPLE:
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list | tuple) or not all(isinstance(one, str) and one for one in values):
            raise UnknownFilter(_("%(name)s: expected one or more texts, found something else", name=name))
        values = [clean_line(one) for one in values]
        if not all(values):
            raise UnknownFilter(_("%(name)s: expected one or more texts, found an empty one", name=name))
        if name == "country":
            values = [one.upper() for one in values]
        vocabulary = VOCABULARIES.get(name)
        for one in values if vocabulary else ():
            if one not in list(vocabulary):
                known = ", ".join(vocabulary)
                raise UnknownFilter(
                    _("%(name)s: expected one of %(known)s, found “%(found)s”", name=name, known=known, found=one[:60])
                )
        return tuple(dict.fromkeys(one[:120] for one in values))
    if name in ("trl_min", "trl_max"):
        if str(value) not in "123456789" or len(str(value)) != 1:
            raise UnknownFilter(
                _("%(name)s: expected a whole number from 1 to 9, found “%(found)s”", name=name, found=str(value)[:20])
            )
        return int(value)
    word = str(value).lower()
    if word not in _TRUE | _FALSE:
        raise UnknownFilter(_("%(name)s: expected true or false, found “%(found)s”", name=name, found=str(value)[:20]))
    return word in _TRUE


# --- As conditions of a query ---------------------------------------------------------------------------------------


def organisation_conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """What the filters ask of an organisation, apart from where it is."""
    conditions: list[ColumnElement[bool]] = []
    if filters.sector:
        types = [type for type, sector in SECTOR_OF.items() if sector in filters.sector]
        conditions.append(Organisation.type.in_(types))
    if filters.type:
        conditions.append(Organisation.type.in_([OrganisationType(one) for one in filters.type]))
    if filters.sme:
        conditions.append(Organisation.is_sme)
    return conditions


def place_conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Where the filters want an organisation to be."""
    conditions: list[ColumnElement[bool]] = []
    if filters.country:
        conditions.append(Organisation.country.in_(filters.country))
    if filters.region:
        conditions.append(Organisation.region.in_(filters.region))
    return conditions


def holds(column: Any, values: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a list column holds one of the values."""
    return or_(*(cast(column, String).contains(f'"{value}"', autoescape=True) for value in values))


def item_conditions(kind: ItemKind, model: Any, filters: Filters) -> list[ColumnElement[bool]] | None:
    """What the filters ask of an item of this kind; None where no item of the kind can satisfy them."""
    if kind is ItemKind.TEASER:
        return _teaser_conditions(filters)
    conditions: list[ColumnElement[bool]] = []
    organisations = organisation_conditions(filters)
    places = place_conditions(filters)
    if kind is ItemKind.TEST_FIELD and filters.country:
        # A test field stands where it stands, wherever its host has its seat.
        conditions.append(
            or_(
                TestField.country.in_(filters.country),
                and_(TestField.country == "", Organisation.country.in_(filters.country)),
            )
        )
        places = [Organisation.region.in_(filters.region)] if filters.region else []
    if kind is ItemKind.EVIDENCE and (organisations or places):
        behind = (
            select(evidence_organisation.c.evidence_id)
            .join(Organisation, Organisation.id == evidence_organisation.c.organisation_id)
            .where(*organisations, *places)
        )
        conditions.append(Evidence.id.in_(behind))
    else:
        conditions += organisations + places
    if filters.field:
        conditions.append(holds(model.fields, filters.field))
    if filters.language:
        if kind is ItemKind.ORGANISATION:
            return None
        conditions.append(holds(model.working_languages, filters.language))
    if filters.cooperation:
        if kind not in (ItemKind.COMPETENCE, ItemKind.NEED):
            return None
        conditions.append(holds(model.cooperation, filters.cooperation))
    if filters.trl_min is not None or filters.trl_max is not None:
        low, high = filters.trl_min or 1, filters.trl_max or 9
        if kind is ItemKind.COMPETENCE:
            conditions.append(Competence.trl.between(low, high))
        elif kind is ItemKind.NEED:
            conditions += [model.trl_min <= high, model.trl_max >= low]
        else:
            return None
    if filters.basis and kind in (ItemKind.COMPETENCE, ItemKind.EVIDENCE, ItemKind.ORGANISATION):
        if kind is ItemKind.EVIDENCE:
            kinds = [EvidenceKind(one) for one in filters.basis if one != Basis.COMPETENCE]
            conditions.append(Evidence.kind.in_(kinds))
        elif kind is ItemKind.ORGANISATION or Basis.COMPETENCE not in filters.basis:
            return None
    if filters.rung:
        if kind not in (ItemKind.TEST_FIELD, ItemKind.NEED):
            return None
        conditions.append(model.rung.in_([Rung(one) for one in filters.rung]))
    if filters.kind or filters.regulated or filters.place:
        if kind is not ItemKind.TEST_FIELD:
            return None
        if filters.kind:
            conditions.append(TestField.kind.in_([TestFieldKind(one) for one in filters.kind]))
        if filters.regulated:
            conditions.append(TestField.regulated)
        if filters.place:
            conditions.append(TestField.place.in_([Place(one) for one in filters.place]))
    return conditions


#: Filters that a teaser can satisfy, by the facts its owner shows. What it does not say it does not satisfy.
_TOLD_BY_TEASERS = frozenset({"sector", "country", "sme", "field", "cooperation", "basis"})


def _teaser_conditions(filters: Filters) -> list[ColumnElement[bool]] | None:
    if {name for name, _ in filters.pairs()} - _TOLD_BY_TEASERS:
        return None
    conditions: list[ColumnElement[bool]] = []
    if filters.basis:
        if Basis.COMPETENCE not in filters.basis:
            return None
        conditions.append(Teaser.competence_id.is_not(None))
    if filters.sector:
        conditions.append(Teaser.sector.in_([Sector(one) for one in filters.sector]))
    if filters.country:
        conditions.append(Teaser.country.in_(filters.country))
    if filters.sme:
        conditions.append(Teaser.size == Size.SME)
    if filters.field:
        conditions.append(holds(Teaser.fields, filters.field))
    if filters.cooperation:
        conditions.append(holds(Teaser.cooperation, filters.cooperation))
    return conditions
