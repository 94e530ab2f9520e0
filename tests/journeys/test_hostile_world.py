"""Every page of a world in which everything that can be typed would break out of it.

The pages are made in our own process and shown to a real browser without their content security policy: what the
escaping lets through would run. With the policy, on a real server: see test_hostile_texts.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from embeddings import HashingEncoder
from matchmaker import create_app
from matchmaker.accounts.operations import create_token
from matchmaker.clusters.models import Invitation, Membership, MembershipState
from matchmaker.config import load
from matchmaker.conversations.models import Message
from matchmaker.db import db, utcnow
from matchmaker.imports.formats import Format
from matchmaker.imports.mapping import FileKind
from matchmaker.imports.models import ImportRun
from matchmaker.introductions.models import Introduction, IntroductionState, Side
from matchmaker.outcomes.models import Outcome, OutcomeKind, Story
from matchmaker.permissions import Visibility
from matchmaker.reports.models import Complaint, Report
from matchmaker.suggestions.models import GlossaryChange
from matchmaker.watches.models import Watch
from tests import factories
from tests.clients import signed_in
from tests.conftest import SECRET_KEY
from tests.journeys.test_hostile_texts import PAYLOADS
from tests.journeys.visitors import apart

ALL = " ".join(PAYLOADS)
SCRIPT, IMAGE, SVG = PAYLOADS[:3]
#: What no page of ours holds in its main part, unless a text has become code.
FOREIGN = "script, iframe, style, img:not([src^='/']):not([src^='data:']), math, [onload], [onerror], [onfocus]"
#: Addresses with a name in them of which no thing is made here: files, links from mails, steps of signing in.
NOT_SHOWN = (
    "/api/", "/static/", "/bootstrap/", "/fs-static/", "/recover/", "/confirm/", "/sign-in/", "/account/",
    "/unsubscribe/", "/inbox/", "/language/",
)  # fmt: skip


def _fill(session: Session) -> tuple[dict[str, Any], dict[str, str]]:
    """Everybody who looks, and the thing that stands behind each beginning of an address."""
    world = factories.world(session)
    world.cluster.name = world.cluster.description = SCRIPT
    ours, theirs = world.sme, world.university
    for organisation, payload in ((ours, IMAGE), (theirs, SVG), (world.host, PAYLOADS[12])):
        organisation.name = organisation.city = organisation.region = payload
        organisation.headline, organisation.about = ALL[:190], ALL
    for user in (world.sme_user, world.sme_admin, world.researcher, world.manager):
        user.name, user.title = SVG, IMAGE
    said: dict[str, Any] = {"description": ALL, "keywords": PAYLOADS[:8], "source": IMAGE, "licence": SCRIPT}
    kept = {"title": SCRIPT, **said}
    need = factories.need(session, ours, expected_result=ALL, **kept)
    factories.need(session, theirs, **kept)
    competence = factories.competence(session, ours, advantages=ALL, **kept)
    field = factories.test_field(session, ours, access_steps=PAYLOADS[:2], services=PAYLOADS[:2], **kept)
    record = factories.evidence(session, ours, identifier=IMAGE, url=PAYLOADS[6], competences=[competence], **kept)
    profile = factories.person_profile(session, ours, world.sme_admin, name=SVG, headline=IMAGE, about=ALL)
    hidden = factories.need(
        session, theirs, visibility=Visibility.TEASER, teaser=f"{SCRIPT} {IMAGE}. {ALL}"[:600], **kept
    )
    sides = {"from_organisation_id": ours.id, "to_organisation_id": theirs.id, "sought": ALL, "about_us": ALL}
    sides |= {"expires_at": utcnow(), "delivered_at": utcnow()}
    introduced = Introduction(pair="a", state=IntroductionState.ACCEPTED, answered_at=utcnow(), **sides)
    brokered = Introduction(pair="b", state=IntroductionState.BROKERED, cluster_id=world.cluster.id, **sides)
    session.add_all([introduced, brokered])
    session.flush()
    invitation = Invitation(organisation=ours, email="x@y.example", expires_at=utcnow().replace(year=2099))
    run = ImportRun(
        cluster_id=world.cluster.id,
        kind=FileKind.ORGANISATIONS,
        format=Format.TEXT_TABLE,
        filename=IMAGE,
        content=b"name\n",
        headers=[SCRIPT],
    )
    watch = Watch(user_id=world.sme_admin.id, name=SCRIPT, words=IMAGE, narrowed={})
    report = Report(
        organisation_id=theirs.id, reporter_id=world.sme_admin.id, complaint=Complaint.UNTRUE, text=ALL, answer=ALL
    )
    asking = Membership(user=world.newcomer, organisation=ours, state=MembershipState.ASKED, message=ALL[:500])
    session.add_all([invitation, run, watch, report, asking])
    session.add(Message(introduction_id=introduced.id, side=Side.ASKED, body=ALL))
    session.add(Outcome(introduction_id=introduced.id, side=Side.ASKED, kind=OutcomeKind.NOTHING, note=ALL))
    session.add(Story(introduction_id=introduced.id, title=SCRIPT, text=ALL, published_at=utcnow()))
    session.add(GlossaryChange(language="de", source=SCRIPT, english=IMAGE))
    create_token(session, world.sme_admin, name=SCRIPT, days=1)
    session.commit()
    things = {
        "/organisations/": ours, "/needs/": need, "/competences/": competence, "/evidence/": record,
        "/profiles/": profile, "/test-fields/": field, "/teasers/": hidden.shown_as, "/suggestions/need/": need,
        "/suggestions/competence/": competence, "/suggestions/organisation/": ours,
        "/suggestions/teaser/": hidden.shown_as, "/introductions/ask/": theirs, "/introductions/desk/": brokered,
        "/introductions/desk/propose/": need, "/introductions/": introduced, "/searches/": watch,
        "/reports/about/": theirs, "/reports/": report, "/desk/imports/": run, "/invitations/": invitation,
    }  # fmt: skip
    people = {"member": world.sme_admin, "manager": world.manager, "platform": world.platform_admin}
    return people, {beginning: thing.public_id for beginning, thing in things.items()}


def _pages(app: Flask, people: dict[str, Any], things: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every page there is, as the first of these people sees it who may, and the searches for each payload."""
    browsers = [signed_in(app, user) for user in people.values()]
    addresses = ["/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "/organisations?q=%22%3E%3Csvg%20onload=alert(1)%3E"]
    for rule in app.url_map.iter_rules():
        address = str(rule)
        if "GET" not in (rule.methods or ()) or (address.startswith(NOT_SHOWN) and "<" in address):
            continue
        if "<public_id>" in address:
            fitting = [beginning for beginning in things if address.startswith(beginning)]
            assert fitting, f"{address}: make a thing for it in this test, or say in NOT_SHOWN why not"
            address = address.replace("<public_id>", things[max(fitting, key=len)])
        if "<" not in address:
            addresses.append(address)
    for address in addresses:
        for browser in browsers:
            answer = browser.get(address, buffered=True)
            assert answer.status_code < 500, address
            if answer.status_code == 200:
                if answer.mimetype == "text/html":
                    yield address, answer.text
                break


@pytest.fixture(scope="module")
def pages(migrated_database: Path, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> list[tuple[str, str]]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "matchmaker.sqlite3").write_bytes(migrated_database.read_bytes())
    settings = load({"MATCHMAKER_DATA_DIR": str(folder), "MATCHMAKER_SECRET_KEY": SECRET_KEY})

    def made() -> list[tuple[str, str]]:
        app = create_app(settings, TESTING=True, ENCODER=HashingEncoder(), MAIL_BACKEND="locmem")
        with app.app_context():
            engine = db.engine
        with Session(engine, expire_on_commit=False) as session:
            people, things = _fill(session)
        shown = list(_pages(app, people, things))
        engine.dispose()
        return shown

    return apart(made)


def test_no_page_lets_a_text_become_code(pages: list[tuple[str, str]], browser: Browser) -> None:
    assert len(pages) > 70
    context = browser.new_context(offline=True)
    page = context.new_page()
    opened: list[str] = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    held = 0
    for address, html in pages:
        page.set_content(html, wait_until="commit")
        foreign = page.evaluate(
            """foreign => {
                const main = document.querySelector("main") ?? document.body
                const links = [...document.querySelectorAll("a[href], form[action]")]
                const led = links.map(one => one.getAttribute("href") ?? one.getAttribute("action"))
                return [
                    ...[...main.querySelectorAll(foreign)].map(one => one.outerHTML.slice(0, 120)),
                    ...led.filter(one => /^\\s*(javascript|data|vbscript):/i.test(one)),
                ]
            }""",
            FOREIGN,
        )
        assert (foreign, opened) == ([], []), address
        held += "&lt;script&gt;alert(1)" in html or "&lt;img src=x" in html
    assert held > 40, "most pages show what somebody typed"
    context.close()


def test_what_is_looked_for_would_be_found(browser: Browser) -> None:
    """Or the test above would pass without having looked."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    opened: list[str] = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    page.set_content(f"<main>{IMAGE}{PAYLOADS[0]}</main>")
    assert page.locator("main").locator(FOREIGN).count() == 2
    assert opened
    context.close()
