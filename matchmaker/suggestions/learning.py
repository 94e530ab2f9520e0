"""What a cluster's own decisions teach about the order of its suggestions.

Verdicts and answers stay facts beside the scores; here they only say which candidate of a list should have stood
before which. What is learned is a weight for each named part of a score, from decisions on texts that every member of
the cluster may read, so that no order tells of a text somebody may not. It is used only where it is better on decisions
that were held back, and only in the cluster that taught it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from embeddings.feedback import Decision, Judgement, judge, learn
from matchmaker.clusters.models import Cluster, ClusterMembership
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.curation.queries import standing
from matchmaker.db import utcnow
from matchmaker.items.queries import findable
from matchmaker.permissions import Viewer
from matchmaker.suggestions.indexing import MODELS, Key
from matchmaker.suggestions.models import Answer, Feedback, ItemKind, LearnedOrder, NeverReason
from matchmaker.suggestions.queries import features_for
from matchmaker.suggestions.ranking import FEATURES

#: Undecided candidates of a list that a decision is compared with: those that stood first.
COMPARED = 10
#: Answers that tell of the relation, not of the fit.
NOT_ABOUT_FIT = (NeverReason.KNOWN, NeverReason.COMPETITOR)
#: "Not now" says less than "never".
NOT_NOW_WEIGHT = 0.5


@dataclass(frozen=True)
class Decided:
    """A fact to learn from: what was asked with, what was decided on, and which way."""

    subject: Key
    thing: Key
    liked: bool
    weight: float = 1.0


Source = Callable[[Session, int], Iterable[Decided]]


def also_learn_from(app: Flask, source: Source) -> None:
    """Let a slice above this one add decisions of a cluster, such as accepted introductions."""
    app.extensions.setdefault("learned-from", []).append(source)


# --- Collecting -------------------------------------------------------------------------------------------------------


def decided(session: Session, cluster_id: int) -> list[Decided]:
    """What was decided in a cluster; of several decisions on one pair the last named counts."""
    found: dict[tuple[Key, Key], Decided] = {}
    sources: list[Source] = [_answers, _verdicts, *current_app.extensions.get("learned-from", ())]
    for source in sources:
        for one in source(session, cluster_id):
            found[one.subject, one.thing] = one
    return list(found.values())


def _verdicts(session: Session, cluster_id: int) -> Iterator[Decided]:
    rows = session.scalars(select(Verdict).where(standing(), Verdict.cluster_id == cluster_id).order_by(Verdict.id))
    for row in rows:
        subject = (
            (ItemKind.NEED, row.need_id)
            if row.need_id
            else (ItemKind.COMPETENCE, row.competence_id)
            if row.competence_id
            else None
        )
        thing = (
            (ItemKind.ORGANISATION, row.partner_id)
            if row.partner_id
            else (ItemKind.TEST_FIELD, row.test_field_id)
            if row.test_field_id
            else (ItemKind.NEED, row.wanted_id)
        )
        if subject is not None and thing[1] is not None:
            yield Decided((subject[0], subject[1] or 0), (thing[0], thing[1]), row.kind != VerdictKind.VETO)


def _answers(session: Session, cluster_id: int) -> Iterator[Decided]:
    members = select(ClusterMembership.organisation_id).where(ClusterMembership.cluster_id == cluster_id)
    rows = session.scalars(
        select(Feedback)
        .where(
            Feedback.organisation_id.in_(members),
            Feedback.subject_kind.in_([ItemKind.NEED, ItemKind.COMPETENCE]),
            # A teaser says too little of what was liked about it.
            Feedback.object_kind != ItemKind.TEASER,
        )
        .order_by(Feedback.id)
    )
    for row in rows:
        if row.reason in NOT_ABOUT_FIT:
            continue
        weight = NOT_NOW_WEIGHT if row.answer == Answer.NOT_NOW else 1.0
        subject, thing = (row.subject_kind, row.subject_id), (row.object_kind, row.object_id)
        yield Decided(subject, thing, row.answer == Answer.SAVED, weight)


def decisions(session: Session, cluster_id: int) -> list[Decision]:
    """The decisions with the features of what they are about, and of what stood beside it.

    Everything is looked at as any member of the cluster may look at it; a decision on a text that not all of them may
    read teaches nothing.
    """
    viewer = Viewer(cluster_ids=frozenset({cluster_id}))
    by_list: dict[tuple[Key, ItemKind], list[Decided]] = defaultdict(list)
    for one in decided(session, cluster_id):
        by_list[one.subject, one.thing[0]].append(one)
    made = []
    for (subject, kind), facts in sorted(by_list.items()):
        model = MODELS[subject[0]]
        asked = session.scalar(select(model).where(model.id == subject[1], findable(model, viewer)))
        if asked is None:
            continue
        features = features_for(session, viewer, asked, kind, [one.thing[1] for one in facts])
        said = {one.thing: one for one in facts}
        undecided = [found for key, found in features.items() if key not in said][:COMPARED]
        for key, one in sorted(said.items()):
            opposite = [features[k] for k, other in said.items() if k in features and other.liked != one.liked]
            others = (*undecided, *opposite)
            if key in features and others:
                made.append(Decision(f"{subject[0]} {subject[1]}", one.liked, features[key], others, one.weight))
    return made


# --- Learning ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Learned:
    """Weights, and how they did on decisions that were held back."""

    weights: dict[str, float]
    judged: Judgement


def learned(session: Session, cluster_id: int) -> Learned:
    """What a cluster's decisions teach now."""
    facts = decisions(session, cluster_id)
    return Learned(learn(facts, FEATURES), judge(facts, FEATURES))


def keep(session: Session, cluster_id: int, learned: Learned) -> LearnedOrder:
    """Note what was learned, and whether it convinces; commits nothing."""
    order = order_of(session, cluster_id)
    if order is None:
        order = LearnedOrder(cluster_id=cluster_id, wanted=True)
        session.add(order)
    order.weights = learned.weights
    order.better, order.worse, order.same = learned.judged.better, learned.judged.worse, learned.judged.same
    order.adopted = learned.judged.convinces
    order.learned_at = utcnow()
    session.flush()
    return order


def order_of(session: Session, cluster_id: int) -> LearnedOrder | None:
    """What a cluster has learned so far."""
    return session.scalar(select(LearnedOrder).where(LearnedOrder.cluster_id == cluster_id))


def want(session: Session, cluster: Cluster, wanted: bool) -> None:
    """Have a cluster's learned order used where it convinces, or never."""
    order = order_of(session, cluster.id)
    if order is not None:
        order.wanted = wanted
        session.flush()
