"""Two installations that differ in nothing but what is confidential, and a crawler that looks for the difference."""

from __future__ import annotations

import random
import re
import secrets
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.message import Message
from html import unescape
from http.client import HTTPConnection
from json import dumps
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.http import generate_etag

from embeddings import HashingEncoder
from matchmaker import create_app, jobs
from matchmaker.accounts.models import User
from matchmaker.accounts.operations import create_token
from matchmaker.audit import set_actor
from matchmaker.config import load
from matchmaker.db import db
from matchmaker.mail.models import OutboxMessage
from matchmaker.permissions import Visibility
from tests import factories
from tests.clients import signed_in
from tests.conftest import CHEAP_ARGON2, SECRET_KEY
from tests.servers import Server

#: What everybody may know, the same in every world.
TEASERS = {
    "need": "A maker of implants seeks a way to keep printed tissue alive. Experience with slow flow is welcome.",
    "competence": "Gentle cleaning of delicate surfaces is offered. Partners with difficult cases are welcome.",
    "test_field": "A place to try instruments under supervision. Guests bring their own staff.",
}


@dataclass(frozen=True)
class Secret:
    """What is confidential in a world: texts on one topic, canary words that stand nowhere else, and whose they are."""

    #: Others write about it in public.
    topic: str
    words: tuple[str, ...]
    #: The name of the attribute of ``factories.World``.
    owner: str = "sme"


KESTREL = Secret(
    "Zirconia quasarite lattices for the jaws of footballers, which Kestrel Dental launches in spring",
    ("vermiculine", "tarnhelm", "osselet"),
)
MARSH = Secret(
    "Peatbog marshweed extract against winter depression in long-haul pilots, wanted by Ibis Airways",
    ("drosomel", "cassiterid", "harmattine"),
)


@dataclass
class Installation:
    """A furnished world, and browsers for those whom nobody trusts with its secrets."""

    app: Flask
    secret: Secret
    world: factories.World
    browsers: dict[str, FlaskClient]
    bearers: dict[str, str]
    owners: set[str] = field(default_factory=set)


