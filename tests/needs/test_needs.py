"""Needs: written by members, read within their visibility, moved through their states."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import today
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from tests import factories
from tests.factories import World

SignIn = Callable[..., FlaskClient]

TYPED = {
    "title": "Perfusion culture for bone grafts of 30 cm³",
    "description": "Cells die in the centre of our printed scaffolds after three days, whatever medium we use.",
    "expected_result": "A protocol that keeps cells alive for four weeks.",
    "keywords": "perfusion, bone graft; bioreactor, Perfusion",
    "cooperation": ["services", "research_cooperation"],
    "fields": ["bone_healing"],
    "countries": "Germany, Schweden, DK",
    "trl_min": "4",
    "trl_max": "6",
    "regulated": "no",
    "version": "0",
    "action": "save",
}


def only_need(session: Session) -> Need:
    session.expire_all()
    return session.scalars(select(Need)).one()


def test_a_member_writes_a_draft_and_everything_typed_is_kept(world: World, sign_in: SignIn, session: Session) -> None:
    browser = sign_in(world.sme_user)
    answer = browser.post("/needs/new", data=TYPED)

    need = only_need(session)
    assert answer.status_code == 302
    assert answer.location.endswith(f"/needs/{need.public_id}")
    assert need.state == ItemState.DRAFT
    assert need.visibility == Visibility.PRIVATE
    assert need.organisation_id == world.sme.id
    assert need.author_id == world.sme_user.id
    assert need.keywords == ["perfusion", "bone graft", "bioreactor"]
    assert need.countries == ["DE", "SE", "DK"]
    assert need.cooperation == ["services", "research_cooperation"]
    assert (need.trl_min, need.trl_max, need.regulated) == (4, 6, False)


def test_publishing_opens_the_need_until_its_deadline(world: World, sign_in: SignIn, session: Session) -> None:
    deadline = today() + timedelta(days=40)
    sign_in(world.sme_user).post("/needs/new", data={**TYPED, "deadline": deadline.isoformat(), "action": "publish"})

    need = only_need(session)
    assert need.is_live
    assert need.expires_on == deadline


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": "\u200b \u200d"}, "Please fill this in."),
        ({"title": "x" * 121}, "within 120 characters"),
        ({"description": "y" * 4001}, "within 4,000 characters"),
        ({"trl_min": "7", "trl_max": "3"}, "is below the lower one"),
        ({"trl_min": "12"}, "Not a valid choice"),
        ({"countries": "Germany, Atlantis"}, "no country called “Atlantis”"),
        ({"keywords": ",".join(f"word {n}" for n in range(13))}, "at most 12"),
        ({"deadline": "2001-01-01"}, "This day has passed"),
        ({"deadline": "soon"}, "year-month-day"),
        ({"expires_on": "9999-01-01"}, "within the next 2 years"),
        ({"fields": ["atmp", "devices", "imaging", "care", "pharma", "finance"]}, "at most 5"),
        ({"visibility": "teaser", "action": "publish"}, "Please type what others may read"),
        ({"cooperation": ["world domination"]}, "not a valid choice"),
        ({"action": "publish", "description": "Too short."}, "at least 40 characters"),
    ],
)
def test_what_is_not_accepted_is_explained_and_nothing_typed_is_lost(
    world: World, sign_in: SignIn, session: Session, change: dict[str, Any], message: str
) -> None:
    answer = sign_in(world.sme_user).post("/needs/new", data={**TYPED, **change})

    assert answer.status_code == 422
    assert message in answer.text
    assert "A protocol that keeps cells alive for four weeks." in answer.text
    for typed in change.values():
        if isinstance(typed, str) and typed.strip("\u200b \u200d") and typed not in ("12", "teaser", "publish"):
            assert typed in answer.text
    assert session.scalars(select(Need)).all() == []


def test_titles_are_composed_and_lose_what_cannot_be_seen(world: World, sign_in: SignIn, session: Session) -> None:
    sign_in(world.sme_user).post("/needs/new", data={**TYPED, "title": "Fra\u0308sen\u202e von  \u200bKera\u00admik"})
    assert only_need(session).title == "Fräsen von Keramik"


@pytest.mark.parametrize(
    "hidden",
    [
        {"state": ItemState.DRAFT},
        {"state": ItemState.WITHDRAWN},
        {"state": ItemState.MET},
        {"expires_on": today() - timedelta(days=1)},
        {"visibility": Visibility.PRIVATE},
    ],
)
def test_what_is_not_live_or_private_does_not_exist_for_others(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient, hidden: dict[str, Any]
) -> None:
    need = factories.need(session, world.sme, title="The secret of the silver suture", **hidden)
    session.commit()

    for browser in (client, sign_in(world.researcher), sign_in(world.outsider), sign_in(world.manager)):
        answer = browser.get(f"/needs/{need.public_id}")
        assert answer.status_code == 404
        assert "silver suture" not in answer.text
        assert "silver suture" not in browser.get(f"/organisations/{world.sme.public_id}").text
    assert sign_in(world.sme_user).get(f"/needs/{need.public_id}").status_code == 200


def test_a_members_need_is_read_in_the_cluster_and_nowhere_else(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient
) -> None:
    need = factories.need(session, world.sme, visibility=Visibility.MEMBERS)
    session.commit()
    address = f"/needs/{need.public_id}"

    assert sign_in(world.researcher).get(address).status_code == 200
    assert sign_in(world.manager).get(address).status_code == 200
    assert sign_in(world.outsider).get(address).status_code == 404
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("verb", ["publish", "renew", "met", "close", "delete"])
def test_only_the_own_organisation_moves_a_need(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient, verb: str
) -> None:
    need = factories.need(session, world.sme, state=ItemState.DRAFT if verb == "delete" else ItemState.PUBLISHED)
    session.commit()
    before = (need.state, need.expires_on, need.version)

    for browser in (client, sign_in(world.researcher), sign_in(world.manager), sign_in(world.platform_admin)):
        assert browser.post(f"/needs/{need.public_id}/{verb}").status_code == 404
        assert browser.get(f"/needs/{need.public_id}/edit").status_code in (302, 404)
        assert browser.post(f"/needs/{need.public_id}/edit", data=TYPED).status_code == 404
    kept = only_need(session)
    assert (kept.state, kept.expires_on, kept.version) == before


def test_two_colleagues_saving_at_once_lose_nothing(world: World, sign_in: SignIn, session: Session) -> None:
    need = factories.need(session, world.sme, state=ItemState.DRAFT, title="The title that both of them opened")
    session.commit()
    address = f"/needs/{need.public_id}/edit"
    first, second = sign_in(world.sme_user), sign_in(world.sme_admin)

    opened = str(need.version)
    first.post(address, data={**TYPED, "title": "What the first one wrote", "version": opened})
    answer = second.post(address, data={**TYPED, "title": "What the second one wrote", "version": opened})

    assert answer.status_code == 409
    assert "What the first one wrote" in answer.text
    assert "What the second one wrote" in answer.text
    kept = only_need(session)
    assert kept.title == "What the first one wrote"
    assert f'name="version" type="hidden" value="{kept.version}"' in answer.text

    second.post(address, data={**TYPED, "title": "What the second one wrote", "version": str(kept.version)})
    assert only_need(session).title == "What the second one wrote"


def test_an_expired_need_is_renewed_in_one_click(world: World, sign_in: SignIn, session: Session) -> None:
    yesterday = today() - timedelta(days=1)
    need = factories.need(session, world.sme, expires_on=yesterday, deadline=yesterday)
    session.commit()
    browser = sign_in(world.sme_user)
    assert f"/needs/{need.public_id}/renew" in browser.get("/needs/mine?state=expired").text

    answer = browser.post(f"/needs/{need.public_id}/renew", data={"back": "mine"})

    assert answer.location.startswith("/needs/mine")
    renewed = only_need(session)
    assert renewed.is_live
    assert renewed.deadline is None


def test_a_draft_that_says_too_little_is_not_published_by_a_click(
    world: World, sign_in: SignIn, session: Session
) -> None:
    need = factories.need(session, world.sme, state=ItemState.DRAFT, description="")
    session.commit()
    answer = sign_in(world.sme_user).post(f"/needs/{need.public_id}/publish", follow_redirects=True)

    assert "at least 40 characters" in answer.text
    assert only_need(session).state == ItemState.DRAFT


def test_only_a_draft_can_be_deleted(world: World, sign_in: SignIn, session: Session) -> None:
    draft = factories.need(session, world.sme, state=ItemState.DRAFT)
    opened = factories.need(session, world.sme)
    session.commit()
    browser = sign_in(world.sme_user)
    browser.post(f"/needs/{draft.public_id}/delete")
    browser.post(f"/needs/{opened.public_id}/delete")

    assert only_need(session).public_id == opened.public_id


def test_a_met_need_is_kept_and_can_be_opened_again(world: World, sign_in: SignIn, session: Session) -> None:
    need = factories.need(session, world.sme)
    session.commit()
    browser = sign_in(world.sme_user)
    browser.post(f"/needs/{need.public_id}/met")
    assert only_need(session).state == ItemState.MET
    browser.post(f"/needs/{need.public_id}/publish")
    assert only_need(session).is_live


def test_the_own_list_counts_by_state_and_shows_twenty_at_a_time(
    world: World, sign_in: SignIn, session: Session
) -> None:
    for _ in range(21):
        factories.need(session, world.sme, state=ItemState.DRAFT)
    factories.need(session, world.sme, title="The one that ends soon", expires_on=today() + timedelta(days=3))
    factories.need(session, world.university, title="Somebody else's need")
    session.commit()
    browser = sign_in(world.sme_user)

    whole = browser.get("/needs/mine").text
    assert "22 needs" in whole
    assert "Somebody else's need" not in whole
    assert whole.count('class="owned"') == 20
    assert browser.get("/needs/mine?page=2").text.count('class="owned"') == 2
    soon = browser.get("/needs/mine?state=expiring").text
    assert "One need" in soon
    assert "The one that ends soon" in soon


def test_a_user_without_an_organisation_is_led_to_one(world: World, sign_in: SignIn) -> None:
    for address in ("/needs/mine", "/needs/new"):
        assert sign_in(world.newcomer).get(address).status_code in (302, 404)
    assert sign_in(world.newcomer).post("/needs/new", data=TYPED).status_code in (302, 404)


def test_the_help_beside_the_form_follows_what_is_typed(world: World, sign_in: SignIn, session: Session) -> None:
    browser = sign_in(world.sme_user)
    little = browser.post("/needs/review", data={"title": "Partner wanted"})
    assert "could be anything" in little.text
    much = browser.post("/needs/review", data={**TYPED, "visibility": "members"})
    assert "could be anything" not in much.text
    assert "Members of your cluster read" in much.text
    assert TYPED["title"] in much.text
    assert session.scalars(select(Need)).all() == []


def test_without_script_a_button_checks_the_text_and_saves_nothing(
    world: World, sign_in: SignIn, session: Session
) -> None:
    answer = sign_in(world.sme_user).post("/needs/new", data={**TYPED, "action": "check"})
    assert answer.status_code == 200
    assert TYPED["title"] in answer.text
    assert session.scalars(select(Need)).all() == []
