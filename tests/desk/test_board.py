"""What a cluster shows its board: counts that are true, and nothing that is between two or confidential."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation
from matchmaker.db import utcnow
from matchmaker.desk.board import FEWEST, PATIENCE, Period
from matchmaker.introductions.models import About, Introduction, IntroductionState, Side, pair_of
from matchmaker.outcomes.models import Confirmation, Outcome, OutcomeKind, Story
from matchmaker.permissions import Visibility
from tests import factories
from tests.factories import World

SignIn = Callable[..., FlaskClient]


def introduced(
    session: Session, of: Organisation, to: Organisation, at: datetime, *kinds: OutcomeKind, sides: int = 2
) -> Introduction:
    """Two who are introduced, and what came of it, as so many sides say."""
    made = Introduction(
        from_organisation=of,
        to_organisation=to,
        pair=pair_of(of.id, to.id),
        active=False,
        with_kind=About.NEED,
        with_id=1,
        state=IntroductionState.ACCEPTED,
        requested_at=at,
        delivered_at=at,
        answered_at=at,
        expires_at=at,
    )
    session.add(made)
    session.flush()
    for kind in kinds:
        said = [Confirmation(side=side, agrees=True) for side in list(Side)[:sides]]
        session.add(
            Outcome(
                introduction_id=made.id, kind=kind, side=Side.ASKER, created_at=at, confirmations=said,
                amount=1_000 if kind is OutcomeKind.APPLICATION_GRANTED else None, currency="EUR",
            )
        )  # fmt: skip
    return made


def shown(client: FlaskClient, address: str = "/desk/board.csv") -> dict[str, list[str]]:
    rows = csv.reader(io.StringIO(client.get(address).data.decode("utf-8-sig")))
    return {row[1]: row[2:4] for row in rows}


def test_the_board_sees_the_way_from_asking_to_effect(session: Session, world: World, sign_in: SignIn) -> None:
    this = Period.of("")
    now = utcnow()
    before = datetime.combine(this.before.first, now.timetz())
    for _number in range(FEWEST):
        introduced(session, world.sme, world.university, now, OutcomeKind.MEETING_HELD, OutcomeKind.APPLICATION_GRANTED)
    introduced(session, world.sme, world.host, before)
    # What one side alone says is no outcome, and what two of another cluster did is none of this one.
    for _number in range(FEWEST):
        introduced(session, world.host, world.sme, now, OutcomeKind.AGREEMENT_SIGNED, sides=1)
    session.commit()
    manager = sign_in(world.manager)

    figures = shown(manager)
    assert figures["figure"] == [str(this), str(this.before)]
    assert figures["Members"] == ["3", "3"]
    assert figures["Asked"] == figures["Introduced"] == [str(2 * FEWEST), f"fewer than {FEWEST}"]
    assert figures["They met"] == figures["Granted, tested or in use"] == [str(FEWEST), "0"]
    assert figures["Agreement signed"] == ["0", "0"]
    page = manager.get("/desk/board").get_data(as_text=True)
    assert f"{FEWEST * 1_000:,} EUR" in page
    assert shown(manager, f"/desk/board.csv?period={this.before}")["Asked"] == [f"fewer than {FEWEST}", "0"]


def test_the_board_reads_no_text_that_is_not_public(session: Session, world: World, sign_in: SignIn) -> None:
    long_ago = utcnow() - PATIENCE - timedelta(days=2)
    for title, visibility in (("Open to all", "public"), ("For members", "members"), ("Kept private", "private")):
        factories.need(session, world.sme, title=title, visibility=Visibility(visibility), published_at=long_ago)
    factories.need(session, world.sme, title="Entrusted", visibility=Visibility.PRIVATE, for_managers=True)
    told = introduced(session, world.sme, world.university, utcnow())
    session.add(Story(introduction=told, title="Bone from both", text="x", published_at=utcnow()))
    theirs = introduced(session, world.sme, world.host, utcnow())
    session.add(Story(introduction=theirs, title="Not agreed to", text="x"))
    session.commit()
    page = sign_in(world.manager).get("/desk/board").get_data(as_text=True)
    assert "Open to all" in page
    assert "Bone from both" in page
    for hidden in ("For members", "Kept private", "Entrusted", "Not agreed to"):
        assert hidden not in page
    assert 'Open for more than 90 days: <span class="num">2</span>' in page


@pytest.mark.parametrize(
    ("period", "before", "following"),
    [("2026-Q1", "2025-Q4", "2026-Q2"), ("2025-Q4", "2025-Q3", "2026-Q1"), ("2026", "2025", "2027")],
)
def test_periods_follow_one_another(period: str, before: str, following: str) -> None:
    year, _sign, quarter = period.partition("-Q")
    one = Period(int(year), int(quarter or 0))
    assert [str(one), str(one.before), str(one.next)] == [period, before, following]
    assert one.before.next == one
