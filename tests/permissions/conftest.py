"""One furnished installation for the whole table: every request's changes are rolled back when it ends."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from embeddings import HashingEncoder
from matchmaker import create_app, web
from matchmaker.accounts.operations import create_token
from matchmaker.config import load
from matchmaker.db import db, writing
from tests import factories
from tests.clients import signed_in
from tests.conftest import CHEAP_ARGON2, SECRET_KEY
from tests.permissions.things import MAKERS, NOWHERE, Owner, Thing

#: Where a thing may belong: to the member's own organisation, to another of the cluster, to one of another cluster.
OWN, OTHER, FAR = "own", "other organisation's", "other cluster's"
DELETED, ABSENT = "deleted", "absent"
TARGETS = (OWN, OTHER, FAR, DELETED, ABSENT)

#: What each role is to a thing of each target's organisation.
RELATIONS = {
    "visitor": dict.fromkeys(TARGETS, "visitor"),
    "newcomer": dict.fromkeys(TARGETS, "newcomer"),
    "member": {OWN: "member", OTHER: "fellow", FAR: "stranger"},
    "admin": {OWN: "admin", OTHER: "fellow", FAR: "stranger"},
    "other member": {OWN: "fellow", OTHER: "admin", FAR: "stranger"},
    "far member": {OWN: "stranger", OTHER: "stranger", FAR: "admin"},
    "manager": {OWN: "manager", OTHER: "manager", FAR: "far-manager"},
    "far manager": {OWN: "far-manager", OTHER: "far-manager", FAR: "manager"},
    "platform": dict.fromkeys(TARGETS, "platform"),
}
ROLES = tuple(RELATIONS)
#: What each role is to a page about nothing in particular.
PLAIN = {"other member": "admin", "far member": "admin", "far manager": "manager"}


#: Fields of forms that name a row.
ID_FIELDS = {"newest", "subject", "object", "evidence"}


@dataclass
class House:
    """The installation, a browser for each role, and one thing of each kind for each target."""

    app: Flask
    users: dict[str, Any]
    browsers: dict[str, FlaskClient]
    bearers: dict[str, str]
    things: dict[str, dict[str, Thing]]
    commits: list[str]

    def ask(self, role: str, method: str, address: str, target: Thing | None = None, **more: Any) -> TestResponse:
        """A request as that role, in a browser whose cookies stay as they were."""
        browser = self.browsers[role]
        address = address.replace("<file:format>", "csv").replace("<linked:form>", "jsonld")
        cookies = dict(browser._cookies)
        if target:
            for name, value in target.arguments.items():
                address = re.sub(rf"<(?:[a-z]+:)?{name}>", value, address)
        assert "<" not in address, f"the thing does not say what stands in {address}"
        if address.startswith("/api/"):
            if role in self.bearers:
                more["headers"] = {"Authorization": f"Bearer {self.bearers[role]}"}
            if method in ("POST", "PATCH", "PUT"):
                more.setdefault("json", target.json if target else {})
        elif method == "POST":
            more.setdefault("data", target.form if target else {})
        self.commits.clear()
        answer = browser.open(address, method=method, buffered=True, **more)
        browser._cookies = cookies
        return answer

    def relation(self, role: str, target: str, thing: Thing | None) -> str:
        """What the role is to the thing."""
        if thing is None:
            return PLAIN.get(role, role)
        if thing.person is not None:
            user = self.users.get(role)
            return "visitor" if user is None else "self" if user.id == thing.person.id else "others"
        return RELATIONS[role][target]


def is_refused(answer: TestResponse) -> bool:
    """Whether an answer says that there is nothing here: the page of what does not exist, or the way in."""
    if answer.request.path.startswith("/api/") and answer.status_code == 401:
        return True
    location = answer.headers.get("Location", "")
    return answer.status_code == 404 or (answer.status_code == 302 and location.startswith("/sign-in"))


def told_apart(answer: TestResponse, thing: Thing | None) -> tuple[Any, ...]:
    """All that somebody could tell two answers apart by, without the names that were asked for."""
    asked = [*thing.arguments.values(), *(thing.form[key] for key in ID_FIELDS & set(thing.form))] if thing else []
    text = answer.text
    headers = {name: value for name, value in answer.headers.items() if name not in ("X-Request-Id", "Content-Length")}
    text = text.replace(answer.headers.get("X-Request-Id", "no request"), "REQUEST")
    text = re.sub(r'(name="csrf_token"[^>]*value=)"[^"]*"', r"\1TOKEN", text)
    for one in asked:
        text = text.replace(one, "ASKED")
        headers = {name: value.replace(one, "ASKED") for name, value in headers.items()}
    headers.pop("Set-Cookie", None)
    return answer.status_code, sorted(headers.items()), text


@contextmanager
def _uncounted(engine: Engine) -> Iterator[Session]:
    with writing(), Session(engine) as session:
        yield session


@pytest.fixture(scope="module")
def house(migrated_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The world with one thing of every kind in every place; nothing that a request changes stays."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(migrated_database, folder / "matchmaker.sqlite3")
    settings = load(
        {
            "MATCHMAKER_DATA_DIR": str(folder),
            "MATCHMAKER_SECRET_KEY": SECRET_KEY,
            "MATCHMAKER_DATABASE_URL": f"sqlite:///{folder / 'matchmaker.sqlite3'}",
        }
    )
    app = create_app(
        replace(settings, log_level="CRITICAL"),
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        MAIL_BACKEND="locmem",
        ENCODER=HashingEncoder(),
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=CHEAP_ARGON2,
    )
    with app.app_context():
        factories.password_hash = factories.password_hash or hash_password(factories.PASSWORD)
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        world = factories.world(session)
        [theirs] = world.stranger.cluster_memberships
        neighbour = factories.organisation(session, within=theirs.cluster, name="Neighbour AS")
        users = {
            "newcomer": world.newcomer,
            "member": world.sme_user,
            "admin": world.sme_admin,
            "other member": world.researcher,
            "far member": world.outsider,
            "manager": world.manager,
            "far manager": factories.user(session, manages=theirs.cluster),
            "platform": world.platform_admin,
        }
        owners = {
            OWN: Owner(world.sme, world.sme_user, world.cluster, world.host),
            OTHER: Owner(world.university, world.researcher, world.cluster, world.host),
            FAR: Owner(world.stranger, world.outsider, theirs.cluster, neighbour),
        }
        things: dict[str, dict[str, Thing]] = {}
        for name, make in MAKERS.items():
            made = {target: make(session, owner) for target, owner in owners.items()}
            doomed = make(session, owners[OWN])
            if doomed.can_vanish:
                for row in doomed.rows:
                    session.delete(row)
                session.flush()
                made[DELETED] = doomed
                nowhere = dict.fromkeys(doomed.arguments, NOWHERE)
                form = {key: NOWHERE if key in ID_FIELDS else value for key, value in doomed.form.items()}
                made[ABSENT] = Thing(nowhere, form, doomed.json)
            things[name] = made
        bearers = {}
        for role, user in users.items():
            _token, bearers[role] = create_token(session, user, name="matrix", days=1, writes=True, exports=True)
        _token, bearers["reading member"] = create_token(session, world.sme_user, name="reads", days=1)
        session.commit()
        browsers = {"visitor": app.test_client(), **{role: signed_in(app, user) for role, user in users.items()}}
        for browser in browsers.values():
            # The first search of a worker makes the vectors that are missing.
            browser.get("/search?q=bone")
        for bearer in bearers.values():
            # That a token was used is noted once an hour.
            app.test_client().get("/api/v1/search?q=bone", headers={"Authorization": f"Bearer {bearer}"})
        commits: list[str] = []
        with pytest.MonkeyPatch.context() as patch:
            # That somebody was refused is put on record in a transaction of its own; see tests/privacy.
            patch.setattr(web, "REFUSALS_NOTED", 0)
            patch.setattr(Session, "commit", lambda self: (self.flush(), commits.append("commit"))[0])
            # That somebody is still there is noted every few minutes, whatever is asked; a busy machine takes longer.
            patch.setattr("matchmaker.accounts.operations.SEEN_EVERY", timedelta(days=1))
            # How often programs ask is counted whatever they are answered; it is not what an address writes.
            patch.setattr("matchmaker.throttle.counting", lambda: _uncounted(engine))
            yield House(app, users, browsers, bearers, things, commits)
    engine.dispose()
