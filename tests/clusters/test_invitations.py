"""Inviting people to an organisation, handing it over, and leaving it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters import operations
from matchmaker.clusters.models import Invitation, Membership, MembershipRole, MembershipState
from matchmaker.db import db, utcnow
from matchmaker.needs.models import Need
from tests import factories
from tests.clusters.test_joining import mails, membership

SignIn = Callable[..., FlaskClient]


def invite(browser: FlaskClient, world: factories.World, email: str, role: str = "member", **more: str) -> Any:
    return browser.post(f"/organisations/{world.sme.public_id}/invite", data={"email": email, "role": role, **more})


@pytest.fixture
def invited(world: factories.World, session: Session, sign_in: SignIn) -> Invitation:
    """The SME's admin has invited the newcomer as a member."""
    invite(sign_in(world.sme_admin), world, world.newcomer.email)
    return session.scalars(select(Invitation)).one()


def test_an_invitation_leads_whoever_holds_the_address_into_the_organisation_in_its_role(
    app: Flask, world: factories.World, session: Session, sign_in: SignIn, invited: Invitation
) -> None:
    letter = mails(app)[-1]
    assert letter.to == [world.newcomer.email]
    link = re.search(r"http://127\.0\.0\.1:8000(/invitations/\w+)", letter.body)[1]
    visitor = app.test_client().get(link).text
    assert world.sme.name in visitor
    assert world.newcomer.email not in visitor

    browser = sign_in(world.newcomer)
    assert world.sme.name in browser.get("/start").text
    assert "Accept" in browser.get(link).text
    answer = browser.post(f"{link}/accept", data={"role": "admin", "organisation_id": world.university.id})
    assert answer.status_code == 302
    made = membership(session, world.newcomer, world.sme)
    assert (made.role, made.state) == (MembershipRole.MEMBER, MembershipState.ACTIVE)
    assert membership(session, world.newcomer, world.university) is None
    assert browser.get(link).status_code == 404, "it works once"


def test_whoever_creates_an_account_with_the_address_finds_the_invitation(
    app: Flask, world: factories.World, session: Session, sign_in: SignIn
) -> None:
    invite(sign_in(world.sme_admin), world, "Later@nowhere.example", "admin")
    later = factories.user(session, email="later@nowhere.example")
    session.commit()
    browser = sign_in(later)
    accept = re.search(r'action="(/invitations/\w+/accept)"', browser.get("/start").text)[1]
    browser.post(accept)
    assert membership(session, later, world.sme).role == MembershipRole.ADMIN


def test_a_forwarded_invitation_is_worth_nothing_to_another_account(
    app: Flask, world: factories.World, session: Session, sign_in: SignIn, invited: Invitation
) -> None:
    other = sign_in(world.outsider)
    assert "sent to another address" in other.get(f"/invitations/{invited.public_id}").text
    assert other.post(f"/invitations/{invited.public_id}/accept").status_code == 409
    assert membership(session, world.outsider, world.sme) is None
    sign_in(world.newcomer).post(f"/invitations/{invited.public_id}/accept")
    assert membership(session, world.newcomer, world.sme) is not None, "the wrong one did not use it up"


@pytest.mark.parametrize("ended", ["expires_at", "withdrawn_at", "accepted_at"])
def test_an_invitation_that_is_over_looks_like_none(
    world: factories.World, session: Session, sign_in: SignIn, invited: Invitation, ended: str
) -> None:
    setattr(invited, ended, utcnow() - timedelta(seconds=1))
    session.commit()
    browser = sign_in(world.newcomer)
    assert browser.get(f"/invitations/{invited.public_id}").status_code == 404
    assert browser.post(f"/invitations/{invited.public_id}/accept").status_code == 404
    assert membership(session, world.newcomer, world.sme) is None


@pytest.mark.every_database
def test_of_two_who_accept_at_the_same_moment_one_succeeds(
    app: Flask, world: factories.World, session: Session, invited: Invitation
) -> None:
    with app.app_context(), Session(db.engine) as one, Session(db.engine) as other:
        # Both have read it as open before either writes; on SQLite the second may begin only then.
        shown = one.get_one(Invitation, invited.id)
        operations.accept_invitation(one, shown, one.get_one(User, world.newcomer.id))
        one.commit()
        with pytest.raises(operations.NotInvited):
            operations.accept_invitation(
                other, other.get_one(Invitation, invited.id), other.get_one(User, world.newcomer.id)
            )
    assert session.scalar(select(func.count(Membership.id)).where(Membership.user_id == world.newcomer.id)) == 1


def test_inviting_tells_nothing_about_who_has_an_account(app: Flask, world: factories.World, sign_in: SignIn) -> None:
    browser = sign_in(world.sme_admin)
    answers = [invite(browser, world, email) for email in (world.outsider.email, "nobody@nowhere.example")]
    assert answers[0].status_code == answers[1].status_code == 302
    assert len({m.subject for m in mails(app)}) == 1
    assert len(mails(app)) == 2


