"""Test fields: registered by hosts, found by readiness, with a contact who stays unnamed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import today
from matchmaker.items.models import ItemState, Rung
from matchmaker.permissions import Visibility
from matchmaker.testfields.models import Place, TestField, TestFieldKind
from tests import factories
from tests.factories import World

SignIn = Callable[..., FlaskClient]

TYPED = {
    "title": "Clean-room suite for small batches of cell products",
    "description": "Two grade B rooms with isolators; our staff run the transfer with yours.",
    "kind": "gmp_unit",
    "rung": "gmp",
    "regulated": "y",
    "place": "physical",
    "city": "Hamburg",
    "country": "DE",
    "access_steps": "Send an enquiry.\n\nMeet the head of production.\r\nSign the quality agreement.",
    "services": "Process transfer\nBatch documentation",
    "licences": "Manufacturing licence, GMP certificate",
    "response_days": "10",
    "version": "0",
    "action": "save",
}


def only_field(session: Session) -> TestField:
    session.expire_all()
    return session.scalars(select(TestField)).one()


def test_a_host_registers_a_place_with_its_way_in(world: World, sign_in: SignIn, session: Session) -> None:
    sign_in(world.sme_user).post("/test-fields/new", data={**TYPED, "contact_id": str(world.sme_admin.id)})

    made = only_field(session)
    assert made.state == ItemState.DRAFT
    assert made.visibility == Visibility.PRIVATE
    assert made.access_steps == ["Send an enquiry.", "Meet the head of production.", "Sign the quality agreement."]
    assert made.licences == ["Manufacturing licence", "GMP certificate"]
    assert (made.kind, made.rung, made.regulated, made.response_days) == ("gmp_unit", "gmp", True, 10)
    assert made.contact_id == world.sme_admin.id


def test_the_contact_is_one_of_the_hosts_own_people(world: World, sign_in: SignIn, session: Session) -> None:
    answer = sign_in(world.sme_user).post("/test-fields/new", data={**TYPED, "contact_id": str(world.researcher.id)})
    assert answer.status_code == 422
    assert session.scalars(select(TestField)).all() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": ""}, 'href="#kind"'),
        ({"rung": "moon"}, 'href="#rung"'),
        ({"response_days": "0"}, "from 1 to 60"),
        ({"response_days": "61"}, "from 1 to 60"),
        ({"access_steps": "\n".join(f"Step {n}" for n in range(11))}, "at most 10"),
        ({"country": "QQ"}, "Not a valid choice"),
        ({"title": ""}, "Please fill this in"),
    ],
)
def test_what_is_not_accepted_is_explained_and_nothing_typed_is_lost(
    world: World, sign_in: SignIn, session: Session, change: dict[str, str], message: str
) -> None:
    answer = sign_in(world.sme_user).post("/test-fields/new", data={**TYPED, **change})
    assert answer.status_code == 422
    assert message in answer.text
    assert "our staff run the transfer with yours" in answer.text
    assert session.scalars(select(TestField)).all() == []


def test_the_name_of_the_contact_stays_inside_the_organisation(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient
) -> None:
    world.sme_admin.name, world.sme_admin.title = "Greta Gatekeeper", "Head of production"
    made = factories.test_field(session, world.sme, contact_id=world.sme_admin.id)
    session.commit()
    pages = (f"/test-fields/{made.public_id}", "/test-fields/", f"/organisations/{world.sme.public_id}")

    for browser in (client, sign_in(world.researcher), sign_in(world.manager), sign_in(world.outsider)):
        for address in pages:
            page = browser.get(address).text
            assert "Gatekeeper" not in page
            assert world.sme_admin.email not in page
        assert "One accountable contact" in browser.get(pages[0]).text
    own = sign_in(world.sme_user).get(pages[0]).text
    assert "Greta Gatekeeper" in own
    assert "Head of production" in own
    assert world.sme_admin.email not in own


@pytest.mark.parametrize(
    "hidden",
    [
        {"state": ItemState.DRAFT},
        {"state": ItemState.WITHDRAWN},
        {"expires_on": today() - timedelta(days=1)},
        {"visibility": Visibility.PRIVATE},
    ],
)
def test_what_is_not_live_or_private_is_nowhere_for_others(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient, hidden: dict[str, Any]
) -> None:
    made = factories.test_field(session, world.host, title="The secret ward", kind=TestFieldKind.BIOBANK, **hidden)
    session.commit()
    for browser in (client, sign_in(world.sme_user), sign_in(world.outsider), sign_in(world.manager)):
        assert browser.get(f"/test-fields/{made.public_id}").status_code == 404
        listed = browser.get("/test-fields/?kind=biobank").text
        assert "The secret ward" not in listed
        assert "No test field fits all of this" in listed


def test_filters_narrow_the_list_and_their_counts_are_true(world: World, session: Session, client: FlaskClient) -> None:
    for title, rung, country, regulated in (
        ("Bench in Hamburg", Rung.LAB, "DE", False),
        ("Suite in Hamburg", Rung.GMP, "DE", True),
        ("Suite in Uppsala", Rung.GMP, "SE", True),
    ):
        factories.test_field(session, world.host, title=title, rung=rung, country=country, regulated=regulated)
    factories.test_field(session, world.host, title="Virtual ward", rung=Rung.CLINIC, country="", place=Place.VIRTUAL)
    session.commit()

    def titles(query: str) -> set[str]:
        page = client.get(f"/test-fields/?{query}").text
        known = ("Bench in Hamburg", "Suite in Hamburg", "Suite in Uppsala", "Virtual ward")
        return {title for title in known if title in page}

    assert titles("") == {"Bench in Hamburg", "Suite in Hamburg", "Suite in Uppsala", "Virtual ward"}
    assert titles("rung=gmp") == {"Suite in Hamburg", "Suite in Uppsala"}
    assert titles("rung=gmp&country=SE") == {"Suite in Uppsala"}
    assert titles("rung=gmp&rung=lab&country=de") == {"Suite in Hamburg", "Bench in Hamburg"}
    assert titles("regulated=no") == {"Bench in Hamburg"}
    assert titles("place=virtual") == {"Virtual ward"}
    assert titles("rung=nonsense&kind=palace&country=../") == titles("")
    counts = client.get("/test-fields/?country=SE").text
    assert 'value="lab"' not in counts
    assert '<span class="filter-count">1</span>' in counts


def test_the_most_ready_come_first_and_twenty_fit_on_a_page(
    world: World, session: Session, client: FlaskClient
) -> None:
    for number in range(21):
        factories.test_field(session, world.host, title=f"Bench {number}", rung=Rung.LAB)
    factories.test_field(session, world.host, title="The trial ward", rung=Rung.CLINIC)
    session.commit()

    first = client.get("/test-fields/").text
    assert "22 test fields" in first
    assert first.count('class="card test-field"') == 20
    assert first.index("The trial ward") < first.index("Bench ")
    assert client.get("/test-fields/?page=2").text.count('class="card test-field"') == 2
    assert "rung=lab" in client.get("/test-fields/?rung=lab").text


def test_members_see_more_than_visitors(world: World, sign_in: SignIn, session: Session, client: FlaskClient) -> None:
    factories.test_field(session, world.host, title="For members", visibility=Visibility.MEMBERS)
    session.commit()
    assert "For members" in sign_in(world.researcher).get("/test-fields/").text
    assert "For members" not in sign_in(world.outsider).get("/test-fields/").text
    assert "For members" not in client.get("/test-fields/").text


@pytest.mark.parametrize("verb", ["edit", "publish", "renew", "withdraw", "delete"])
def test_only_the_host_moves_a_test_field(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient, verb: str
) -> None:
    made = factories.test_field(session, world.host)
    session.commit()
    for browser in (client, sign_in(world.sme_user), sign_in(world.manager)):
        assert browser.post(f"/test-fields/{made.public_id}/{verb}", data=TYPED).status_code == 404
    assert only_field(session).version == made.version


def test_a_host_looks_after_its_places(world: World, sign_in: SignIn, session: Session) -> None:
    made = factories.test_field(session, world.sme, state=ItemState.DRAFT)
    session.commit()
    browser = sign_in(world.sme_user)
    for address in (
        "/test-fields/mine", "/test-fields/new", f"/test-fields/{made.public_id}",
        f"/test-fields/{made.public_id}/edit",
    ):  # fmt: skip
        assert browser.get(address).status_code == 200, address
    browser.post(f"/test-fields/{made.public_id}/publish")
    assert only_field(session).is_live
    browser.post(f"/test-fields/{made.public_id}/withdraw")
    assert only_field(session).state == ItemState.WITHDRAWN
    browser.post(f"/test-fields/{made.public_id}/delete")
    assert only_field(session).state == ItemState.WITHDRAWN


def test_a_conflict_shows_both_texts(world: World, sign_in: SignIn, session: Session) -> None:
    made = factories.test_field(session, world.sme)
    session.commit()
    address, opened = f"/test-fields/{made.public_id}/edit", str(made.version)
    browser = sign_in(world.sme_user)
    browser.post(address, data={**TYPED, "capacity": "Ten batches a year", "version": opened})
    answer = browser.post(address, data={**TYPED, "capacity": "Twenty batches a year", "version": opened})
    assert answer.status_code == 409
    assert "Ten batches a year" in answer.text
    assert "Twenty batches a year" in answer.text
    assert only_field(session).capacity == "Ten batches a year"
