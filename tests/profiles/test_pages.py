"""The pages of organisations, groups and people."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.items.models import ItemState
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import EvidenceKind, Profile, ProfileKind
from tests import factories
from tests.factories import World

SignIn = Callable[..., FlaskClient]

TYPED = {
    "kind": "person",
    "name": "Dr. Åsa Müller",
    "headline": "Keeps grafts alive",
    "orcid": "https://orcid.org/0000-0002-1825-0097",
    "website": "mueller.example",
    "is_me": "y",
    "version": "0",
    "action": "save",
}


def only_profile(session: Session) -> Profile:
    session.expire_all()
    return session.scalars(select(Profile)).one()


def test_the_page_of_an_organisation_tells_who_they_are_and_what_they_can_do(
    world: World, session: Session, client: FlaskClient
) -> None:
    world.sme.about = "Twelve engineers.\n\nOne dog."
    made = factories.competence(session, world.sme, title="Perfusion of large grafts")
    made.evidence.append(factories.evidence(session, world.sme, title="A paper on perfusion"))
    factories.need(session, world.sme, title="A clean room for twelve grafts")
    factories.test_field(session, world.sme, title="A bench for guests")
    factories.competence(session, world.university, title="Somebody else's competence")
    session.commit()
    page = client.get(f"/organisations/{world.sme.public_id}").text

    for text in (
        world.sme.name, world.sme.headline, "One dog.", "Perfusion of large grafts", "A paper on perfusion",
        "A clean room for twelve grafts", "A bench for guests", "Hamburg, Germany", "Northern Lights",
    ):  # fmt: skip
        assert text in page
    assert "Somebody else&#39;s competence" not in page
    assert re.search(r"[\w.]@\w", page) is None, "nobody's address"


def test_an_imported_organisation_is_shown_by_its_projects_with_source_and_licence(
    world: World, session: Session, client: FlaskClient
) -> None:
    lab = factories.organisation(session, name="Imported Lab", source="CORDIS", licence="CC BY 4.0")
    for number in range(25):
        factories.evidence(
            session, world.university, kind=EvidenceKind.PROJECT, title=f"Project {number} of many",
            organisations=[world.university, lab], source="CORDIS", licence="CC BY 4.0", year=2000 + number,
        )  # fmt: skip
    session.commit()
    page = client.get(f"/organisations/{lab.public_id}").text
    assert "What they have worked on" in page
    assert "Project 24 of many" in page
    assert "All 25" in page
    assert page.count("Source: CORDIS") == 1
    assert "Licence: CC BY 4.0" in page

    records = client.get(f"/organisations/{lab.public_id}/evidence").text
    assert "25 records" in records
    assert records.count('class="record-row"') == 20
    assert "Project 0 of many" in client.get(f"/organisations/{lab.public_id}/evidence?page=2").text


def test_an_organisation_that_does_not_exist_is_not_there(client: FlaskClient) -> None:
    assert client.get("/organisations/222222222222").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "99999999999999999999", "two", "²"])
def test_a_page_that_does_not_exist_gives_the_nearest(world: World, client: FlaskClient, page: str) -> None:
    assert client.get(f"/organisations/{world.sme.public_id}?page={page}").status_code == 200


def test_an_address_cannot_steer_the_links_of_a_list(world: World, session: Session, client: FlaskClient) -> None:
    for _ in range(12):
        factories.competence(session, world.sme)
    session.commit()
    tricks = "_scheme=evil&_external=1&_anchor=x&endpoint=home.index&public_id=other&_method=POST"
    answer = client.get(f"/organisations/{world.sme.public_id}?{tricks}")
    assert answer.status_code == 200
    assert "evil:" not in answer.text
    assert f"/organisations/{world.sme.public_id}?page=2" in answer.text.replace("&amp;", "&")


def test_a_member_writes_their_own_profile(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient
) -> None:
    browser = sign_in(world.sme_user)
    browser.post("/profiles/new", data=TYPED)
    made = only_profile(session)
    assert (made.orcid, made.website, made.user_id) == (
        "0000-0002-1825-0097",
        "https://mueller.example",
        world.sme_user.id,
    )
    assert (made.state, made.visibility) == (ItemState.DRAFT, Visibility.PRIVATE)
    assert client.get(f"/profiles/{made.public_id}").status_code == 404

    data = {**TYPED, "visibility": "public", "action": "publish", "version": str(made.version)}
    browser.post(f"/profiles/{made.public_id}/edit", data=data)
    assert "Keeps grafts alive" in client.get(f"/profiles/{made.public_id}").text
    assert "Dr. Åsa Müller" in client.get(f"/organisations/{world.sme.public_id}").text

    browser.post(f"/profiles/{made.public_id}/withdraw")
    assert client.get(f"/profiles/{made.public_id}").status_code == 404
    assert "Dr. Åsa Müller" not in client.get(f"/organisations/{world.sme.public_id}").text


def test_a_colleague_does_not_take_over_whose_profile_it_is(world: World, sign_in: SignIn, session: Session) -> None:
    sign_in(world.sme_user).post("/profiles/new", data=TYPED)
    made = only_profile(session)
    typed = {name: value for name, value in TYPED.items() if name != "is_me"}
    sign_in(world.sme_admin).post(
        f"/profiles/{made.public_id}/edit", data={**typed, "headline": "Corrected", "version": str(made.version)}
    )
    changed = only_profile(session)
    assert (changed.headline, changed.user_id) == ("Corrected", world.sme_user.id)


@pytest.mark.parametrize("verb", ["edit", "publish", "withdraw", "delete"])
def test_only_the_own_organisation_moves_a_profile(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient, verb: str
) -> None:
    made = Profile(
        kind=ProfileKind.GROUP, organisation=world.sme, name="The flow group", state=ItemState.PUBLISHED,
        visibility=Visibility.PUBLIC,
    )  # fmt: skip
    session.add(made)
    session.commit()
    for browser in (client, sign_in(world.researcher), sign_in(world.manager)):
        assert browser.post(f"/profiles/{made.public_id}/{verb}", data=TYPED).status_code == 404
    assert only_profile(session).version == made.version


def test_a_conflict_on_a_profile_shows_both_texts(world: World, sign_in: SignIn, session: Session) -> None:
    browser = sign_in(world.sme_user)
    browser.post("/profiles/new", data=TYPED)
    made = only_profile(session)
    opened: dict[str, Any] = {**TYPED, "version": str(made.version)}
    browser.post(f"/profiles/{made.public_id}/edit", data={**opened, "headline": "First thought"})
    answer = browser.post(f"/profiles/{made.public_id}/edit", data={**opened, "headline": "Second thought"})
    assert answer.status_code == 409
    assert "First thought" in answer.text
    assert "Second thought" in answer.text


def test_the_pages_of_an_own_organisation_open_for_every_kind_of_record(
    world: World, sign_in: SignIn, session: Session
) -> None:
    made = factories.competence(session, world.sme, state=ItemState.DRAFT)
    record = factories.evidence(session, world.sme, state=ItemState.WITHDRAWN)
    session.commit()
    browser = sign_in(world.sme_user)
    for address in (
        "/offers", "/offers?state=draft", "/offers?state=nonsense", "/offers/evidence", "/competences/new",
        f"/competences/{made.public_id}", f"/competences/{made.public_id}/edit", "/evidence/new",
        f"/evidence/{record.public_id}", f"/evidence/{record.public_id}/edit", "/profiles/new?kind=person",
    ):  # fmt: skip
        assert browser.get(address).status_code == 200, address