@pytest.mark.parametrize("email", ["nonsense", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", ""])
def test_what_is_no_address_gets_no_invitation(app: Flask, world: factories.World, sign_in: SignIn, email: str) -> None:
    assert invite(sign_in(world.sme_admin), world, email).status_code == 422
    assert mails(app) == []


def test_who_acts_for_it_already_needs_no_invitation(world: factories.World, sign_in: SignIn) -> None:
    answer = invite(sign_in(world.sme_admin), world, world.sme_user.email.upper())
    assert answer.status_code == 422
    assert "acts for the organisation already" in answer.text


def test_an_invitation_is_taken_back_and_a_second_one_replaces_the_first(
    world: factories.World, session: Session, sign_in: SignIn, invited: Invitation
) -> None:
    admin = sign_in(world.sme_admin)
    invite(admin, world, world.newcomer.email, "admin")
    session.refresh(invited)
    assert invited.withdrawn_at is not None
    second = session.scalars(select(Invitation).where(Invitation.withdrawn_at.is_(None))).one()
    assert sign_in(world.outsider).post(f"/invitations/{second.public_id}/withdraw").status_code == 404
    admin.post(f"/invitations/{second.public_id}/withdraw")
    session.refresh(second)
    assert second.withdrawn_at is not None


def test_nobody_joins_on_the_word_of_one_who_lost_the_right_to_invite(
    world: factories.World, session: Session, sign_in: SignIn, invited: Invitation
) -> None:
    taker = membership(session, world.sme_user, world.sme)
    sign_in(world.sme_admin).post(f"/memberships/{taker.public_id}/hand-over")
    assert sign_in(world.newcomer).get(f"/invitations/{invited.public_id}").status_code == 404


def test_a_new_account_invites_fewer(world: factories.World, session: Session, sign_in: SignIn) -> None:
    browser = sign_in(world.sme_admin)
    statuses = [
        invite(browser, world, f"p{n}@nowhere.example").status_code for n in range(operations.INVITATIONS_WHILE_NEW + 1)
    ]
    assert statuses == [302] * operations.INVITATIONS_WHILE_NEW + [429]
    session.get_one(User, world.sme_admin.id).created_at = utcnow() - timedelta(days=8)
    session.commit()
    assert invite(browser, world, "one-more@nowhere.example").status_code == 302


def test_handing_over_makes_the_other_admin_and_oneself_a_member(
    world: factories.World, session: Session, sign_in: SignIn
) -> None:
    giver, elsewhere = sign_in(world.sme_admin), sign_in(world.sme_admin)
    taker = membership(session, world.sme_user, world.sme)
    stranger = sign_in(world.researcher)
    assert stranger.post(f"/memberships/{taker.public_id}/hand-over").status_code == 404
    giver.post(f"/memberships/{taker.public_id}/hand-over")
    assert membership(session, world.sme_user, world.sme).role == MembershipRole.ADMIN
    assert membership(session, world.sme_admin, world.sme).role == MembershipRole.MEMBER
    assert giver.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302, "who lost a role signs in anew elsewhere"
    assert giver.get("/organisations/people").status_code == 404


def test_an_organisation_is_handed_to_one_of_its_own_active_people_only(
    world: factories.World, session: Session, sign_in: SignIn
) -> None:
    own = membership(session, world.sme_admin, world.sme)
    asking = Membership(user_id=world.newcomer.id, organisation_id=world.sme.id)
    session.add(asking)
    session.commit()
    browser = sign_in(world.sme_admin)
    for target in (own, asking):
        assert browser.post(f"/memberships/{target.public_id}/hand-over").status_code == 404
    assert membership(session, world.sme_admin, world.sme).role == MembershipRole.ADMIN


def test_who_leaves_leaves_the_content_with_the_organisation(
    world: factories.World, session: Session, sign_in: SignIn
) -> None:
    written = factories.need(session, world.sme, author_id=world.sme_user.id)
    session.commit()
    browser, elsewhere = sign_in(world.sme_user), sign_in(world.sme_user)
    own = membership(session, world.sme_user, world.sme)
    assert sign_in(world.sme_admin).post(f"/memberships/{own.public_id}/leave").status_code == 404
    assert "stays there" in browser.post(f"/memberships/{own.public_id}/leave", follow_redirects=True).text
    assert membership(session, world.sme_user, world.sme) is None
    assert session.get_one(Need, written.id).organisation_id == world.sme.id
    assert elsewhere.get("/account").status_code == 302


def test_the_only_admin_can_not_leave(world: factories.World, session: Session, sign_in: SignIn) -> None:
    own = membership(session, world.sme_admin, world.sme)
    answer = sign_in(world.sme_admin).post(f"/memberships/{own.public_id}/leave", follow_redirects=True)
    assert "Make another person admin first" in answer.text
    assert membership(session, world.sme_admin, world.sme) is not None


@pytest.mark.parametrize("loss", ["make-member", "remove"])
def test_who_is_taken_a_role_is_signed_out_everywhere(
    world: factories.World, session: Session, sign_in: SignIn, loss: str
) -> None:
    loser = sign_in(world.sme_user)
    row = membership(session, world.sme_user, world.sme)
    row.role = MembershipRole.ADMIN
    session.commit()
    sign_in(world.sme_admin).post(f"/memberships/{row.public_id}/{loss}")
    assert loser.get("/account").status_code == 302


def test_a_dismissed_manager_is_signed_out_everywhere(world: factories.World, sign_in: SignIn) -> None:
    manager = sign_in(world.manager)
    address = f"/clusters/{world.cluster.public_id}/managers/{world.manager.public_id}/dismiss"
    sign_in(world.platform_admin).post(address)
    assert manager.get("/account").status_code == 302
