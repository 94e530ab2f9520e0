"""Keeping what somebody confirmed: drafts of the own organisation, with the records behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.drafting.material import numbers_of
from matchmaker.drafting.proposals import KNOWN, Proposal
from matchmaker.imports.records import PersonRecord, StatementRecord
from matchmaker.needs import operations as needs
from matchmaker.needs.models import Need
from matchmaker.profiles import operations as profiles
from matchmaker.profiles.models import Competence, Evidence, Profile, ProfileKind
from matchmaker.texts import comparison_key

#: Records of an organisation among which one is looked for again.
_MOST_RECORDS = 5_000


@dataclass
class Kept:
    """What became of the confirmed."""

    drafts: int = 0
    #: Those that stood there under the same title.
    there_already: int = 0


def known_texts(session: Session, organisation: Organisation) -> list[str]:
    """What the organisation says of itself already, the latest first."""
    found: list[str] = []
    for model in (Competence, Need):
        of = select(model).where(model.organisation_id == organisation.id).order_by(model.id.desc()).limit(KNOWN)
        found += [one.statement_text for one in session.scalars(of)]
    return found[:KNOWN]


def keep(
    session: Session,
    organisation: Organisation,
    author: User,
    chosen: Sequence[Proposal],
    records: Sequence[StatementRecord],
    person: PersonRecord | None = None,
) -> Kept:
    """Make drafts of what was chosen, attach the records that back it, and write the person's profile as a draft.

    What stands there under the same title or number is not made again, so that a form sent twice doubles nothing.
    """
    kept = Kept()
    profile = _profile(session, organisation, person) if person else None
    backing: dict[int, list[Competence]] = {}
    for proposal in chosen:
        model = Need if proposal.kind == "need" else Competence
        if _stands_there(session, model, organisation, proposal.title):
            kept.there_already += 1
            continue
        values = {
            "title": proposal.title,
            "description": proposal.description,
            "language": proposal.language,
            "keywords": proposal.keywords,
        }
        kept.drafts += 1
        if model is Need:
            needs.add(session, organisation, author, values)
            continue
        made = profiles.add_competence(session, organisation, author, {**values, "profile": profile})
        for place in proposal.records:
            backing.setdefault(place, []).append(made)
    for place, competences in sorted(backing.items()):
        _attach(session, organisation, author, records[place], competences)
    return kept


def _stands_there(
    session: Session, model: type[Competence] | type[Need], organisation: Organisation, title: str
) -> bool:
    titles = session.scalars(select(model.title).where(model.organisation_id == organisation.id))
    return comparison_key(title) in map(comparison_key, titles)


def _attach(
    session: Session,
    organisation: Organisation,
    author: User,
    record: StatementRecord,
    competences: list[Competence],
) -> None:
    known = _same_record(session, organisation, record)
    if known is not None:
        for competence in competences:
            profiles.attach(session, competence, known)
        return
    values = {
        "kind": record.evidence_kind,
        "title": record.title,
        "description": record.description,
        "language": record.language,
        "keywords": record.keywords,
        "identifier": record.identifier,
        "url": record.url,
        "year": record.year,
        "source": record.source,
        "licence": record.licence,
    }
    profiles.add_evidence(session, organisation, author, values, competences)


def _same_record(session: Session, organisation: Organisation, record: StatementRecord) -> Evidence | None:
    own = select(Evidence).where(Evidence.organisation_id == organisation.id).order_by(Evidence.id)
    numbers, title = set(numbers_of(record)), comparison_key(record.title)
    for one in session.scalars(own.limit(_MOST_RECORDS)):
        if one.identifier.lower() in numbers or comparison_key(one.title) == title:
            return one
    return None


def _profile(session: Session, organisation: Organisation, person: PersonRecord) -> Profile:
    """The person's profile within the organisation: the one that is there, else a new draft."""
    of = select(Profile).where(Profile.organisation_id == organisation.id, Profile.kind == ProfileKind.PERSON)
    for one in session.scalars(of.order_by(Profile.id)):
        same_number = person.orcid and one.orcid == person.orcid
        if same_number or (not one.orcid and comparison_key(one.name) == comparison_key(person.name)):
            return one
    values = {name: getattr(person, name) for name in ("name", "orcid", "headline", "about", "website", "language")}
    return profiles.add_profile(session, organisation, {**values, "kind": ProfileKind.PERSON})
