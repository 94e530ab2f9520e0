"""Writing competences, evidence and profiles, and moving them through their states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.items import operations as items
from matchmaker.items.models import ItemState
from matchmaker.profiles.models import Competence, Evidence, Profile


def add_competence(
    session: Session, organisation: Organisation, author: User | None, values: Mapping[str, Any]
) -> Competence:
    """Register a competence, as a draft."""
    competence = Competence(organisation=organisation, author=author, **values)
    session.add(competence)
    session.flush()
    return competence


def add_evidence(
    session: Session,
    organisation: Organisation,
    author: User | None,
    values: Mapping[str, Any],
    competences: Iterable[Competence] = (),
) -> Evidence:
    """Register a record that backs competences, as a draft. The registering organisation stands behind it."""
    evidence = Evidence(
        organisation=organisation,
        author=author,
        organisations=[organisation],
        competences=list(competences),
        **values,
    )
    session.add(evidence)
    session.flush()
    return evidence


def edit_evidence(
    session: Session,
    evidence: Evidence,
    *,
    version: int,
    values: Mapping[str, Any],
    competences: Iterable[Competence],
) -> None:
    """Change a record and say anew which of the own competences it backs; other organisations' stay as they are."""
    others = [one for one in evidence.competences if one.organisation_id != evidence.organisation_id]
    items.edit(session, evidence, version=version, values={**values, "competences": [*others, *competences]})


def attach(session: Session, competence: Competence, evidence: Evidence) -> None:
    """Let a record back a competence; doing so twice changes nothing."""
    if evidence not in competence.evidence:
        competence.evidence.append(evidence)
        session.flush()


def detach(session: Session, competence: Competence, evidence: Evidence) -> None:
    """Take a record away from a competence; the record itself stays."""
    competence.evidence.remove(evidence)
    session.flush()


def add_profile(session: Session, organisation: Organisation, values: Mapping[str, Any]) -> Profile:
    """Write a group's or person's profile, as a draft; ``user_id`` among the values is whose own it is."""
    profile = Profile(organisation=organisation, **values)
    session.add(profile)
    session.flush()
    return profile


def publish_profile(profile: Profile) -> None:
    """Show a profile within its visibility."""
    profile.state = ItemState.PUBLISHED


def withdraw_profile(profile: Profile) -> None:
    """Take a profile back; it stays with its organisation."""
    profile.state = ItemState.WITHDRAWN


def delete_profile(session: Session, profile: Profile) -> None:
    """Remove a profile that was never shown. Raises NotADraft for any other."""
    if profile.state != ItemState.DRAFT:
        raise items.NotADraft(profile.public_id)
    session.delete(profile)
    session.flush()
