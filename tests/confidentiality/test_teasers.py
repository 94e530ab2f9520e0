"""What others see of a confidential text, who reads the text itself, and how soon a change of mind counts."""

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

from matchmaker.audit import Event
from matchmaker.audit.models import AuditEntry
from matchmaker.clusters.queries import viewer_for
from matchmaker.db import today, utcnow
from matchmaker.items.models import Opening, Teaser
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from matchmaker.suggestions.models import Embedding, StatementRow
from tests import factories

SignIn = Callable[..., FlaskClient]

TEASER = "A maker of implants seeks a way to keep printed tissue alive. Experience with slow flow is welcome."
SECRET = {
    "title": "Zirconia lattice for the jaw of a 14-year-old footballer",
    "description": "Our Quasarite lattice clogs after nine days; Kestrel Dental wants it for its spring launch.",
    "expected_result": "A Quasarite lattice that stays open for thirty days.",
}
CANARIES = ("quasarite", "kestrel", "footballer", "zirconia")


@pytest.fixture
def need(session: Session, world: factories.World) -> Need:
    """A need of the SME that others know by its teaser."""
    made = factories.need(session, world.sme, visibility=Visibility.TEASER, teaser=TEASER, **SECRET)
    factories.competence(
        session,
        world.university,
        title="Slow flow for printed tissue",
        description="We keep printed tissue alive by slow flow, for makers of implants.",
    )
    session.commit()
    return made


def texts(answer: Any) -> str:
    return answer.get_data(as_text=True).lower()


def test_members_find_the_teaser_and_nothing_that_leads_to_its_owner(
    need: Need, world: factories.World, session: Session, sign_in: SignIn
) -> None:
    browser = sign_in(world.researcher)
    found = texts(browser.get("/search?q=keep+printed+tissue+alive"))
    page = texts(browser.get(f"/teasers/{need.shown_as.public_id}"))

    assert f"/teasers/{need.shown_as.public_id}" in found
    assert "keep printed tissue alive" in page
    for said in (page, found):
        assert need.public_id not in said
        assert not any(canary in said for canary in CANARIES)
    assert "knochenwerk" not in page
    assert world.sme.public_id not in page
    assert browser.get(f"/needs/{need.public_id}").status_code == 404
    assert need.shown_as.id != need.id


def test_a_confidential_text_has_neither_statement_nor_vector(need: Need, session: Session) -> None:
    said = " ".join(session.scalars(select(StatementRow.text))).lower()
    assert "keep printed tissue alive" in said
    assert not any(canary in said for canary in CANARIES)
    (row,) = session.scalars(select(StatementRow).where(StatementRow.kind == "teaser"))
    assert row.owners == ""


def test_a_visitor_finds_no_teaser(need: Need, client: FlaskClient) -> None:
    assert client.get(f"/teasers/{need.shown_as.public_id}").status_code in (302, 404)
    assert "experience with slow flow" not in texts(client.get("/search?q=printed+tissue"))
    assert "in confidence" not in texts(client.get("/search?q=printed+tissue"))


def test_whose_competence_fits_is_shown_the_teaser(
    need: Need, world: factories.World, session: Session, sign_in: SignIn
) -> None:
    theirs = factories.competence(
        session, world.university, title="Keeping printed tissue alive by slow flow", description=TEASER
    )
    session.commit()
    page = texts(sign_in(world.researcher).get(f"/suggestions/competence/{theirs.public_id}"))
    assert need.shown_as.public_id in page
    assert "knochenwerk" not in page
    assert not any(canary in page for canary in CANARIES)


def test_the_owner_asks_with_the_full_text_and_finds_it_by_its_words(
    need: Need, world: factories.World, session: Session, sign_in: SignIn
) -> None:
    theirs = factories.competence(
        session, world.university, title="Quasarite lattices", description="We keep Quasarite lattices open."
    )
    session.commit()
    browser = sign_in(world.sme_user)
    suggested = texts(browser.get(f"/suggestions/need/{need.public_id}"))
    assert "universität elbstrand" in suggested
    assert theirs.public_id in suggested
    assert need.public_id in texts(browser.get("/search?q=quasarite+lattice"))


