"""A cluster's decisions teach its own order: only where it proves better, only there, and with a switch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.clusters.queries import viewer_for
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.permissions import Viewer, Visibility
from matchmaker.suggestions import learning, operations, queries, ranking
from matchmaker.suggestions.models import Answer, Feedback, ItemKind, LearnedOrder, NeverReason
from tests import factories

SignIn = Callable[..., FlaskClient]

TOPICS = ("catheters", "valves", "lenses", "sutures", "stents", "screws", "pumps", "grafts")


def furnish(session: Session, world: factories.World, needs: int) -> list[Any]:
    """Needs in Hamburg, and for each topic one offer nearby and one far away that is nearer to the need's words."""
    near = [factories.organisation(session, within=world.cluster, name=f"Near {n}") for n in range(4)]
    far = [
        factories.organisation(session, within=world.cluster, name=f"Far {n}", country="PT", region="Norte")
        for n in range(4)
    ]
    for n, topic in enumerate(TOPICS):
        for organisation, text in (
            (near[n % 4], f"We cover {topic} in thin layers of metal."),
            (far[n % 4], f"We have {topic} coated with silver. Silver coating for {topic}."),
        ):
            factories.competence(
                session, organisation, title=f"Coating of {topic}", description=text, keywords=[], language="en"
            )
    made = [
        factories.need(
            session,
            world.sme,
            title=f"Silver coating for {TOPICS[n % len(TOPICS)]} number {n}",
            description=f"We seek {TOPICS[n % len(TOPICS)]} coated with silver.",
            expected_result="",
        )
        for n in range(needs)
    ]
    session.commit()
    return made


def prefer_nearby(session: Session, world: factories.World, needs: list[Any]) -> None:
    """The manager pins, for every need, the nearby offer of its topic."""
    names = {one.name: one.id for one in session.scalars(select(type(world.sme)))}
    for n, need in enumerate(needs):
        session.add(
            Verdict(
                cluster_id=world.cluster.id,
                manager_id=world.manager.id,
                kind=VerdictKind.PIN,
                reason="Next door.",
                need_id=need.id,
                partner_id=names[f"Near {n % len(TOPICS) % 4}"],
            )
        )
    session.commit()


def first(session: Session, world: factories.World, need: Any) -> str:
    return queries.suggest_for_need(session, viewer_for(session, world.sme_user), need).items[0].name


@pytest.mark.usefixtures("inside")
def test_an_answer_to_a_teaser_teaches_nothing(session: Session, world: factories.World) -> None:
    need = factories.need(session, world.sme, title="Silver on catheters")
    for kind in (factories.competence, factories.test_field):
        made = kind(session, world.host, visibility=Visibility.TEASER, teaser="Silver is put on catheters.")
        operations.answer(session, subject=need, suggested=made.shown_as, answer=Answer.SAVED, user_id=None)
    session.commit()
    assert learning.decisions(session, world.cluster.id) == []
    viewer = Viewer(cluster_ids=frozenset({world.cluster.id}))
    ranked = queries.features_for(session, viewer, need, ItemKind.ORGANISATION, [])
    assert ItemKind.TEASER not in {kind for kind, _ in ranked}


@pytest.mark.usefixtures("inside")
def test_what_a_cluster_chooses_by_comes_first_in_its_next_list(
    app: Flask, session: Session, world: factories.World
) -> None:
    *taught, asked = furnish(session, world, 41)
    before = first(session, world, asked)
    assert before.startswith("Far")
    prefer_nearby(session, world, taught)

    jobs.run(app, "orders")

    session.expire_all()
    order = session.scalars(select(LearnedOrder).where(LearnedOrder.cluster_id == world.cluster.id)).one()
    assert order.better + order.worse + order.same == 40
    assert order.adopted
    assert order.weights["nearness"] > 0.1
    assert first(session, world, asked).startswith("Near")


