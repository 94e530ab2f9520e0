"""Put records into the database: created, changed or already there. Known again by key, so nothing comes in twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import literal, or_, select
from sqlalchemy.orm import Session, selectinload

from matchmaker.clusters.models import Cluster, ClusterMembership, Organisation, OrganisationType
from matchmaker.db import today, utcnow
from matchmaker.imports.models import Duplicates, Outcome
from matchmaker.imports.readers import BadRow
from matchmaker.imports.records import OrganisationRecord, PersonRecord, RowRefused, StatementRecord
from matchmaker.items.models import ItemState
from matchmaker.items.operations import LIFETIME
from matchmaker.needs.models import Need
from matchmaker.profiles.models import Competence, Evidence, Profile, ProfileKind
from matchmaker.sentences import Sentence
from matchmaker.sentences import sentence as _
from matchmaker.testfields.models import Place, TestField
from matchmaker.texts import comparison_key

#: Rows that are written in one transaction: a crash costs at most these.
BATCH = 200


@dataclass
class Report:
    """What an import did: a count of each outcome, and the rows that were refused."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    refused: list[BadRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.outcomes.total()

    def refuse(self, row: BadRow) -> None:
        self.refused.append(row)
        self.outcomes[Outcome.REFUSED] += 1


T = TypeVar("T")


def run(
    session: Session,
    entries: Iterable[tuple[int, T] | BadRow],
    put: Callable[[Session, T], Outcome],
    *,
    after_batch: Callable[[Report], None],
) -> Report:
    """Put every good entry (its line, what it holds), and call ``after_batch`` after each batch.

    There the caller commits and shows progress. An entry that is refused takes nothing with it: it is rolled back to
    where the one before it stood.
    """
    report = Report()
    for batch in _batches(entries, BATCH):
        for entry in batch:
            if isinstance(entry, BadRow):
                report.refuse(entry)
                continue
            line, thing = entry
            try:
                with session.begin_nested():
                    outcome = put(session, thing)
            except RowRefused as refusal:
                report.refuse(BadRow(line, refusal.reason))
            else:
                report.outcomes[outcome] += 1
        after_batch(report)
    return report


def _batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def update(thing: Any, values: dict[str, Any]) -> bool:
    """Set what differs; whether anything did. A language that the file leaves open stays as it was recognised."""
    if not values.get("language"):
        values = {name: value for name, value in values.items() if name != "language"}
    different = {name: value for name, value in values.items() if getattr(thing, name) != value}
    for name, value in different.items():
        setattr(thing, name, value)
    return bool(different)


def find_organisation(session: Session, name: str, source: str = "") -> Organisation | None:
    """The organisation of that key, ROR id or exact name; None where there is none or the name is not unique."""
    keys, name_key = {name, f"{source}:{name}"}, comparison_key(name)
    # Asked at once, because an import asks it of every row.
    found = session.scalars(
        select(Organisation)
        .where(
            Organisation.source_key.in_(keys)
            | ((Organisation.ror == name) & (Organisation.ror != ""))
            | (Organisation.name_key == name_key)
        )
        .options(selectinload(Organisation.cluster_memberships), selectinload(Organisation.memberships))
        .limit(50)
    ).all()
    by_key = [one for one in found if one.source_key in keys or (name and one.ror == name)]
    best = by_key or found
    return best[0] if len(best) == 1 else None


def affiliated(session: Session, names: Iterable[str], source: str = "") -> list[Organisation]:
    """The organisations of these keys, ROR ids or names that are here, in that order; a name of several is none's."""
    wanted = [name for name in names if name]
    if not wanted:
        return []
    places: dict[str, int] = {}
    for place, name in enumerate(wanted):
        for known_as in (name, f"{source}:{name}", comparison_key(name)):
            places.setdefault(known_as, place)
    found = session.scalars(
        select(Organisation)
        .where(
            Organisation.source_key.in_([name for one in wanted for name in (one, f"{source}:{one}")])
            | Organisation.ror.in_(wanted)
            | Organisation.name_key.in_([comparison_key(name) for name in wanted])
        )
        .options(selectinload(Organisation.cluster_memberships), selectinload(Organisation.memberships))
        .order_by(Organisation.id)
        .limit(500)
    ).all()
    of_that_name = Counter(organisation.name_key for organisation in found)
    placed: list[tuple[int, int, Organisation]] = []
    for organisation in found:
        signs = [organisation.source_key, organisation.ror]
        if of_that_name[organisation.name_key] == 1:
            signs.append(organisation.name_key)
        at = [places[sign] for sign in signs if sign and sign in places]
        if at:
            placed.append((min(at), organisation.id, organisation))
    return [organisation for _, _, organisation in sorted(placed, key=lambda one: one[:2])]