def test_whose_need_fits_is_shown_the_competence_and_asks_for_an_introduction_without_learning_whose_it_is(
    world: factories.World, session: Session, sign_in: SignIn
) -> None:
    offered = "Printed tissue is kept alive by slow flow. Makers of implants are welcome."
    made = factories.competence(
        session,
        world.sme,
        visibility=Visibility.TEASER,
        teaser=offered,
        title=SECRET["title"],
        description=SECRET["description"],
    )
    need = factories.need(session, world.university, title="Keeping printed tissue alive", description=offered)
    factories.competence(session, world.host, title="Printed tissue alive by slow flow", description=offered)
    session.commit()
    teaser, list_of = made.shown_as.public_id, f"/suggestions/need/{need.public_id}"
    browser = sign_in(world.researcher)
    page = texts(browser.get(list_of)).partition("<main")[2]
    card = re.sub("<[^>]+>", "", page.partition(f'id="s-{teaser}"')[2].partition("</article>")[0])
    assert "a competence, in confidence" in card
    assert "makers of implants are welcome" in card
    assert "ask for an introduction" in card
    form = browser.get(f"/introductions/ask/{teaser}?for={need.public_id}")
    home = browser.get("/")
    compared = browser.get(f"{list_of}/compare?pick={teaser}&pick={world.host.public_id}")
    assert "a competence, in confidence" in texts(home)
    assert "a competence, in confidence" in texts(compared)
    assert "sector-none" not in texts(compared)
    explained = re.sub("<[^>]+>", "", texts(form).partition("<aside")[2])
    assert "makers of implants are welcome" in explained, "as it was shown"
    for answer in (form, home, compared, browser.get(f"{list_of}/list.csv"), browser.get(list_of)):
        assert answer.status_code == 200
        said = texts(answer)
        assert not any(canary in said for canary in (*CANARIES, "knochenwerk", world.sme.public_id, made.public_id))
    # A manager reads what was found and decides on nothing: a verdict would be on somebody whom they do not know.
    listed = texts(sign_in(world.manager).get(list_of))
    assert f'id="s-{teaser}"' in listed
    assert 'name="object_kind" value="teaser"' not in listed


@pytest.mark.parametrize("model", ["competence", "test_field"])
def test_competences_and_test_fields_have_teasers_too(
    world: factories.World, session: Session, sign_in: SignIn, model: str
) -> None:
    made = getattr(factories, model)(session, world.sme, visibility=Visibility.TEASER, teaser=TEASER)
    session.commit()
    page = texts(sign_in(world.researcher).get(f"/teasers/{made.shown_as.public_id}"))
    assert "in confidence" in page
    assert made.title.lower() not in page


def test_only_the_facts_that_the_owner_ticked_stand_beside_a_teaser(
    world: factories.World, session: Session, sign_in: SignIn
) -> None:
    shy = factories.need(session, world.sme, visibility=Visibility.TEASER, teaser=TEASER)
    open_ = factories.need(
        session, world.sme, visibility=Visibility.TEASER, teaser=f"{TEASER} Soon.", teaser_facts=["country", "sector"]
    )
    session.commit()
    browser = sign_in(world.researcher)
    for need, expected in ((shy, False), (open_, True)):
        page = texts(browser.get(f"/teasers/{need.shown_as.public_id}")).partition("<main")[2]
        assert ("germany" in page, "industry" in page) == (expected, expected)
    in_germany = texts(browser.get("/search?q=printed+tissue&country=DE"))
    assert open_.shown_as.public_id in in_germany
    assert shy.shown_as.public_id not in in_germany, "what a teaser does not say it does not satisfy"


# --- Managers ---------------------------------------------------------------------------------------------------------


