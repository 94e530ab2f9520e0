"""Competences and the evidence behind them: written, published, read and withdrawn."""

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
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence, Evidence, Profile, ProfileKind
from tests import factories
from tests.factories import World

SignIn = Callable[..., FlaskClient]

TYPED = {
    "title": "Biofilm testing of catheter surfaces under flow",
    "description": "Twelve flow cells with urine or plasma, read by confocal microscopy after one to fourteen days.",
    "advantages": "You see the biofilm as it grows, where plates only show its end.",
    "stage": "field_tested",
    "trl": "7",
    "ipr_status": "secret_know_how",
    "cooperation": ["services"],
    "keywords": "biofilm, catheter, flow cell",
    "version": "0",
    "action": "save",
}


def only(session: Session, model: type[Any]) -> Any:
    session.expire_all()
    return session.scalars(select(model)).one()


def group(session: Session, world: World, **values: Any) -> Profile:
    made = Profile(
        **{
            "kind": ProfileKind.GROUP,
            "organisation": world.sme,
            "name": "The flow group",
            "state": ItemState.PUBLISHED,
            "visibility": Visibility.PUBLIC,
            **values,
        }
    )
    session.add(made)
    session.commit()
    return made


def test_a_member_registers_a_competence_of_a_group(world: World, sign_in: SignIn, session: Session) -> None:
    flow = group(session, world)
    answer = sign_in(world.sme_user).post("/competences/new", data={**TYPED, "profile_id": str(flow.id)})

    made = only(session, Competence)
    assert answer.location.endswith(f"/competences/{made.public_id}")
    assert (made.state, made.visibility) == (ItemState.DRAFT, Visibility.PRIVATE)
    assert (made.stage, made.trl, made.ipr_status) == ("field_tested", 7, "secret_know_how")
    assert made.profile_id == flow.id


def test_a_competence_cannot_be_hung_on_another_organisations_group(
    world: World, sign_in: SignIn, session: Session
) -> None:
    theirs = group(session, world, organisation=world.university)
    answer = sign_in(world.sme_user).post("/competences/new", data={**TYPED, "profile_id": str(theirs.id)})

    assert answer.status_code == 422
    assert session.scalars(select(Competence)).all() == []


def test_publishing_makes_it_readable_for_a_year(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient
) -> None:
    sign_in(world.sme_user).post("/competences/new", data={**TYPED, "visibility": "public", "action": "publish"})

    made = only(session, Competence)
    assert made.is_live
    assert made.expires_on == today() + timedelta(days=365)
    page = client.get(f"/competences/{made.public_id}").text
    assert "You see the biofilm as it grows" in page
    assert "Field tested and evaluated" in page


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
    record = factories.evidence(session, world.sme, title="A public record")
    made = factories.competence(session, world.sme, title="The secret of the silver suture", **hidden)
    made.evidence.append(record)
    session.commit()

    for browser in (client, sign_in(world.researcher), sign_in(world.outsider), sign_in(world.manager)):
        assert browser.get(f"/competences/{made.public_id}").status_code == 404
        assert browser.get(f"/competences/{made.public_id}/edit").status_code in (302, 404)
        for page in (f"/organisations/{world.sme.public_id}", f"/evidence/{record.public_id}"):
            assert "silver suture" not in browser.get(page).text
    assert "silver suture" in sign_in(world.sme_user).get(f"/competences/{made.public_id}").text


def test_a_hidden_record_does_not_show_under_a_public_competence(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient
) -> None:
    made = factories.competence(session, world.sme)
    made.evidence.append(
        factories.evidence(session, world.sme, title="The unpublished trial", visibility=Visibility.PRIVATE)
    )
    made.evidence.append(factories.evidence(session, world.sme, title="The published trial"))
    session.commit()

    for address in (f"/competences/{made.public_id}", f"/organisations/{world.sme.public_id}"):
        page = client.get(address).text
        assert "The published trial" in page
        assert "The unpublished trial" not in page
        assert "The unpublished trial" in sign_in(world.sme_user).get(address).text


@pytest.mark.parametrize("verb", ["publish", "renew", "withdraw", "delete", "evidence"])
def test_only_the_own_organisation_moves_a_competence(
    world: World, sign_in: SignIn, session: Session, client: FlaskClient, verb: str
) -> None:
    made = factories.competence(session, world.sme)
    session.commit()
    for browser in (client, sign_in(world.researcher), sign_in(world.manager), sign_in(world.platform_admin)):
        assert browser.post(f"/competences/{made.public_id}/{verb}").status_code == 404
        assert browser.post(f"/competences/{made.public_id}/edit", data=TYPED).status_code == 404
    assert only(session, Competence).version == made.version


