"""All pairs: what each need's page shows, for all needs that somebody may ask with."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matchmaker.clusters.queries import viewer_for
from matchmaker.curation import operations as curation
from matchmaker.curation.models import VerdictKind
from matchmaker.permissions import Visibility
from matchmaker.suggestions import pairing, queries
from tests import factories

pytestmark = [pytest.mark.usefixtures("inside")]


@pytest.fixture
def board(session: Session, world: factories.World) -> factories.World:
    """Two who offer, two who seek, one of these in confidence, and one of another cluster."""
    factories.competence(session, world.university, title="Lytic bacteriophages against biofilm on implants")
    factories.competence(session, world.host, title="Biofilm test stand for titanium implants")
    factories.need(session, world.sme, title="Bacteriophages against biofilm on our implants")
    factories.need(session, world.host, title="Reimbursement advice for titanium implants")
    factories.need(session, world.host, title="A buyer for our test stand", visibility=Visibility.PRIVATE)
    factories.need(session, world.stranger, title="Biofilm on implants", visibility=Visibility.PUBLIC)
    session.commit()
    return world


def titles(session: Session, user: Any) -> list[str]:
    return [need.title for need, _ in pairing.pairs(session, viewer_for(session, user))]


def test_everybody_pairs_the_needs_that_they_may_ask_with(session: Session, board: factories.World) -> None:
    assert titles(session, board.sme_user) == ["Bacteriophages against biofilm on our implants"]
    assert titles(session, board.outsider) == ["Biofilm on implants"]
    assert titles(session, board.newcomer) == []
    managed = titles(session, board.manager)
    assert managed == ["Bacteriophages against biofilm on our implants", "Reimbursement advice for titanium implants"]


def test_a_need_has_the_partners_that_its_own_page_shows(session: Session, board: factories.World) -> None:
    viewer = viewer_for(session, board.manager)
    paired = [(need, [(one.name, one.band) for one in found.items]) for need, found in pairing.pairs(session, viewer)]
    assert paired
    assert any(partners for _, partners in paired)
    for need, partners in paired:
        alone = queries.suggest_for_need(session, viewer, need, limit=5)
        assert partners == [(one.name, one.band) for one in alone.items]


def test_a_vetoed_pair_is_no_pair(session: Session, board: factories.World) -> None:
    viewer = viewer_for(session, board.sme_user)
    ((need, before),) = pairing.pairs(session, viewer)
    assert before.items[0].name == "Universität Elbstrand"
    curation.give(
        session,
        manager_id=board.manager.id,
        cluster_id=board.cluster.id,
        kind=VerdictKind.VETO,
        subject=need,
        decided=board.university,
        reason="They are in court.",
    )
    session.commit()
    ((_, after),) = pairing.pairs(session, viewer)
    assert "Universität Elbstrand" not in [one.name for one in after.items]


def test_only_what_stands_near_is_ranked(
    session: Session, board: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "SHORTLIST", 1)
    ((_, found),) = pairing.pairs(session, viewer_for(session, board.sme_user))
    assert len(found.items) == 1


def test_the_shell_prints_a_line_of_json_for_each_need(app: Flask, board: factories.World) -> None:
    run = app.test_cli_runner().invoke
    answer = run(args=["pairs", "--as", board.manager.email, "--json", "--limit", "1"])
    assert answer.exit_code == 0, answer.output
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [line["need"]["title"] for line in lines] == [
        "Bacteriophages against biofilm on our implants",
        "Reimbursement advice for titanium implants",
    ]
    assert lines[0]["partners"]["suggestions"][0]["name"] == "Universität Elbstrand"
    table = run(args=["pairs", "--as", board.sme_user.email])
    assert "Universität" in table.output
    nothing = run(args=["pairs", "--as", board.newcomer.email])
    assert "No need to ask with" in nothing.output
    assert run(args=["pairs", "--as", "nobody@nowhere.example"]).exit_code == 1
