"""Asking to join, answering, and looking after who belongs to an organisation."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters import operations
from matchmaker.clusters.models import Membership, MembershipRole, MembershipState, Organisation
from tests import factories


def mails(app: Flask) -> list[Any]:
    return getattr(app.extensions["mailman"], "outbox", [])


def membership(session: Session, user: Any, organisation: Any) -> Membership | None:
    session.expire_all()
    return session.scalar(
        select(Membership).where(Membership.user_id == user.id, Membership.organisation_id == organisation.id)
    )


@pytest.fixture
def asked(world: factories.World, session: Session, sign_in: Callable[..., FlaskClient]) -> Membership:
    """The newcomer has asked to join the SME."""
    sign_in(world.newcomer).post(
        f"/organisations/{world.sme.public_id}/ask", data={"message": "I run the <b>cell</b> lab."}
    )
    found = membership(session, world.newcomer, world.sme)
    assert found is not None
    return found


def test_organisations_are_found_by_parts_of_their_name_without_accents(
    world: factories.World, sign_in: Callable[..., FlaskClient]
) -> None:
    browser = sign_in(world.newcomer)
    assert "Mälardalens Testbädd AB" in browser.get("/organisations/join?q=testbadd").text
    assert "Universität Elbstrand" in browser.get("/organisations/join?q=elbstrand+univ").text
    assert "No organisation with" in browser.get("/organisations/join?q=%25").text
    assert "Knochenwerk" not in browser.get("/organisations/join?q=").text


def test_the_search_tells_public_facts_only(world: factories.World, sign_in: Callable[..., FlaskClient]) -> None:
    page = sign_in(world.newcomer).get("/organisations/join?q=knochenwerk").text
    assert world.sme_admin.email not in page
    assert world.sme_admin.name not in page
    assert world.sme_user.name not in page


def test_a_request_waits_gives_no_rights_and_tells_those_who_decide(
    app: Flask, world: factories.World, asked: Membership, sign_in: Callable[..., FlaskClient]
) -> None:
    assert asked.state == MembershipState.ASKED
    assert [m.to for m in mails(app)] == [[world.sme_admin.email]]
    assert "asks to join Knochenwerk GmbH" in mails(app)[0].subject
    link = re.search(r"http://127.0.0.1:8000(/inbox/\w+)", mails(app)[0].body)
    assert link is not None
    assert sign_in(world.sme_admin).get(link[1]).location == f"/organisations/{world.sme.public_id}/people"
    browser = sign_in(world.newcomer)
    assert "Waiting for agreement" in browser.get("/start").text
    assert browser.get("/arrive").location == "/start"
    assert browser.get(f"/organisations/{world.sme.public_id}/people").status_code == 404


def test_asking_twice_is_asking_once(
    app: Flask, world: factories.World, asked: Membership, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    sign_in(world.newcomer).post(f"/organisations/{world.sme.public_id}/ask", data={"message": "again"})
    assert len(session.scalars(select(Membership).where(Membership.user_id == world.newcomer.id)).all()) == 1
    assert len(mails(app)) == 1


def test_a_request_is_shown_with_its_message_as_text_and_can_be_accepted(
    app: Flask, world: factories.World, asked: Membership, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    admin = sign_in(world.sme_admin)
    page = admin.get(f"/organisations/{world.sme.public_id}/people").text
    assert "I run the &lt;b&gt;cell&lt;/b&gt; lab." in page
    assert admin.post(f"/memberships/{asked.public_id}/accept").status_code == 302
    now = membership(session, world.newcomer, world.sme)
    assert (now.state, now.role) == (MembershipState.ACTIVE, MembershipRole.MEMBER)
    assert mails(app)[-1].to == [world.newcomer.email]
    assert sign_in(world.newcomer).get("/arrive").location == "/"


def test_a_request_can_be_turned_down_and_made_again(
    app: Flask, world: factories.World, asked: Membership, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    sign_in(world.sme_admin).post(f"/memberships/{asked.public_id}/refuse")
    assert membership(session, world.newcomer, world.sme) is None
    assert mails(app)[-1].to == [world.newcomer.email]
    assert "not accepted" in mails(app)[-1].body
    sign_in(world.newcomer).post(f"/organisations/{world.sme.public_id}/ask")
    assert membership(session, world.newcomer, world.sme) is not None


def test_a_request_can_be_taken_back_by_whoever_made_it(
    world: factories.World, asked: Membership, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    path = f"/memberships/{asked.public_id}/withdraw"
    assert sign_in(world.outsider).post(path).status_code == 404
    assert sign_in(world.newcomer).post(path).status_code == 302
    assert membership(session, world.newcomer, world.sme) is None


def test_an_active_membership_can_not_be_taken_back_as_a_request(
    world: factories.World, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    own = membership(session, world.sme_user, world.sme)
    assert sign_in(world.sme_user).post(f"/memberships/{own.public_id}/withdraw").status_code == 404


def test_nobody_asks_everywhere(world: factories.World, session: Session, sign_in: Callable[..., FlaskClient]) -> None:
    others = [factories.organisation(session) for _ in range(operations.REQUESTS_MOST + 1)]
    session.commit()
    browser = sign_in(world.newcomer)
    for organisation in others:
        browser.post(f"/organisations/{organisation.public_id}/ask")
    made = session.scalars(select(Membership).where(Membership.user_id == world.newcomer.id)).all()
    assert len(made) == operations.REQUESTS_MOST


ACTIONS = ("accept", "refuse", "make-admin", "make-member", "remove")


@pytest.mark.parametrize("who", ["sme_user", "researcher", "manager", "outsider", "newcomer", "platform_admin", None])
@pytest.mark.parametrize("action", ACTIONS)
def test_who_does_not_look_after_its_people_changes_nothing_and_finds_nothing(
    client: FlaskClient,
    world: factories.World,
    session: Session,
    sign_in: Callable[..., FlaskClient],
    who: str | None,
    action: str,
) -> None:
    browser = sign_in(getattr(world, who)) if who else client
    target = membership(session, world.sme_user, world.sme)
    real = browser.post(f"/memberships/{target.public_id}/{action}")
    none = browser.post(f"/memberships/23456789abcd/{action}")
    assert real.status_code == none.status_code == 404
    assert len(real.data) == len(none.data)
    unchanged = membership(session, world.sme_user, world.sme)
    assert (unchanged.state, unchanged.role) == (MembershipState.ACTIVE, MembershipRole.MEMBER)


def test_an_admin_shares_the_work_and_removes_people(
    world: factories.World, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    admin = sign_in(world.sme_admin)
    other = membership(session, world.sme_user, world.sme)
    admin.post(f"/memberships/{other.public_id}/make-admin")
    assert membership(session, world.sme_user, world.sme).role == MembershipRole.ADMIN
    assert sign_in(world.sme_user).get(f"/organisations/{world.sme.public_id}/people").status_code == 200
    admin.post(f"/memberships/{other.public_id}/make-member")
    assert membership(session, world.sme_user, world.sme).role == MembershipRole.MEMBER
    admin.post(f"/memberships/{other.public_id}/remove")
    assert membership(session, world.sme_user, world.sme) is None
    assert sign_in(world.sme_user).get("/arrive").location == "/start", "the next request has the rights no more"


@pytest.mark.parametrize("action", ["remove", "make-member"])
def test_the_last_admin_stays(
    world: factories.World, session: Session, sign_in: Callable[..., FlaskClient], action: str
) -> None:
    own = membership(session, world.sme_admin, world.sme)
    answer = sign_in(world.sme_admin).post(f"/memberships/{own.public_id}/{action}", follow_redirects=True)
    assert "Make another person admin first" in answer.text
    assert membership(session, world.sme_admin, world.sme).role == MembershipRole.ADMIN


def test_a_request_is_not_made_an_admin_unseen(
    world: factories.World, asked: Membership, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    sign_in(world.sme_admin).post(f"/memberships/{asked.public_id}/make-admin")
    assert membership(session, world.newcomer, world.sme).role == MembershipRole.MEMBER


# Organisations that nobody looks after yet


@pytest.fixture
def imported(world: factories.World, session: Session) -> Organisation:
    made = factories.organisation(session, within=world.cluster, name="Imported Institute", source="a public list")
    session.commit()
    return made


def test_the_manager_answers_for_an_organisation_without_an_admin_until_it_has_one(
    app: Flask,
    world: factories.World,
    imported: Organisation,
    session: Session,
    sign_in: Callable[..., FlaskClient],
) -> None:
    sign_in(world.newcomer).post(f"/organisations/{imported.public_id}/ask")
    assert [m.to for m in mails(app)] == [[world.manager.email]]
    manager = sign_in(world.manager)
    assert "1 request waits for you" in manager.get("/cluster/members").text
    asked = membership(session, world.newcomer, imported)
    assert sign_in(world.outsider).post(f"/memberships/{asked.public_id}/accept").status_code == 404
    assert manager.get(f"/organisations/{imported.public_id}/people").status_code == 200
    assert manager.post(f"/memberships/{asked.public_id}/accept").location == "/cluster/members"
    assert membership(session, world.newcomer, imported).role == MembershipRole.ADMIN
    assert manager.get(f"/organisations/{imported.public_id}/people").status_code == 404


def test_the_managers_list_counts_its_own_cluster_only(
    world: factories.World, imported: Organisation, sign_in: Callable[..., FlaskClient]
) -> None:
    page = sign_in(world.manager).get("/cluster/members").text
    assert "Knochenwerk GmbH" in page
    assert "Imported Institute" in page
    assert "Stranger AS" not in page
    assert "4 organisations" in page
    assert f'href="/organisations/{imported.public_id}/people"' in page, "where nobody is yet, somebody is invited"
    assert f'href="/organisations/{world.sme.public_id}/people"' not in page
    found = sign_in(world.manager).get("/cluster/members?q=imported&page=999").text
    assert "Knochenwerk GmbH" not in found
    assert "1 organisation" in found


@pytest.mark.parametrize("who", ["sme_admin", "sme_user", "newcomer", "platform_admin"])
def test_who_manages_no_cluster_finds_no_list(
    world: factories.World, sign_in: Callable[..., FlaskClient], who: str
) -> None:
    assert sign_in(getattr(world, who)).get("/cluster/members").status_code == 404


def test_a_cluster_is_founded_by_command(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    assert run(args=["clusters", "create", "Nördliches Licht"]).output.strip() == "nordliches-licht\tNördliches Licht"
    assert run(args=["clusters", "create", "Nordliches Licht"]).output.startswith("nordliches-licht-2\t")
    assert run(args=["clusters", "create", " "]).exit_code != 0
    assert len(run(args=["clusters", "list"]).output.splitlines()) == 2
