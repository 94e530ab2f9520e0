"""Giving and withdrawing verdicts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.audit import Event
from matchmaker.clusters.models import Organisation
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.curation.queries import Subject, standing
from matchmaker.db import utcnow
from matchmaker.needs.models import Need
from matchmaker.profiles.models import Competence
from matchmaker.testfields.models import TestField

Decided = Organisation | TestField | Need

_SUBJECTS = {Need: "need_id", Competence: "competence_id", Organisation: "organisation_id"}
_OBJECTS = {Organisation: "partner_id", TestField: "test_field_id", Need: "wanted_id"}


class ReasonMissing(Exception):
    """A verdict was given without saying why."""


class NotAPair(Exception):
    """The two can't be decided on together: one is the other's own, or the kinds don't go together."""


def give(
    session: Session,
    *,
    manager_id: int,
    cluster_id: int,
    kind: VerdictKind,
    subject: Subject,
    decided: Decided,
    reason: str,
    on_teaser: bool = False,
) -> Verdict:
    """Record a manager's verdict on a pair; what the cluster decided on it before is withdrawn by the same hand.

    ``on_teaser`` says that the manager knows the subject by its teaser alone: then nothing is refused that would tell
    whose it is; a verdict on an organisation and its own need merely has no effect. Raises ReasonMissing or NotAPair.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    if not on_teaser and decided.organisation_id == subject.organisation_id:
        raise NotAPair("an organisation and itself")
    # A competence answers needs; needs and organisations are answered by organisations and test fields.
    if isinstance(decided, Need) != isinstance(subject, Competence):
        raise NotAPair(f"{type(subject).__name__} and {type(decided).__name__}")
    if isinstance(subject, Organisation) and not isinstance(decided, Organisation):
        raise NotAPair(f"Organisation and {type(decided).__name__}")
    pair = {_SUBJECTS[type(subject)]: subject.id, _OBJECTS[type(decided)]: decided.id}
    for earlier in session.scalars(
        select(Verdict).where(standing(), Verdict.cluster_id == cluster_id).filter_by(**pair, on_teaser=on_teaser)
    ):
        withdraw(session, earlier, manager_id=manager_id)
    verdict = Verdict(
        cluster_id=cluster_id, manager_id=manager_id, kind=kind, reason=reason[:2000], on_teaser=on_teaser, **pair
    )
    session.add(verdict)
    session.flush()
    audit.record(session, Event.VERDICT_GIVEN, actor_id=manager_id, thing=verdict, facts={"kind": kind, **pair})
    return verdict


def withdraw(session: Session, verdict: Verdict, *, manager_id: int) -> None:
    """Take a verdict back: it stays on record, with who did so and when. Twice is once."""
    if verdict.withdrawn_at is None:
        verdict.withdrawn_at = utcnow()
        verdict.withdrawn_by_id = manager_id
        session.flush()
        audit.record(session, Event.VERDICT_WITHDRAWN, actor_id=manager_id, thing=verdict)
