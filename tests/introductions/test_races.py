"""Two at the same moment: one introduction, one outcome, and nothing disclosed after an acknowledged withdrawal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.introductions import queries
from matchmaker.introductions.models import Consent, Introduction, IntroductionState
from matchmaker.permissions import Viewer
from tests import factories
from tests.clients import signed_in
from tests.introductions.conftest import ANSWERS, Person, hidden

pytestmark = pytest.mark.every_database


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What several get when they act at the same moment."""
    ready = threading.Barrier(len(acts))

    def start(act: Callable[[], Any]) -> Any:
        ready.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [one.result() for one in [threads.submit(start, act) for act in acts]]


def test_one_request_however_often_and_by_whom_it_is_sent(app: Flask, world: Any, session: Session) -> None:
    people = [Person(signed_in(app, user)) for user in (world.sme_user, world.sme_admin, world.sme_user)]
    others = [Person(signed_in(app, world.researcher)) for _ in range(2)]
    acts = [lambda p=p: p.ask(world.university) for p in people] + [lambda p=p: p.ask(world.sme) for p in others]
    answers = at_once(*acts)
    assert {answer.status_code for answer in answers} == {302}
    assert session.scalar(select(func.count(Introduction.id))) == 1


def test_the_same_form_sent_four_times_asks_once(app: Flask, world: Any, session: Session) -> None:
    browsers = [signed_in(app, world.sme_user) for _ in range(4)]
    address = f"/introductions/ask/{world.university.public_id}"
    page = browsers[0].get(address).text
    form = {**ANSWERS, **{name: hidden(page, name) for name in ("shown", "key")}}
    answers = at_once(*(lambda b=b: b.post(address, data=form) for b in browsers))
    assert len({answer.location for answer in answers}) == 1
    assert session.scalar(select(func.count(Introduction.id))) == 1


@pytest.mark.parametrize("round_", range(4))
def test_agreeing_and_taking_back_end_in_one_order(round_: int, app: Flask, world: Any, session: Session) -> None:
    asker, asked = Person(signed_in(app, world.sme_user)), Person(signed_in(app, world.researcher))
    asker.ask(world.university)
    introduction = session.scalars(select(Introduction)).one()
    shown = hidden(asked.browser.get(f"/introductions/{introduction.public_id}/accept").text, "shown")
    at_once(
        lambda: asked.browser.post(f"/introductions/{introduction.public_id}/accept", data={"shown": shown}),
        lambda: asker.withdraw(introduction),
    )
    session.expire_all()
    assert introduction.state == IntroductionState.WITHDRAWN
    assert not [consent for consent in session.scalars(select(Consent)) if consent.disclosed]
    for organisation in (world.sme, world.university):
        viewer = Viewer(1, organisation_ids=frozenset({organisation.id}))
        assert queries.contact_for(introduction, viewer) is None


def test_two_managers_decide_once(app: Flask, world: Any, session: Session) -> None:
    second = factories.user(session, manages=world.cluster)
    session.commit()
    managers = [signed_in(app, user) for user in (world.manager, second)]
    managers[0].post(f"/introductions/desk/rules/{world.cluster.public_id}", data={"brokered": "y"})
    Person(signed_in(app, world.sme_user)).ask(world.university)
    introduction = session.scalars(select(Introduction)).one()
    address = f"/introductions/desk/{introduction.public_id}"
    at_once(
        lambda: managers[0].post(f"{address}/pass-on"),
        lambda: managers[1].post(f"{address}/return", data={"reason": "unclear"}),
    )
    session.expire_all()
    passed_on = introduction.state == IntroductionState.REQUESTED
    assert passed_on == (introduction.broker_id == world.manager.id)
    assert passed_on == (introduction.delivered_at is not None)
    assert (introduction.state == IntroductionState.DECLINED) == (introduction.broker_id == second.id)