@pytest.mark.usefixtures("inside")
def test_too_few_decisions_change_nothing(app: Flask, session: Session, world: factories.World) -> None:
    *taught, asked = furnish(session, world, 21)
    prefer_nearby(session, world, taught)
    jobs.run(app, "orders")
    session.expire_all()
    assert not session.scalars(select(LearnedOrder).where(LearnedOrder.cluster_id == world.cluster.id)).one().adopted
    assert first(session, world, asked).startswith("Far")


@pytest.fixture
def taught(session: Session, world: factories.World, inside: None) -> Any:
    """A need of a cluster that has learned to prefer what is near."""
    [need] = furnish(session, world, 1)
    weights = {**ranking.FEATURES, "nearness": 9.0}
    session.add(LearnedOrder(cluster_id=world.cluster.id, weights=weights, better=30, worse=5, same=5, adopted=True))
    session.commit()
    return need


def test_the_order_of_one_cluster_leaves_every_other_alone(
    session: Session, world: factories.World, taught: Any
) -> None:
    theirs = factories.need(
        session, world.stranger, title=taught.title, description=taught.description, expected_result=""
    )
    session.commit()
    assert first(session, world, taught).startswith("Near")
    found = queries.suggest_for_need(session, viewer_for(session, world.outsider), theirs)
    assert found.items[0].name.startswith("Far")


def test_managers_see_the_figures_in_words_and_can_switch_it_off(
    sign_in: SignIn, session: Session, world: factories.World, taught: Any
) -> None:
    desk = sign_in(world.manager)
    page = desk.get("/suggestions/order").text
    assert "On 40 held-back decisions the learned order put 30 in a better place, 5 in a worse one, and 5" in page
    assert "counts here, usually not" in page
    assert "In use" in page

    address = f"/suggestions/order/{world.cluster.public_id}"
    page = desk.post(f"{address}/switch", data={"wanted": "0"}, follow_redirects=True).text
    assert "Switched off" in page
    assert first(session, world, taught).startswith("Far")
    desk.post(f"{address}/switch", data={"wanted": "1"})
    assert first(session, world, taught).startswith("Near")
    assert "learned again in the background" in desk.post(f"{address}/learn", follow_redirects=True).text
    assert "0 decisions on texts that all members may read" in desk.get("/suggestions/order").text


@pytest.mark.usefixtures("inside")
def test_a_decision_on_a_text_that_not_every_member_may_read_teaches_nothing(
    session: Session, world: factories.World
) -> None:
    needs = furnish(session, world, 3)
    prefer_nearby(session, world, needs)
    before = learning.decisions(session, world.cluster.id)
    assert len(before) == 3
    needs[0].visibility = Visibility.PRIVATE
    session.commit()
    assert [one.subject for one in learning.decisions(session, world.cluster.id)] == [one.subject for one in before[1:]]


@pytest.mark.usefixtures("inside")
def test_answers_teach_too_but_not_those_about_the_relation(
    app: Flask, session: Session, world: factories.World
) -> None:
    [need] = furnish(session, world, 1)
    partners = session.scalars(select(type(world.sme)).where(type(world.sme).name.like("%ar %"))).all()

    def say(n: int, answer: Answer, reason: NeverReason | None = None) -> None:
        session.add(
            Feedback(
                organisation_id=world.sme.id,
                subject_kind=ItemKind.NEED,
                subject_id=need.id,
                object_kind=ItemKind.ORGANISATION,
                object_id=partners[n].id,
                answer=answer,
                reason=reason,
                until=None,
            )
        )

    say(0, Answer.SAVED)
    say(1, Answer.NEVER, NeverReason.OFF_TOPIC)
    say(2, Answer.NEVER, NeverReason.COMPETITOR)
    say(3, Answer.NOT_NOW)
    session.commit()
    assert {(one.thing[1], one.liked, one.weight) for one in learning.decided(session, world.cluster.id)} == {
        (partners[0].id, True, 1.0),
        (partners[1].id, False, 1.0),
        (partners[3].id, False, learning.NOT_NOW_WEIGHT),
    }

    learning.also_learn_from(
        app, lambda _session, _cluster: [learning.Decided(("need", need.id), ("organisation", partners[2].id), True)]
    )
    assert len(learning.decided(session, world.cluster.id)) == 4