def known_organisation(session: Session, record: OrganisationRecord) -> Organisation | None:
    """The organisation that this row brought in before, or that bears its ROR id."""
    known = session.scalar(
        select(Organisation)
        .where(Organisation.source_key == _key_of(record))
        .options(selectinload(Organisation.cluster_memberships))
    )
    if known is None and record.ror:
        known = session.scalar(select(Organisation).where(Organisation.ror == record.ror))
    return known


def _key_of(record: OrganisationRecord) -> str:
    return f"{record.source}:{record.key or record.ror or comparison_key(record.name) + '|' + record.country}"[:200]


def put_organisation(session: Session, record: OrganisationRecord, cluster: Cluster) -> Outcome:
    """Create the organisation, or bring the one this row is known by up to date."""
    values = organisation_values(record)
    known = known_organisation(session, record)
    if known is None:
        made = Organisation(**values, source_key=_key_of(record))
        made.cluster_memberships.append(ClusterMembership(cluster=cluster, since=today()))
        session.add(made)
        session.flush()
        return Outcome.CREATED
    if known.source_key is None:
        # Somebody entered it by hand: theirs counts, the file adds nothing.
        return Outcome.UNCHANGED
    changed = update(known, values)
    if cluster.id not in known.cluster_ids:
        known.cluster_memberships.append(ClusterMembership(cluster=cluster, since=today()))
        changed = True
    session.flush()
    return Outcome.CHANGED if changed else Outcome.UNCHANGED


def organisation_values(record: OrganisationRecord) -> dict[str, Any]:
    """The columns of an organisation, as a row gives them."""
    values = record.model_dump(exclude={"key"}) | {"fields": [str(name) for name in record.fields]}
    values["is_sme"] = record.type == OrganisationType.SME
    return values


_MODELS: dict[str, type[Any]] = {"competence": Competence, "need": Need, "test_field": TestField, "evidence": Evidence}
_SHARED = ("title", "description", "language", "keywords", "source", "licence", "visibility")
#: Why a row may not write for an organisation; None where it may.
Refusal = Callable[[Organisation], Sentence | None]


def _anybody(_organisation: Organisation) -> None:
    """Nothing is refused."""


def behind(session: Session, record: StatementRecord | PersonRecord, refusal: Refusal = _anybody) -> list[Organisation]:
    """The organisations that a row is of, its owner first. Raises RowRefused where there is none it may write for."""
    found: list[Organisation] = []
    if record.organisation:
        owner = find_organisation(session, record.organisation, record.source)
        if owner is None:
            raise RowRefused(
                _(
                    "organisation: expected the key, ROR id or unique name of one that is here, found “%(found)s”",
                    found=record.organisation,
                )
            )
        if reason := refusal(owner):
            raise RowRefused(reason)
        found.append(owner)
    here = affiliated(session, record.affiliations, record.source)
    found += [one for one in here if one not in found and not refusal(one)]
    if not found:
        reason = refusal(here[0]) if here else None
        raise RowRefused(
            reason
            or _(
                "affiliations: expected at least one organisation that is here, found none of %(named)s",
                named=len(record.affiliations),
            )
        )
    return found


def put_statement(session: Session, record: StatementRecord, refusal: Refusal = _anybody) -> Outcome:
    """Create the item, published unless the row says otherwise, or bring the one it is known by up to date."""
    owner, *others = behind(session, record, refusal)
    model = _MODELS[record.kind]
    values = {name: getattr(record, name) for name in (*_SHARED, *model.own)}
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = [str(part) for part in value]
    values["fields"] = [str(name) for name in record.fields]
    values["organisation_id"] = owner.id
    if record.kind == "test_field":
        values |= {
            "kind": record.test_field_kind,
            "regulated": bool(record.regulated),
            "place": record.place or Place.PHYSICAL,
        }
    organisations = [owner, *others]
    if record.kind == "evidence":
        values["kind"] = record.evidence_kind
        for name in record.partners:
            partner = find_organisation(session, name, record.source)
            if partner is None:
                raise RowRefused(_("partners: expected organisations that are here, found “%(found)s”", found=name))
            if reason := refusal(partner):
                raise RowRefused(reason)
            organisations.append(partner)
    key = record.key or f"{owner.public_id}|{comparison_key(record.title)}"
    source_key = f"{record.source}:{record.kind}:{key}"[:200]
    known = session.scalar(select(model).where(model.source_key == source_key))
    if known is None:
        return _make_item(session, model, source_key, values, record.expires_on, organisations, record.state)
    if known.organisation_id != owner.id:
        if reason := refusal(known.organisation):
            raise RowRefused(reason)
        if not record.organisation:
            # Whoever registered the record keeps it.
            values["organisation_id"] = known.organisation_id
    if isinstance(known, Evidence) and not record.organisation:
        # Where its authors work says who stands behind it, not who no longer does.
        organisations = [*known.organisations, *(one for one in organisations if one not in known.organisations)]
    return put_item(
        session,
        model,
        source_key,
        values,
        state=record.state,
        expires_on=record.expires_on,
        organisations=organisations,
    )