def test_a_manager_reads_the_text_only_where_the_owner_ticked(
    need: Need, world: factories.World, session: Session, sign_in: SignIn
) -> None:
    other = factories.user(session, manages=world.cluster)
    session.commit()
    browser, second = sign_in(world.manager), sign_in(other)
    address = f"/needs/{need.public_id}"
    assert browser.get(address).status_code == 404
    assert "footballer" not in texts(browser.get("/desk/"))

    need.trusted.append(session.merge(world.manager))
    session.commit()
    assert (browser.get(address).status_code, second.get(address).status_code) == (200, 404)
    assert "footballer" in texts(browser.get("/desk/"))
    assert "footballer" not in texts(second.get("/desk/"))
    # It is handed over and not searched for.
    assert need.public_id not in texts(browser.get("/search?q=quasarite+footballer"))

    need.trusted.clear()
    need.for_managers = True
    session.commit()
    assert (browser.get(address).status_code, second.get(address).status_code) == (200, 200)
    assert sign_in(world.outsider).get(address).status_code == 404


def test_a_ticked_manager_who_manages_no_more_reads_it_no_more(
    need: Need, world: factories.World, session: Session, sign_in: SignIn
) -> None:
    manager = factories.user(session, manages=factories.cluster(session))
    need.trusted.append(manager)
    session.commit()
    assert sign_in(manager).get(f"/needs/{need.public_id}").status_code == 404


def test_any_manager_decides_on_a_teaser_and_learns_nothing_of_its_owner(
    need: Need, world: factories.World, session: Session, sign_in: SignIn
) -> None:
    browser = sign_in(world.manager)
    teaser = need.shown_as.public_id
    suggested = texts(browser.get(f"/suggestions/teaser/{teaser}"))
    assert "universität elbstrand" in suggested
    assert not any(canary in suggested for canary in CANARIES)

    def pin(organisation: Any) -> Any:
        return browser.post(
            "/verdicts/give",
            data={
                "subject_kind": "teaser", "subject": teaser, "object_kind": "organisation",
                "object": organisation.public_id, "kind": "pin", "reason": "They know slow flow.",
            },
            follow_redirects=True,
        )  # fmt: skip

    theirs, owners = pin(world.university), pin(world.sme)
    assert "pinned: universität elbstrand" in texts(theirs)
    assert "pinned: knochenwerk" in texts(owners), "a refusal would say whose it is"
    log = texts(browser.get("/verdicts/"))
    assert "keep printed tissue alive" in log
    assert need.public_id not in log
    # The owner reads what the manager recommends.
    assert "they know slow flow" in texts(sign_in(world.sme_user).get(f"/suggestions/need/{need.public_id}"))


def test_a_verdict_on_a_text_that_is_confidential_now_is_shown_to_its_giver_alone(
    world: factories.World, session: Session, sign_in: SignIn
) -> None:
    need = factories.need(session, world.sme, title="Quasarite for everybody")
    colleague = factories.user(session, manages=world.cluster)
    session.commit()
    sign_in(world.manager).post(
        "/verdicts/give",
        data={
            "subject_kind": "need", "subject": need.public_id, "object_kind": "organisation",
            "object": world.university.public_id, "kind": "pin", "reason": "Kestrel asked for it.",
        },
    )  # fmt: skip
    need.visibility = Visibility.PRIVATE
    session.commit()
    for page in ("/verdicts/", "/desk/"):
        assert "kestrel" not in texts(sign_in(colleague).get(page))
        mine = texts(sign_in(world.manager).get(page))
        assert "kestrel" in mine
        assert "quasarite" not in mine


# --- Opening by a platform admin ------------------------------------------------------------------------------------


