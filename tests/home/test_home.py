"""The first page: what the cluster can do for a visitor, what waits for a member."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Membership, MembershipState
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.db import today
from matchmaker.items.models import Field, ItemState
from matchmaker.permissions import Visibility
from tests.factories import World, competence, need, user

SignIn = Callable[..., FlaskClient]


def home(client: FlaskClient) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_visitor_sees_what_is_public_and_nothing_else(client: FlaskClient, session: Session, world: World) -> None:
    competence(session, world.university, fields=[Field.ATMP])
    need(session, world.sme, title="A need for everybody")
    need(session, world.sme, title="A need for members", visibility=Visibility.MEMBERS)
    session.commit()

    page = home(client)

    assert "A need for everybody" in page
    assert "A need for members" not in page
    assert "Cell and gene therapy" in page


def test_an_empty_cluster_still_welcomes(client: FlaskClient, world: World) -> None:
    assert "No public competences yet" in home(client)


def test_a_member_sees_drafts_and_what_ends_soon_first(session: Session, world: World, sign_in: SignIn) -> None:
    competence(session, world.sme, title="Half-written competence", state=ItemState.DRAFT)
    need(session, world.sme, title="Need that ends soon", expires_on=today() + timedelta(days=5))
    need(session, world.sme, title="Need that has ended", expires_on=today() - timedelta(days=1))
    need(session, world.university, title="Draft of somebody else", state=ItemState.DRAFT)
    session.commit()

    page = home(sign_in(world.sme_user))

    for title in ("Half-written competence", "Need that ends soon", "Need that has ended"):
        assert title in page
    assert "Draft of somebody else" not in page


def test_an_organisations_admin_hears_who_asks_to_join(session: Session, world: World, sign_in: SignIn) -> None:
    asking = user(session)
    session.add(Membership(user=asking, organisation=world.sme, state=MembershipState.ASKED))
    session.commit()

    assert "1 person asks to join" in home(sign_in(world.sme_admin))
    assert "asks to join" not in home(sign_in(world.sme_user))


def test_a_user_without_an_organisation_is_shown_the_one_next_step(world: World, sign_in: SignIn) -> None:
    assert "Find my organisation" in home(sign_in(world.newcomer))


def test_a_managers_proposal_reaches_the_member_it_is_for_with_its_reason(
    session: Session, world: World, sign_in: SignIn
) -> None:
    wanted = need(session, world.sme, title="Bone for children")
    for kind, reason in ((VerdictKind.PROPOSAL, "They met in Lund."), (VerdictKind.VETO, "They are in court.")):
        session.add(Verdict(cluster=world.cluster, kind=kind, reason=reason, need=wanted, partner=world.university))
    session.commit()

    member, other = home(sign_in(world.sme_user)), home(sign_in(world.researcher))

    assert "They met in Lund." in member
    assert "They are in court." not in member
    assert "They met in Lund." not in other