def furnish(directory: Path, template: Path, secret: Secret, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Make an installation whose ids and drawn names are the same in every world."""
    directory.mkdir()
    # Whoever asked last in this thread has nothing to do with what is written now.
    set_actor(None)
    shutil.copy(template, directory / "matchmaker.sqlite3")
    settings = load(
        {
            "MATCHMAKER_DATA_DIR": str(directory),
            "MATCHMAKER_SECRET_KEY": SECRET_KEY,
            "MATCHMAKER_DATABASE_URL": f"sqlite:///{directory / 'matchmaker.sqlite3'}",
        }
    )
    app = create_app(
        replace(settings, log_level="INFO"),
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        MAIL_BACKEND="locmem",
        ENCODER=HashingEncoder(),
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=CHEAP_ARGON2,
    )
    with monkeypatch.context() as patched:
        # Both worlds draw the same.
        drawn = random.Random(7)
        patched.setattr(secrets, "choice", drawn.choice)
        patched.setattr(secrets, "randbelow", drawn.randrange)
        with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            world = factories.world(session)
            far = factories.user(session, manages=session.merge(world.stranger.cluster_memberships[0].cluster))
            _fill(session, world, secret)
            session.commit()
            people = {
                "newcomer": world.newcomer,
                "fellow": world.researcher,
                "stranger": world.outsider,
                "own manager": world.manager,
                "far manager": far,
            }
            bearers = {name: create_token(session, user, name="crawler", days=1)[1] for name, user in people.items()}
            session.commit()
    browsers = {name: signed_in(app, user) for name, user in people.items()}
    browsers["visitor"] = app.test_client()
    owners = {world.sme_user.email, world.sme_admin.email, *(user.email for user in _people(app, "host", world))}
    return Installation(app, secret, world, browsers, bearers, owners)


def _people(app: Flask, name: str, world: factories.World) -> list[User]:
    from matchmaker.clusters.models import Membership

    with app.app_context(), Session(db.engine) as session:
        of = getattr(world, name).id
        return list(session.scalars(select(User).join(Membership).where(Membership.organisation_id == of)))


def _fill(session: Session, world: factories.World, secret: Secret) -> None:
    """What everybody may read, and what nobody may: by its teaser or not at all."""
    for organisation in (world.sme, world.university, world.host, world.stranger):
        factories.competence(session, organisation)
        factories.need(session, organisation, visibility=Visibility.MEMBERS)
        factories.test_field(session, organisation)
    factories.user(session, of=world.host, admin=True)
    theirs = world.stranger.cluster_memberships[0].cluster
    others = {"far_sme": factories.organisation(session, within=theirs)}
    # What fits a teaser, and what fits each topic: so that a leak would move it.
    for topic in (*TEASERS.values(), KESTREL.topic, MARSH.topic):
        factories.competence(session, world.university, title=topic[:60], description=topic)
        factories.need(session, world.stranger, title=topic[:60], description=topic)
    owner = getattr(world, secret.owner, None) or others[secret.owner]
    confidential = {"title": secret.topic[:90], "description": f"{secret.topic}. {' '.join(secret.words)}."}
    for level in (Visibility.TEASER, Visibility.PRIVATE):
        for kind, teaser in TEASERS.items():
            item = getattr(factories, kind)(
                session,
                owner,
                visibility=level,
                teaser=teaser,
                teaser_facts=["fields"],
                fields=["devices"],
                keywords=list(secret.words),
                **confidential,
            )
            if kind == "competence":
                item.evidence.append(
                    factories.evidence(
                        session, owner, visibility=Visibility.PRIVATE, organisations=[owner], **confidential
                    )
                )


# --- The crawler ------------------------------------------------------------------------------------------------------

_LINK = re.compile(r'(?:href|action|data-live)="(/[^"#]*)')
_MASKS = (
    # A feed's tag is a digest of its text, which is compared without its moments.
    (re.compile(r'"[0-9a-f]{40}"'), '"DIGEST"'),
    (re.compile(r"\?v=[0-9a-f]{8}"), "?v"),
    (re.compile(r'name="csrf_token"[^>]*value="[^"]+"'), "TOKEN"),
    (re.compile(r"\bmm_[\w-]+"), "BEARER"),
    (re.compile(r"[0-9a-f]{16}"), "REFERENCE"),
    (re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"), "KEY"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.+]+"), "MOMENT"),
    (re.compile(r"\b\d{1,2}:\d\d(:\d\d)?\b"), "TIME"),
)
#: Pages with different arguments that are looked at for one path.
VARIANTS = 3
SHOWN_HEADERS = ("Content-Type", "Location", "ETag", "Content-Disposition", "Cache-Control", "Retry-After")


def masked(text: str) -> str:
    """The text without what no two requests share."""
    for pattern, word in _MASKS:
        text = pattern.sub(word, text)
    return text


Seen = dict[str, tuple[int, dict[str, str], str]]


def crawl(installation: Installation, role: str, queries: list[str], most: int | None = None) -> Seen:
    """Everything a role can read: pages that link to one another from every address without an argument on, JSON, and
    what free texts find; with ``most``, so many pages from what free texts find on, and no forms.
    """
    browser, app = installation.browsers[role], installation.app
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    waiting = deque(["/search?what=teaser", *(sorted(str(rule) for rule in rules) if most is None else ())])
    for query in queries:
        asked = re.sub(r"\W+", "+", query)
        waiting.extend(f"/search?q={asked}&what={what}" for what in ("", "teaser", "need"))
        waiting.append(f"/organisations?q={asked}")
    seen: Seen = {}
    variants: Counter[str] = Counter()
    while waiting and (most is None or len(seen) < most):
        address = waiting.popleft()
        path, query = urlsplit(address).path, urlsplit(address).query
        if address in seen or path.startswith(("/static", "/bootstrap", "/fs-static")) or _as_csv(path):
            continue
        if query and ("q=" not in query or path.endswith(".csv")):
            variants[path] += 1
            if variants[path] > VARIANTS:
                continue
        answer = browser.get(address, headers=_bearer(installation, role, path))
        body = answer.get_data(as_text=True)
        seen[address] = _kept(answer, body)
        waiting.extend(unescape(found) for found in _LINK.findall(body))
    for query in queries:
        if most is None:
            for target in ("partners", "test_fields", "needs"):
                seen[f"POST text {target} {query}"] = _posted(browser, "/suggestions/text", text=query, target=target)
            seen[f"POST preview {query}"] = _posted(browser, "/suggestions/preview", title=query, description=query)
        headers = _bearer(installation, role, "/api/")
        asked = {"text": query, "kinds": ["partners", "test_fields", "needs"], "limit": 50}
        answer = browser.post("/api/v1/suggest", json=asked, headers=headers)
        seen[f"API suggest {query}"] = _kept(answer, answer.get_data(as_text=True))
        answer = browser.get("/api/v1/search", query_string={"q": query, "limit": 100}, headers=headers)
        seen[f"API search {query}"] = _kept(answer, answer.get_data(as_text=True))
    return seen


def _as_csv(path: str) -> bool:
    """Whether the address is that of a list whose rows are read as CSV already."""
    return path.endswith((".xlsx", ".json")) and not path.startswith("/api/")


def _bearer(installation: Installation, role: str, path: str) -> dict[str, str]:
    known = path.startswith("/api/") and role in installation.bearers
    return {"Authorization": f"Bearer {installation.bearers[role]}"} if known else {}


def _posted(browser: FlaskClient, address: str, **form: str) -> tuple[int, dict[str, str], str]:
    answer = browser.post(address, data=form)
    return _kept(answer, answer.get_data(as_text=True))


def _kept(answer: Any, body: str) -> tuple[int, dict[str, str], str]:
    headers = {name: masked(answer.headers[name]) for name in SHOWN_HEADERS if name in answer.headers}
    if answer.headers.get("ETag") == f'"{generate_etag(answer.get_data())}"':
        # A fingerprint of the body, moments and all; the body itself is compared.
        headers["ETag"] = "OF THE BODY"
    return answer.status_code, headers, masked(body)


@dataclass
class Wired:
    """An answer that came over a wire, as the crawler reads one."""

    status_code: int
    headers: Message
    data: bytes
    #: What is read, as if the server had the address of the application that asked nobody.
    text: str

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")

    def get_data(self, as_text: bool = False) -> Any:
        return self.text if as_text else self.data


class Wire:
    """The browser of an installation, asking a server that runs on a copy of its data."""

    def __init__(self, server: Server, browser: FlaskClient) -> None:
        self._server = server
        self._cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in browser._cookies.values())

    def get(self, address: str, query_string: dict[str, Any] | None = None, headers: Any = ()) -> Wired:
        return self._ask("GET", f"{address}?{urlencode(query_string)}" if query_string else address, None, headers)

    def post(self, address: str, json: Any, headers: Any = ()) -> Wired:
        return self._ask("POST", address, dumps(json), {**dict(headers), "Content-Type": "application/json"})

    def _ask(self, method: str, address: str, body: str | None, headers: Any) -> Wired:
        connection = HTTPConnection(urlsplit(self._server.address).netloc, timeout=60)
        try:
            connection.request(method, address, body, {"Cookie": self._cookies, **dict(headers)})
            answer = connection.getresponse()
            data = answer.read()
            text = data.decode("utf-8", "replace").replace(self._server.address, "http://localhost")
            return Wired(answer.status, answer.headers, data, text)
        finally:
            connection.close()


def mails(installation: Installation) -> list[tuple[str, str, str]]:
    """What the jobs wrote to everybody but the owners; sending comes last, since it empties what was sent."""
    for name in sorted(jobs.JOBS):
        if not name.startswith("mail"):
            jobs.run(installation.app, name)
    with installation.app.app_context(), Session(db.engine) as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        return [
            (row.to, row.subject, masked(f"{row.text}{row.html}{row.calendar}"))
            for row in rows
            if row.to not in installation.owners
        ]


def differences(one: Seen, other: Seen) -> Iterator[str]:
    """Every address that answers differently, with the first line that differs."""
    for address in sorted(one.keys() | other.keys()):
        first, second = one.get(address), other.get(address)
        if first == second:
            continue
        if first is None or second is None:
            yield f"{address}: only in {'the second' if first is None else 'the first'} world"
            continue
        lines = zip(first[2].splitlines(), second[2].splitlines(), strict=False)
        pair = next((pair for pair in lines if pair[0] != pair[1]), (str(first[:2]), str(second[:2])))
        yield f"{address}:\n  - {pair[0][:300]}\n  + {pair[1][:300]}"


Furnish = Callable[[Secret], Installation]