def test_a_platform_admin_opens_a_text_for_a_reason_that_its_owner_reads(
    need: Need, world: factories.World, session: Session, sign_in: SignIn
) -> None:
    browser = sign_in(world.platform_admin)
    address = f"/needs/{need.public_id}"
    assert browser.get(address).status_code == 404

    def open_it(**values: str) -> Any:
        return browser.post("/open-text", data={"address": need.shown_as.public_id, **values})

    assert open_it(reason="").status_code == 422
    assert browser.get(address).status_code == 404
    answer = open_it(reason="The police asked for it.")
    assert answer.headers["Location"] == address
    assert browser.get(address).status_code == 200
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == Event.BREAK_GLASS)).one()
    assert (entry.actor_id, entry.thing_id) == (world.platform_admin.id, need.public_id)

    mine = texts(sign_in(world.sme_user).get(address))
    assert "the police asked for it." in mine
    assert world.platform_admin.display_name.lower() in mine
    colleague = factories.user(session, platform_admin=True)
    session.commit()
    assert sign_in(colleague).get(address).status_code == 404, "it is opened to one alone"

    opening = session.scalars(select(Opening)).one()
    opening.until = utcnow() - timedelta(seconds=1)
    session.commit()
    assert browser.get(address).status_code == 404
    assert "the police asked for it." in texts(sign_in(world.sme_user).get(address)), "it stays on record"


def test_only_a_platform_admin_opens_texts(need: Need, world: factories.World, sign_in: SignIn) -> None:
    for user in (world.manager, world.researcher, world.sme_admin):
        assert sign_in(user).post("/open-text", data={"address": need.public_id, "reason": "x"}).status_code == 404


# --- A change of mind -------------------------------------------------------------------------------------------------


def test_what_becomes_confidential_is_gone_with_the_next_request_in_every_worker(
    make_app: Callable[..., Flask], world: factories.World, session: Session
) -> None:
    from tests.clients import signed_in

    need = factories.need(session, world.sme, teaser=TEASER, **SECRET)
    session.commit()
    workers = [make_app(), make_app()]
    browsers = [signed_in(app, world.researcher) for app in workers]
    for browser in browsers:
        assert need.public_id in texts(browser.get("/search?q=quasarite+lattice"))

    for level, text_found, teaser_found in (
        (Visibility.TEASER, False, True),
        (Visibility.PUBLIC, True, False),
        (Visibility.PRIVATE, False, False),
        (Visibility.TEASER, False, True),
    ):
        need.visibility = level
        session.commit()
        teaser = session.scalars(select(Teaser)).one()
        for browser in browsers:
            full = texts(browser.get("/search?q=quasarite+lattice"))
            anonymous = texts(browser.get("/search?q=keep+printed+tissue+alive"))
            assert (need.public_id in full) is text_found
            assert (teaser.public_id in anonymous) is teaser_found
            assert (browser.get(f"/needs/{need.public_id}").status_code == 200) is text_found
            assert (browser.get(f"/teasers/{teaser.public_id}").status_code == 200) is teaser_found
    left = session.scalars(select(StatementRow).where(StatementRow.kind == "need", ~StatementRow.gone))
    assert [row for row in left if row.item_id == need.id] == []
    vectors = select(func.count(Embedding.id)).join(StatementRow, StatementRow.id == Embedding.statement_id)
    assert session.scalar(vectors.where(StatementRow.kind == "need", StatementRow.item_id == need.id)) == 0


@pytest.mark.parametrize(
    "change", [{"state": "met"}, {"state": "withdrawn"}, {"state": "draft"}, {"expires_on": today() - timedelta(1)}]
)
def test_a_teaser_ends_with_its_need(
    need: Need, world: factories.World, session: Session, sign_in: SignIn, change: dict[str, Any]
) -> None:
    browser = sign_in(world.researcher)
    address = f"/teasers/{need.shown_as.public_id}"
    assert browser.get(address).status_code == 200
    for name, value in change.items():
        setattr(need, name, value)
    session.commit()
    assert browser.get(address).status_code == 404
    assert address not in texts(browser.get("/search?q=keep+printed+tissue+alive"))


