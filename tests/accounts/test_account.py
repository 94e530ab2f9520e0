"""The pages of one's own account, and the commands for those who look after the installation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import ClusterManager, Membership, MembershipRole, MembershipState
from tests import factories


def test_the_account_page_shows_what_one_is_and_what_still_waits(
    world: factories.World, sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    session.add(Membership(user_id=world.sme_admin.id, organisation_id=world.university.id))
    session.commit()
    page = sign_in(world.sme_admin).get("/account").text
    assert "Knochenwerk GmbH" in page
    assert "Organisation admin" in page
    assert "Universität Elbstrand" in page
    assert "Waiting for agreement" in page
    assert f"/organisations/{world.sme.public_id}/people" in page
    assert f"/organisations/{world.university.public_id}/people" not in page


def test_name_and_title_are_saved_and_nothing_else(
    world: factories.World, sign_in: Callable[..., FlaskClient], session: Session
) -> None:
    sign_in(world.sme_user).post(
        "/account",
        data={
            "name": "  Åsa \u200b Lind ",
            "title": "Head of trials",
            "locale": "",
            "email": "evil@x.example",
            "active": "",
            "roles": "platform-admin",
            "demonstration": "1",
        },
    )
    session.expire_all()
    user = session.get_one(User, world.sme_user.id)
    assert (user.name, user.title) == ("Åsa Lind", "Head of trials")
    assert user.email == "sme@knochenwerk.example"
    assert user.active
    assert not user.demonstration
    assert user.roles == []


def test_a_name_is_needed_and_what_was_typed_stays(world: factories.World, sign_in: Callable[..., FlaskClient]) -> None:
    answer = sign_in(world.sme_user).post("/account", data={"name": " ", "title": "Head of trials", "locale": ""})
    assert answer.status_code == 422
    assert "Type your name" in answer.text
    assert 'value="Head of trials"' in answer.text


@pytest.mark.parametrize("path", ["/account", "/account/tokens", "/account/password", "/start", "/arrive"])
def test_a_visitor_is_sent_to_sign_in(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=")


@pytest.mark.parametrize("path", ["/account", "/account/tokens"])
def test_a_visitor_who_posts_finds_nothing(client: FlaskClient, path: str) -> None:
    assert client.post(path, data={"name": "x"}).status_code == 404


# matchmaker users


@pytest.fixture
def command(app: Flask) -> Callable[..., Any]:
    return lambda *args: app.test_cli_runner().invoke(args=["users", *args])


def test_a_created_user_signs_in_with_the_password_printed_once(
    app: Flask, command: Callable[..., Any], session: Session
) -> None:
    result = command("create", "Rut@Example.org", "--name", "Rut Berg")
    address, password = result.output.splitlines()[0].split("\t")
    assert address == "Rut@example.org"
    browser = app.test_client()
    browser.post("/sign-in", data={"email": "rut@example.org", "password": password})
    assert browser.get("/account").status_code == 200
    assert password not in session.scalars(select(User)).one().password
    assert "has an account already" in command("create", "rut@example.org").output


def test_a_password_reset_by_command_ends_every_sign_in(
    app: Flask, command: Callable[..., Any], world: factories.World, sign_in: Callable[..., FlaskClient]
) -> None:
    browser = sign_in(world.sme_user)
    password = command("reset-password", world.sme_user.email).output.splitlines()[0].split("\t")[1]
    assert browser.get("/account").status_code == 302
    fresh = app.test_client()
    fresh.post("/sign-in", data={"email": world.sme_user.email, "password": password})
    assert fresh.get("/account").status_code == 200


def test_roles_are_given_by_command(command: Callable[..., Any], world: factories.World, session: Session) -> None:
    command("set-role", world.newcomer.email, "platform-admin")
    command("set-role", world.newcomer.email, "cluster-manager", "--cluster", world.cluster.slug)
    command("set-role", world.newcomer.email, "organisation-admin", "--organisation", "KNOCHENWERK gmbh")
    session.expire_all()
    user = session.get_one(User, world.newcomer.id)
    assert user.has_role("platform-admin")
    managed = select(ClusterManager.cluster_id).where(ClusterManager.user_id == user.id)
    assert session.scalars(managed).all() == [world.cluster.id]
    membership = session.scalars(select(Membership).where(Membership.user_id == user.id)).one()
    assert (membership.organisation_id, membership.role, membership.state) == (
        world.sme.id,
        MembershipRole.ADMIN,
        MembershipState.ACTIVE,
    )


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("deactivate", "nobody@nowhere.example"), "expected the address of a user"),
        (("create", "nonsense"), "expected an e-mail address"),
        (("set-role", "newcomer@nowhere.example", "cluster-manager"), "expected --cluster to name one cluster"),
        (("set-role", "newcomer@nowhere.example", "organisation-admin"), "expected --organisation"),
        (("set-role", "newcomer@nowhere.example", "organisation-admin", "--organisation", "?"), "found none"),
    ],
)
def test_a_command_says_what_it_expected(
    command: Callable[..., Any], world: factories.World, args: tuple[str, ...], said: str
) -> None:
    result = command(*args)
    assert result.exit_code != 0
    assert said in result.output


def test_the_list_tells_who_can_sign_in(command: Callable[..., Any], world: factories.World) -> None:
    command("deactivate", world.outsider.email)
    lines = {line.split("\t")[0]: line.split("\t")[2:] for line in command("list").output.splitlines()}
    assert lines[world.outsider.email] == ["closed"]
    assert lines[world.platform_admin.email] == ["active", "platform-admin"]
