"""Teams for needs of several parts, look-alikes, and what would raise a suggestion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import OrganisationType
from matchmaker.clusters.queries import viewer_for
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.permissions import Visibility
from matchmaker.suggestions import queries, teams
from tests import factories

SignIn = Callable[..., FlaskClient]

PHAGES, SENSORS, WARDS = (
    "Lytic bacteriophages against biofilm on titanium implants",
    "Wireless temperature sensors inside wound dressings",
    "Randomised trials with orthopaedic patients on our ward",
)


@pytest.fixture
def board(session: Session, world: factories.World) -> factories.World:
    """Three organisations with one competence each, and others that do something else."""
    clinic = factories.organisation(
        session, within=world.cluster, type=OrganisationType.CLINIC, name="Klinikum Nordbucht"
    )
    for organisation, title in ((world.university, PHAGES), (world.host, SENSORS), (clinic, WARDS)):
        factories.competence(session, organisation, title=title, description=f"{title}, for many years.", keywords=[])
    for n in range(12):
        other = factories.organisation(session, within=world.cluster, name=f"Other {n}")
        factories.competence(session, other, title=f"Accounting software {n}", description="Ledgers.", keywords=["tax"])
    session.commit()
    return world


@pytest.fixture
def need(session: Session, board: factories.World) -> Any:
    made = factories.need(
        session,
        board.sme,
        title="A dressing that heals infected implants",
        description=f"We seek:\n- {PHAGES.lower()}\n- {SENSORS.lower()}\n- {WARDS.lower()}",
        expected_result="",
    )
    session.commit()
    return made


def plan(session: Session, board: factories.World, need: Any, **wishes: Any) -> teams.Plan:
    asked = teams.Wishes(**{"parts": teams.parts_of(need), **wishes})
    return teams.plan(session, viewer_for(session, board.sme_user), need, asked)


def members(found: teams.Plan) -> list[str]:
    return sorted(seat.organisation.name for seat in found.seats)


@pytest.mark.usefixtures("inside")
def test_the_smallest_team_covers_every_part_by_a_text_that_is_shown(
    session: Session, board: factories.World, need: Any
) -> None:
    found = plan(session, board, need)
    assert members(found) == ["Klinikum Nordbucht", "Mälardalens Testbädd AB", "Universität Elbstrand"]
    assert found.gaps == ()
    for seat in found.seats:
        [covered] = seat.covers
        assert covered.leads
        assert covered.quote.item.organisation_id == seat.organisation.id
        assert any(marked for _, marked in covered.quote.title)


@pytest.mark.usefixtures("inside")
def test_a_part_that_nobody_covers_is_named_and_a_text_nobody_may_read_covers_nothing(
    session: Session, board: factories.World, need: Any
) -> None:
    before = plan(session, board, need, parts=("quokka husbandry in zero gravity", PHAGES))
    assert before.gaps == (("quokka husbandry in zero gravity", True),)
    factories.competence(
        session, board.host, title="Quokka husbandry in zero gravity", visibility=Visibility.PRIVATE, keywords=[]
    )
    session.commit()
    assert plan(session, board, need, parts=("quokka husbandry in zero gravity", PHAGES)) == before


@pytest.mark.usefixtures("inside")
def test_wishes_are_met_or_named(session: Session, board: factories.World, need: Any) -> None:
    small = plan(session, board, need, size=2)
    assert len(small.seats) == 2
    assert [nobody for _, nobody in small.gaps] == [False]
    without = plan(session, board, need, without=frozenset({board.university.id}))
    assert "Universität Elbstrand" not in members(without)
    assert [text for text, _ in without.gaps] == [PHAGES.lower()]
    assert plan(session, board, need, sectors=("public",)).missing_sectors == ("public",)


def test_a_veto_keeps_an_organisation_out_of_the_team(
    sign_in: SignIn, session: Session, board: factories.World, need: Any
) -> None:
    session.add(
        Verdict(
            cluster_id=board.cluster.id,
            manager_id=board.manager.id,
            kind=VerdictKind.VETO,
            reason="Not again.",
            need_id=need.id,
            partner_id=board.university.id,
        )
    )
    session.commit()
    page = sign_in(board.sme_user).get(f"/suggestions/need/{need.public_id}/team").text
    assert "Universität Elbstrand" not in page
    assert "Not again" not in page
    assert "Klinikum Nordbucht" in page


def test_a_manager_proposes_the_whole_team_with_one_reason(
    sign_in: SignIn, session: Session, board: factories.World, need: Any
) -> None:
    address = f"/suggestions/need/{need.public_id}/team"
    desk = sign_in(board.manager)
    assert "Propose all of them" in desk.get(address).text
    assert "Propose all of them" not in sign_in(board.sme_user).get(address).text
    picked = [board.university.public_id, board.host.public_id]
    said = desk.post(f"{address}/propose", data={"member": picked, "reason": " "}, follow_redirects=True).text
    assert "Nothing was proposed" in said
    said = desk.post(f"{address}/propose", data={"member": picked, "reason": "They fit."}, follow_redirects=True).text
    assert "2 organisations are proposed" in said
    given = session.scalars(select(Verdict)).all()
    assert {(one.partner_id, one.kind, one.reason) for one in given} == {
        (board.university.id, VerdictKind.PROPOSAL, "They fit."),
        (board.host.id, VerdictKind.PROPOSAL, "They fit."),
    }


# --- Look-alikes -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("inside")
def test_look_alikes_stand_on_a_list_of_their_own(session: Session, board: factories.World, need: Any) -> None:
    ours = factories.competence(session, board.sme, title=PHAGES, description="Ours, of another strain.", keywords=[])
    alike = factories.need(
        session, board.stranger, title="A dressing for infected implants", description=PHAGES, expected_result=""
    )
    session.commit()
    viewer = viewer_for(session, board.sme_user)

    found = queries.suggest_peers(session, viewer, ours)
    assert found.items[0].organisation.id == board.university.id
    assert found.items[0].pairs[0].alike
    assert board.sme.id not in {one.organisation.id for one in found.items}
    assert queries.suggest_peers(session, viewer, need).items[0].thing is alike
    assert queries.suggest_peers(session, viewer, board.sme).items[0].thing is board.university
    answers = queries.suggest_for_competence(session, viewer, ours)
    assert [one.thing for one in answers.items] == [alike], "complements come from needs alone"


def test_the_tab_of_look_alikes_says_what_it_is_and_asks_for_no_answer(
    sign_in: SignIn, board: factories.World, session: Session
) -> None:
    ours = factories.competence(session, board.sme, title=PHAGES, description="Ours.", keywords=[])
    session.commit()
    page = sign_in(board.sme_user).get(f"/suggestions/competence/{ours.public_id}?tab=peers").text
    assert "Universität Elbstrand" in page
    assert "You offer" in page
    assert "They offer" in page
    assert "Look-alikes say much the same as you" in page
    assert "Not now" not in page


# --- What would raise it -----------------------------------------------------------------------------------------


@pytest.fixture
def short(session: Session, board: factories.World) -> Any:
    made = factories.need(
        session, board.sme, title="Bacteriophages wanted", description="We seek bacteriophages.", expected_result=""
    )
    session.commit()
    return made


def test_the_words_that_an_own_text_leaves_unsaid_are_named_and_saying_them_settles_it(
    sign_in: SignIn, session: Session, board: factories.World, short: Any
) -> None:
    address = f"/suggestions/need/{short.public_id}?raise={board.university.public_id}"
    member = sign_in(board.sme_user)
    page = member.get(address).text
    assert "What would raise it" in page
    told = page.split("does not say: ")[1].split(".")[0]
    assert "biofilm" in told
    assert "bacteriophages" not in told.lower()

    short.description = f"We seek bacteriophages. {PHAGES}, for many years."
    session.commit()
    assert "does not say" not in member.get(address).text
    assert "Your texts say all that theirs say." in member.get(address).text


def test_only_those_who_can_change_the_text_are_told(sign_in: SignIn, board: factories.World, short: Any) -> None:
    address = f"/suggestions/need/{short.public_id}?raise={board.university.public_id}"
    page = sign_in(board.manager).get(address).text
    assert "Universität Elbstrand" in page
    assert "does not say" not in page
    assert "What would raise it?" not in page


def test_a_text_the_viewer_may_not_read_gives_no_hint(
    sign_in: SignIn, session: Session, board: factories.World, short: Any
) -> None:
    address = f"/suggestions/need/{short.public_id}?raise={board.university.public_id}"
    member = sign_in(board.sme_user)

    def told() -> str:
        return member.get(address).text.split("does not say: ")[1].split(".")[0]

    before = told()
    factories.competence(
        session,
        board.university,
        title="Bacteriophages and narwhal lysins",
        description="Bacteriophages.",
        visibility=Visibility.PRIVATE,
    )
    session.commit()
    assert told() == before