def test_a_teaser_goes_with_its_item(need: Need, session: Session) -> None:
    session.delete(need)
    session.commit()
    assert session.scalars(select(Teaser)).all() == []
    assert [row for row in session.scalars(select(StatementRow)) if "Experience with slow flow" in row.text] == []


# --- Writing one ------------------------------------------------------------------------------------------------------


def test_the_form_shows_what_others_will_see_and_warns_of_what_gives_the_owner_away(
    world: factories.World, sign_in: SignIn
) -> None:
    browser = sign_in(world.sme_user)

    def reviewed(teaser: str, **values: Any) -> str:
        typed = {**SECRET, "visibility": "teaser", "teaser": teaser, **values}
        return texts(browser.post("/needs/review", data=typed)).partition("what others will see")[2]

    shown = reviewed(TEASER)
    assert "seeks a way to keep printed tissue alive" in shown
    assert not any(canary in shown for canary in CANARIES)
    assert "knochenwerk" not in shown
    assert "points at your organisation" in reviewed("Knochenwerk seeks slow flow for implants of its own making.")
    assert "word for word" in reviewed("Seeking help: our Quasarite lattice clogs after nine days; who knows how?")
    assert "word for word" not in shown
    # Of the four organisations here three are German, two of them no company.
    assert "show less" in reviewed(TEASER, teaser_facts=["sector", "country"])
    assert "show less" not in reviewed(TEASER, teaser_facts=["country"]) or "only 2" in reviewed(
        TEASER, teaser_facts=["country"]
    )


def test_a_teaser_has_to_be_typed_before_the_need_is_published(
    world: factories.World, sign_in: SignIn, session: Session
) -> None:
    typed = {**SECRET, "visibility": "teaser", "action": "publish"}
    refused = sign_in(world.sme_user).post("/needs/new", data=typed)
    assert refused.status_code == 422
    assert "please type what others may read" in texts(refused)
    saved = sign_in(world.sme_user).post("/needs/new", data={**typed, "teaser": TEASER, "for_managers": "y"})
    assert saved.status_code == 302
    need = session.scalars(select(Need)).one()
    assert (need.shown_as.text, need.for_managers) == (TEASER, True)


def test_who_is_trusted_is_chosen_among_the_managers_of_the_own_clusters(
    world: factories.World, sign_in: SignIn, session: Session
) -> None:
    far = factories.user(session, manages=factories.cluster(session))
    session.commit()
    typed = {**SECRET, "visibility": "private", "trusted": [str(world.manager.id), str(far.id)]}
    browser = sign_in(world.sme_user)
    assert world.manager.display_name in browser.get("/needs/new").get_data(as_text=True)
    assert browser.post("/needs/new", data=typed).status_code == 302
    need = session.scalars(select(Need)).one()
    assert [user.id for user in need.trusted] == [world.manager.id]
    page = browser.get(f"/needs/{need.public_id}/edit").get_data(as_text=True)
    assert f'name="trusted" value="{world.manager.id}" id="trusted-1" checked' in page


def test_the_viewer_of_a_manager_finds_no_entrusted_text(need: Need, world: factories.World, session: Session) -> None:
    from matchmaker.items.queries import findable

    need.for_managers = True
    session.commit()
    viewer = viewer_for(session, world.manager)
    assert session.scalars(select(Need).where(findable(Need, viewer))).all() == []


def test_interest_in_a_teaser_is_asked_without_learning_whose_it_is(
    need: Need, world: factories.World, sign_in: SignIn
) -> None:
    browser = sign_in(world.researcher)
    page = browser.get(f"/teasers/{need.shown_as.public_id}").get_data(as_text=True)
    assert "Express interest" in page
    form = texts(browser.get(f"/introductions/ask/{need.shown_as.public_id}"))
    assert "keep printed tissue alive" in form
    assert "knochenwerk" not in form
    assert not any(canary in form for canary in CANARIES)
    assert "Express interest" not in sign_in(world.sme_user).get(f"/teasers/{need.shown_as.public_id}").text
