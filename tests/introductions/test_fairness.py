"""Who is busy: asked in the last seven days as often as it wants, or three times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation
from matchmaker.db import utcnow
from matchmaker.introductions import operations
from matchmaker.introductions.fairness import BUSY_FROM, busy
from matchmaker.introductions.models import Introduction, IntroductionState, matter_of, pair_of
from tests.factories import World, organisation

Asked = Callable[..., None]


@pytest.fixture
def asked(session: Session, world: World) -> Asked:
    """Have an organisation asked so many times, by others each time."""

    def make(whom: Organisation, times: int, *, days_ago: int = 0, **facts: bool) -> None:
        moment = utcnow() - timedelta(days=days_ago, hours=1)
        for _ in range(times):
            asker = organisation(session, within=world.cluster)
            session.flush()
            session.add(
                Introduction(
                    from_organisation=asker,
                    to_organisation=whom,
                    pair=pair_of(asker.id, whom.id),
                    matter=matter_of({}),
                    state=IntroductionState.REQUESTED,
                    requested_at=moment,
                    delivered_at=moment,
                    expires_at=moment + operations.TERM,
                    **facts,
                )
            )
        session.commit()

    return make


def test_three_requests_in_a_week_make_busy_and_time_makes_free_again(
    session: Session, world: World, asked: Asked
) -> None:
    asked(world.university, BUSY_FROM - 1)
    asked(world.host, BUSY_FROM, days_ago=8)
    assert not busy(session, world.sme)
    asked(world.university, 1)
    assert busy(session, world.sme) == {world.university.id}


def test_an_own_limit_counts_instead(session: Session, world: World, asked: Asked) -> None:
    operations.set_limits(session, world.university, per_week=5, paused=False)
    operations.set_limits(session, world.host, per_week=1, paused=False)
    asked(world.university, 4)
    asked(world.host, 1)
    assert busy(session, world.sme) == {world.host.id}


def test_requests_to_a_hidden_owner_do_not_count(session: Session, world: World, asked: Asked) -> None:
    asked(world.university, BUSY_FROM, blind=True)
    assert not busy(session, world.sme)


def test_a_cluster_can_switch_it_off_for_its_own_askers(session: Session, world: World, asked: Asked) -> None:
    asked(world.university, BUSY_FROM)
    operations.set_rules(session, world.cluster.id, brokered=False, fair_share=False)
    session.commit()
    assert not busy(session, world.sme)
    assert busy(session, world.stranger) == {world.university.id}
    operations.set_rules(session, world.cluster.id, brokered=False, fair_share=True)
    assert busy(session, world.sme) == {world.university.id}
