"""Who only looks changes nothing, and nobody changes anything through another site's page."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable
from html import unescape
from urllib.parse import urldefrag

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.db import db
from matchmaker.items.models import ItemState
from matchmaker.permissions import Visibility
from matchmaker.tables import metadata
from tests import factories
from tests.factories import World

SignIn = Callable[..., FlaskClient]

#: Pages that one crawl opens at most.
MOST = 150


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """As in production: forms carry a token."""
    return make_app(WTF_CSRF_ENABLED=True)


@pytest.fixture
def furnished(session, world: World) -> World:
    """The world with something of every kind in it, in several states."""
    for organisation in (world.sme, world.university, world.host, world.stranger):
        factories.competence(session, organisation)
        factories.competence(session, organisation, visibility=Visibility.MEMBERS)
        factories.need(session, organisation)
        factories.need(session, organisation, state=ItemState.DRAFT, visibility=Visibility.PRIVATE)
        factories.evidence(session, organisation)
    factories.test_field(session, world.host)
    factories.test_field(session, world.host, state=ItemState.WITHDRAWN)
    session.commit()
    return world


def fingerprint(engine: Engine) -> dict[str, str]:
    """A hash of every table's rows."""
    found = {}
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            rows = sorted(map(repr, connection.execute(select(table))))
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def crawl(browser: FlaskClient) -> dict[str, int]:
    """Open the home page and follow every link on this site; gives the status of each page."""
    waiting, opened = deque(["/"]), {}
    while waiting and len(opened) < MOST:
        address = waiting.popleft()
        if address in opened:
            continue
        answer = browser.get(address, buffered=True)
        opened[address] = answer.status_code
        if answer.mimetype != "text/html":
            continue
        for link in re.findall(r'(?:href|src)="(/[^"]*)"', answer.text):
            target = urldefrag(unescape(link)).url
            # One step of filtering is enough to see them all once; combinations of them are endless.
            if target not in opened and target.count("&") <= 1 and not target.startswith(("/static", "/bootstrap")):
                waiting.append(target)
    return opened


@pytest.mark.every_database
@pytest.mark.parametrize("who", ["sme_admin", "manager", "visitor"])
def test_following_every_link_changes_nothing_and_meets_no_dead_end(
    who: str, app: Flask, furnished: World, client: FlaskClient, sign_in: SignIn
) -> None:
    browser = client if who == "visitor" else sign_in(getattr(furnished, who))
    with app.app_context():
        engine = db.engine
    for _ in range(8):
        # The first searches make the vectors that the factory, outside the application, left pending.
        browser.get("/search?q=bone")
    before = fingerprint(engine)

    opened = crawl(browser)

    assert len(opened) > (15 if who == "visitor" else 40), sorted(opened)
    assert {address: status for address, status in opened.items() if status not in (200, 302)} == {}
    assert fingerprint(engine) == before


def test_the_fingerprint_sees_every_change(app: Flask, session, furnished: World) -> None:
    """Or the test above would pass without having looked."""
    with app.app_context():
        engine = db.engine
    before = fingerprint(engine)
    furnished.newcomer.title = "Dr"
    session.commit()
    after = fingerprint(engine)
    assert {name for name in before if before[name] != after[name]} == {"user"}


#: What a mail program posts for its reader: the link is signed, no form comes before it, and a forged one is no page.
SIGNED_LINKS = frozenset({"/unsubscribe/<token>"})


def test_no_form_is_taken_without_its_token(app: Flask, session, furnished: World, sign_in: SignIn) -> None:
    need = session.scalars(select(factories.Need).where(factories.Need.organisation_id == furnished.sme.id)).first()
    competence = session.scalars(
        select(factories.Competence).where(factories.Competence.organisation_id == furnished.sme.id)
    ).first()
    verdict = Verdict(
        cluster_id=furnished.cluster.id,
        manager_id=furnished.manager.id,
        kind=VerdictKind.PIN,
        reason="They built the same thing before.",
        need_id=need.id,
        partner_id=furnished.university.id,
    )
    session.add(verdict)
    session.commit()
    ids = {
        "needs": need.public_id,
        "competences": competence.public_id,
        "organisations": furnished.university.public_id,
    }
    browsers = [sign_in(furnished.sme_admin), sign_in(furnished.manager), app.test_client()]
    with app.app_context():
        engine = db.engine
    before = fingerprint(engine)
    tried = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or str(rule).startswith("/api/") or str(rule) in SIGNED_LINKS:
            continue
        path = re.sub(r"<[^>]+>", ids.get(str(rule).split("/")[1], "222222222222"), str(rule))
        for browser in browsers:
            for data in ({}, {"csrf_token": "ImFiYyI.forged"}):
                answer = browser.post(path, data=data)
                assert answer.status_code == 400, f"{rule} {answer.status_code}"
            tried += 1
    assert tried > 60
    assert fingerprint(engine) == before


@pytest.mark.parametrize("address", SIGNED_LINKS)
def test_a_forged_link_that_needs_no_token_changes_nothing(app: Flask, furnished: World, address: str) -> None:
    with app.app_context():
        engine = db.engine
    before = fingerprint(engine)
    assert app.test_client().post(re.sub(r"<[^>]+>", "forged.by.somebody", address)).status_code == 404
    assert fingerprint(engine) == before


def test_a_token_of_somebody_else_is_no_token(furnished: World, sign_in: SignIn) -> None:
    mine, theirs = sign_in(furnished.sme_admin), sign_in(furnished.researcher)
    form = {"name": "Somebody Else", "title": "", "locale": "en"}
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', mine.get("/account").text)[1]
    assert theirs.post("/account", data={**form, "csrf_token": token}).status_code == 400
    assert mine.post("/account", data={**form, "csrf_token": token}).status_code == 302


def test_the_api_takes_no_cookie_for_a_token(furnished: World, sign_in: SignIn) -> None:
    """It asks for no form token, so it must not act for whoever is signed in."""
    answer = sign_in(furnished.sme_admin).post("/api/v1/suggest", json={"text": "bone grafts"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