def test_two_colleagues_saving_at_once_lose_nothing(world: World, sign_in: SignIn, session: Session) -> None:
    made = factories.competence(session, world.sme)
    session.commit()
    address, opened = f"/competences/{made.public_id}/edit", str(made.version)
    sign_in(world.sme_user).post(address, data={**TYPED, "advantages": "What the first one wrote", "version": opened})
    answer = sign_in(world.sme_admin).post(
        address, data={**TYPED, "advantages": "What the second one wrote", "version": opened}
    )

    assert answer.status_code == 409
    assert "What the first one wrote" in answer.text
    assert "What the second one wrote" in answer.text
    assert only(session, Competence).advantages == "What the first one wrote"


def test_a_year_is_added_in_one_click(world: World, sign_in: SignIn, session: Session) -> None:
    made = factories.competence(session, world.sme, expires_on=today() - timedelta(days=5))
    session.commit()
    browser = sign_in(world.sme_user)
    assert f"/competences/{made.public_id}/renew" in browser.get("/offers").text
    browser.post(f"/competences/{made.public_id}/renew", data={"back": "mine"})
    assert only(session, Competence).expires_on == today() + timedelta(days=365)


def test_a_record_is_registered_for_the_competence_it_backs(world: World, sign_in: SignIn, session: Session) -> None:
    made = factories.competence(session, world.sme)
    session.commit()
    browser = sign_in(world.sme_user)
    assert "checked" in browser.get(f"/evidence/new?competence={made.public_id}").text

    browser.post(
        "/evidence/new",
        data={
            "kind": "publication", "title": "Flow cells for catheters", "identifier": "10.5555/flow", "year": "2024",
            "backs": [str(made.id)], "visibility": "public", "action": "publish",
        },
    )  # fmt: skip

    record = only(session, Evidence)
    assert record.is_live
    assert [one.id for one in record.competences] == [made.id]
    assert [one.id for one in record.organisations] == [world.sme.id]
    assert 'href="https://doi.org/10.5555/flow"' in browser.get(f"/evidence/{record.public_id}").text


def test_a_record_cannot_be_hung_on_another_organisations_competence(
    world: World, sign_in: SignIn, session: Session
) -> None:
    theirs = factories.competence(session, world.university)
    session.commit()
    answer = sign_in(world.sme_user).post(
        "/evidence/new", data={"kind": "patent", "title": "Borrowed plumes", "backs": [str(theirs.id)]}
    )
    assert answer.status_code == 422
    assert session.scalars(select(Evidence)).all() == []


def test_a_registered_record_is_attached_once_and_detached(world: World, sign_in: SignIn, session: Session) -> None:
    made = factories.competence(session, world.sme)
    record = factories.evidence(session, world.sme)
    foreign = factories.evidence(session, world.university)
    session.commit()
    browser = sign_in(world.sme_user)
    for given in (record, record, foreign):
        browser.post(f"/competences/{made.public_id}/evidence", data={"evidence": given.public_id})
    assert [one.id for one in only(session, Competence).evidence] == [record.id]

    browser.post(f"/competences/{made.public_id}/evidence/{record.public_id}/detach")
    assert only(session, Competence).evidence == []


def test_editing_a_record_keeps_other_organisations_competences(
    world: World, sign_in: SignIn, session: Session
) -> None:
    ours, theirs = factories.competence(session, world.sme), factories.competence(session, world.university)
    record = factories.evidence(session, world.sme, competences=[ours, theirs])
    session.commit()
    sign_in(world.sme_user).post(
        f"/evidence/{record.public_id}/edit",
        data={"kind": "project", "title": "A joint project", "backs": [], "version": str(record.version)},
    )
    changed = only(session, Evidence)
    assert changed.title == "A joint project"
    assert [one.id for one in changed.competences] == [theirs.id]


def test_an_address_that_is_none_never_becomes_a_link(world: World, session: Session, client: FlaskClient) -> None:
    record = factories.evidence(session, world.sme, url="javascript:alert(1)")
    world.sme.website = "javascript:alert(2)"
    session.commit()
    for address in (f"/evidence/{record.public_id}", f"/organisations/{world.sme.public_id}"):
        assert "javascript:" not in client.get(address).text