def put_person(
    session: Session,
    record: PersonRecord,
    refusal: Refusal = _anybody,
    *,
    duplicates: Duplicates = Duplicates.FILL,
) -> Outcome:
    """Write a person's profile, or fill the blanks of the one that is here; nobody's own words are replaced."""
    owner = behind(session, record, refusal)[0]
    values = {
        "name": record.name,
        "orcid": record.orcid,
        "headline": record.headline,
        "about": record.about,
        "website": record.website,
        "language": record.language,
    }
    known = known_person(session, record, owner, refusal)
    if known is None:
        session.add(
            Profile(
                **values,
                kind=ProfileKind.PERSON,
                organisation=owner,
                visibility=record.visibility,
                state=ItemState.PUBLISHED,
            )
        )
        session.flush()
        return Outcome.CREATED
    if known.user_id is not None or duplicates is Duplicates.SKIP:
        return Outcome.UNCHANGED
    blank = {name: value for name, value in values.items() if value and not getattr(known, name)}
    for name, value in blank.items():
        setattr(known, name, value)
    session.flush()
    return Outcome.CHANGED if blank else Outcome.UNCHANGED


def known_person(
    session: Session, record: PersonRecord, owner: Organisation, refusal: Refusal = _anybody
) -> Profile | None:
    """The profile of that ORCID iD, or of that name in the organisation, among those that a row may write.

    One that it may not write is as if it were not there: that a private profile exists is told to nobody.
    """
    person = select(Profile).where(Profile.kind == ProfileKind.PERSON).order_by(Profile.id)
    if record.orcid:
        for one in session.scalars(person.where(Profile.orcid == record.orcid)):
            if not refusal(one.organisation):
                return one
    # Somebody of that name with another number is somebody else.
    return session.scalar(
        person.where(
            Profile.organisation_id == owner.id,
            Profile.name == record.name,
            or_(Profile.orcid == "", literal(not record.orcid)),
        ).limit(1)
    )


def put_item(
    session: Session,
    model: type[Any],
    source_key: str,
    values: dict[str, Any],
    *,
    state: ItemState = ItemState.PUBLISHED,
    expires_on: Any = None,
    organisations: list[Organisation] | None = None,
) -> Outcome:
    """Create an item under its key, or bring the one of that key up to date.

    An item that its owner has withdrawn or met since stays as it is.
    """
    known = session.scalar(select(model).where(model.source_key == source_key))
    if known is None:
        return _make_item(session, model, source_key, values, expires_on, organisations, state)
    if known.state != ItemState.PUBLISHED:
        return Outcome.UNCHANGED
    if expires_on:
        values = values | {"expires_on": expires_on}
    if model is Evidence and organisations and {o.id for o in known.organisations} != {o.id for o in organisations}:
        values = values | {"organisations": organisations}
    changed = update(known, values)
    session.flush()
    return Outcome.CHANGED if changed else Outcome.UNCHANGED


def _make_item(
    session: Session,
    model: type[Any],
    source_key: str,
    values: dict[str, Any],
    expires_on: date | None,
    organisations: list[Organisation] | None,
    state: ItemState = ItemState.PUBLISHED,
) -> Outcome:
    made = model(
        **values,
        source_key=source_key,
        state=state,
        published_at=None if state is ItemState.DRAFT else utcnow(),
        expires_on=expires_on or (None if model is Evidence else today() + LIFETIME),
    )
    if model is Evidence:
        made.organisations = organisations or []
    session.add(made)
    session.flush()
    return Outcome.CREATED
