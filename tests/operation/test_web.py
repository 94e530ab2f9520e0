"""What holds on every address: protective headers, hosts, redirects, limits, and no fault for any nonsense."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, Response, abort
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker.accounts.operations import create_token
from matchmaker.api import DEEPEST, depth
from matchmaker.config import Settings
from matchmaker.db import db
from matchmaker.permissions import Permission, permits
from matchmaker.suggestions.filters import Filters
from tests import factories
from tests.factories import PASSWORD, World
from tests.servers import ROOT

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def furnished(session: Session, world: World) -> World:
    """The world with something of every kind in it."""
    for organisation in (world.sme, world.university, world.host):
        factories.competence(session, organisation)
        factories.need(session, organisation)
        factories.evidence(session, organisation)
    factories.test_field(session, world.host)
    session.commit()
    return world


def plain_pages(app: Flask) -> list[str]:
    """Every address that answers GET and names nothing in particular."""
    return sorted(
        str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and "<" not in str(rule)
    )


def check_headers(answer: Response, *, signed_in: bool) -> None:
    where = f"{answer.request.path} {answer.status_code}"
    policy = answer.headers.get("Content-Security-Policy", "")
    for directive in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'"):
        assert directive in policy, where
    assert "unsafe" not in policy, where
    assert "*" not in policy, where
    assert answer.headers["X-Content-Type-Options"] == "nosniff", where
    assert answer.headers["Referrer-Policy"] == "same-origin", where
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", where
    if signed_in:
        assert answer.headers["Cache-Control"] == "no-store", where
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie, f"{where}: {cookie}"
        assert "SameSite=Lax" in cookie or "SameSite=Strict" in cookie, f"{where}: {cookie}"


def break_on_purpose(app: Flask) -> None:
    """Add an address for each way in which a request fails."""
    app._got_first_request = False

    @permits(Permission.BROWSE)
    def failing(status: int) -> str:
        if status == 500:
            raise RuntimeError("on purpose")
        abort(status)

    app.add_url_rule("/failing/<int:status>", "failing", failing, methods=["GET", "POST"])


@pytest.mark.parametrize("who", ["visitor", "member", "manager"])
def test_every_page_carries_the_protective_headers(
    who: str, app: Flask, furnished: World, client: FlaskClient, sign_in: SignIn
) -> None:
    browser = {"visitor": client}.get(who) or sign_in(furnished.sme_admin if who == "member" else furnished.manager)
    seen = set()
    for page in plain_pages(app):
        answer = browser.get(page, buffered=True)
        assert answer.status_code < 500, page
        seen.add(answer.status_code)
        # The API knows no cookies: there the member is a visitor.
        check_headers(answer, signed_in=who != "visitor" and not page.startswith("/api/"))
    assert {200, 302} <= seen


def test_errors_and_files_carry_the_protective_headers(app: Flask, world: World, sign_in: SignIn) -> None:
    break_on_purpose(app)
    browser = sign_in(world.sme_user)
    for status in (400, 404, 405, 409, 413, 429, 500, 503):
        answer = browser.get(f"/failing/{status}")
        assert answer.status_code == status
        check_headers(answer, signed_in=True)
    for path, status in (("/nowhere", 404), ("/suggestions/answer", 405), ("/static/nothing.css", 404)):
        answer = browser.get(path, buffered=True)
        assert answer.status_code == status
        check_headers(answer, signed_in=False)
    for path in ("/static/css/base.css", "/static/css/base.css?v=1", "/bootstrap/static/css/bootstrap.min.css"):
        answer = browser.get(path, buffered=True)
        assert answer.status_code == 200
        check_headers(answer, signed_in=False)
        assert answer.headers["Cache-Control"].startswith("public")


def test_a_page_about_a_fault_shows_no_trace_and_names_its_request(app: Flask, client: FlaskClient) -> None:
    break_on_purpose(app)
    answer = client.get("/failing/500")
    assert "on purpose" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_without_tls_nothing_claims_it(client: FlaskClient, world: World) -> None:
    answer = client.post("/sign-in", data={"email": world.sme_user.email, "password": PASSWORD})
    assert "Strict-Transport-Security" not in answer.headers
    assert not any("Secure" in cookie or "__Host-" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


class TestOverTLS:
    """An installation that people reach by https, behind its own name."""

    ADDRESS = "https://match.example"

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, base_url=self.ADDRESS, trusted_hosts=("match.example",))

    def test_cookies_stay_on_this_host_and_on_tls(self, client: FlaskClient, world: World) -> None:
        answer = client.post(
            "/sign-in",
            base_url=self.ADDRESS,
            data={"email": world.sme_user.email, "password": PASSWORD, "remember": "y"},
        )
        assert answer.status_code == 302
        cookies = answer.headers.getlist("Set-Cookie")
        assert len(cookies) == 2, "the session and the remembering one"
        cookies += client.get("/language/de", base_url=self.ADDRESS).headers.getlist("Set-Cookie")
        assert "__Host-language=de" in cookies[2]
        for cookie in cookies:
            # The prefix makes browsers refuse a cookie that is not secure, has a domain or another path.
            assert cookie.startswith("__Host-")
            assert "; Secure" in cookie
            assert "; Path=/;" in f"{cookie};"
            assert "Domain=" not in cookie
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie
        assert client.get("/account", base_url=self.ADDRESS).status_code == 200

    def test_browsers_are_told_to_stay_on_tls(self, client: FlaskClient) -> None:
        for path in ("/", "/nowhere", "/static/css/base.css"):
            held = client.get(path, base_url=self.ADDRESS, buffered=True).headers["Strict-Transport-Security"]
            assert int(re.search(r"max-age=(\d+)", held)[1]) >= 31_536_000

    @pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/openapi.json", "/static/css/base.css", "/nowhere"])
    def test_a_foreign_host_name_is_refused(self, path: str, client: FlaskClient) -> None:
        for host in ("evil.example", "match.example.evil.example", "match.example@evil.example", "evil.example:443"):
            answer = client.get(path, base_url=self.ADDRESS, headers={"Host": host})
            assert answer.status_code == 400, host
            assert "evil.example" not in answer.text
        assert client.get(path, base_url=self.ADDRESS, buffered=True).status_code in (200, 404)


#: Ways of naming another site that look like a path to one check or another.
EVIL = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "////evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    "\t//evil.example/",
    " //evil.example/",
    "https:evil.example",
    "https:/evil.example",
    "/%09/evil.example/",
    "/%5cevil.example/",
    "/%2f/evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
)


@pytest.mark.parametrize("target", EVIL)
def test_signing_in_leads_to_no_other_site(target: str, client: FlaskClient, world: World) -> None:
    data = {"email": world.sme_user.email, "password": PASSWORD, "next": target}
    answer = client.post(f"/sign-in?next={quote(target)}", data=data)
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert "evil" not in location
    assert re.match(r"/(?![/\\])", location), location


@pytest.mark.parametrize("target", EVIL)
def test_an_answer_to_a_suggestion_leads_back_to_no_other_site(
    target: str, session: Session, world: World, sign_in: SignIn
) -> None:
    need = factories.need(session, world.sme)
    session.commit()
    answer = sign_in(world.sme_user).post(
        "/suggestions/answer",
        data={
            "subject_kind": "need",
            "subject": need.public_id,
            "object_kind": "organisation",
            "object": world.university.public_id,
            "answer": "saved",
            "back": target,
        },
    )
    assert answer.status_code == 302
    location = answer.headers["Location"]
    # A path that only holds an encoded slash or backslash stays on this site: browsers do not decode it.
    assert re.match(r"/(?![/\\\s])", location), location
    assert not re.search(r"[\t\n\\]", location), location


def test_a_good_next_is_followed(client: FlaskClient, world: World) -> None:
    data = {"email": world.sme_user.email, "password": PASSWORD}
    answer = client.post("/sign-in?next=/needs/mine%3Fstate%3Ddraft", data=data)
    assert answer.headers["Location"] == "/needs/mine?state=draft"


@pytest.fixture
def bearer(app: Flask, world: World) -> dict[str, str]:
    with app.app_context(), Session(db.engine) as writer:
        raw = create_token(writer, world.sme_user, name="ours", days=1)[1]
        writer.commit()
    return {"Authorization": f"Bearer {raw}"}


def test_an_address_in_an_answer_is_ours_whatever_host_was_named(
    session: Session, client: FlaskClient, furnished: World, bearer: dict[str, str]
) -> None:
    answer = client.get("/api/v1/search?q=bioreactor", headers={**bearer, "Host": "evil.example"})
    assert answer.json["items"]
    assert all(item["url"].startswith("http://127.0.0.1:8000/") for item in answer.json["items"])


def test_bodies_that_are_too_large_are_refused(client: FlaskClient, bearer: dict[str, str]) -> None:
    large = "x" * 2_000_000
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
        assert client.post("/sign-in", data=f"email={large}", content_type=kind).status_code == 413, kind
    answer = client.post("/api/v1/suggest", json={"text": large}, headers=bearer)
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")


JUNK = (
    "%00",
    "a%00b",
    "%ff%fe",
    "%ed%a0%80",
    "1" + "0" * 30,
    "-1",
    "abc",
    "NaN",
    "9" * 5000,
    "%25%27%22%3C%3E%5B%5D%7B%7B7*7%7D%7D",
    "%F0%9F%A6%A0%E2%80%AE%CC%81",
)


def parameter_names() -> list[str]:
    """Every name that any page reads from an address, found in the code itself."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "matchmaker").rglob("*.py"))
    named = set(re.findall(r"""args(?:\.get(?:list)?)?[(\[]"([a-z_]+)\"""", sources))
    named |= set(re.findall(r'"([a-z_]+)" in request\.args', sources))
    assert {"q", "page", "sort"} <= named
    return sorted(named | {field.name for field in fields(Filters)} | {"next", "title", "description", "limit"})


def test_no_junk_in_an_address_makes_a_fault(
    app: Flask, session: Session, furnished: World, sign_in: SignIn, client: FlaskClient
) -> None:
    names = parameter_names()
    browsers = (client, sign_in(furnished.sme_admin), sign_in(furnished.manager))
    need = factories.need(session, furnished.sme)
    session.commit()
    pages = [*plain_pages(app), f"/suggestions/need/{need.public_id}", f"/organisations/{furnished.sme.public_id}"]
    for number, junk in enumerate(JUNK):
        query = "&".join(f"{name}={junk}" for name in names)
        for page in pages:
            answer = browsers[(number + len(page)) % 3].get(f"{page}?{query}")
            assert answer.status_code < 500, f"{page} {junk[:40]}"


@pytest.mark.every_database
def test_each_parameter_alone_makes_no_fault_where_lists_are_filtered(
    app: Flask, session: Session, furnished: World, sign_in: SignIn
) -> None:
    browser = sign_in(furnished.sme_admin)
    need = factories.need(session, furnished.sme)
    session.commit()
    pages = ("/search", "/organisations", "/test-fields/", f"/suggestions/need/{need.public_id}")
    junk = ("1" + "0" * 30, "%27%22%25_%5B", "-1", "%ff", "9" * 5000)
    for number, name in enumerate(parameter_names()):
        # All at once, as above, an early refusal could hide a later fault.
        for page in pages:
            one = junk[(number + len(page)) % len(junk)]
            assert browser.get(f"{page}?{name}={one}").status_code < 500, f"{page}?{name}={one[:40]}"
    for page in pages:
        for one in JUNK:
            for name in ("q", "page", "trl_min"):
                assert browser.get(f"{page}?{name}={one}").status_code < 500, f"{page}?{name}={one[:40]}"


@pytest.mark.every_database
def test_no_junk_in_a_path_makes_a_fault(app: Flask, furnished: World, sign_in: SignIn) -> None:
    browser = sign_in(furnished.sme_admin)
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or "<" not in str(rule):
            continue
        for junk in ("%00", "%ff", "1" + "0" * 30, "-1", "..%2f..%2fetc%2fpasswd", "%ed%a0%80", "a" * 3000):
            answer = browser.get(re.sub(r"<[^>]+>", junk, str(rule)))
            # A damaged link in a mail leads to the page that sends a new one.
            assert answer.status_code == 302 or 400 <= answer.status_code < 500, f"{rule} {junk[:20]}"


@pytest.mark.every_database
def test_no_junk_in_a_form_makes_a_fault(
    session: Session, furnished: World, client: FlaskClient, sign_in: SignIn
) -> None:
    need, member = factories.need(session, furnished.sme), sign_in(furnished.sme_admin)
    session.commit()
    forms = {
        "/needs/new": member,
        f"/needs/{need.public_id}/edit": member,
        "/competences/new": member,
        "/evidence/new": member,
        "/profiles/new": member,
        "/test-fields/new": member,
        "/organisations/edit": member,
        "/organisations/new": sign_in(furnished.newcomer),
        "/suggestions/text": member,
        "/sign-in": client,
        "/sign-up": client,
        "/recover": client,
        "/confirm": client,
    }
    for page, browser in forms.items():
        names = set(re.findall(r'<(?:input|textarea|select)[^>]*name="([^"]+)"', browser.get(page).text))
        assert names, page
        for junk in (b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"1" + b"0" * 30, b"-1", b"9" * 5000, b"%\"'<>", b""):
            for action in ("publish", "save"):
                body = "&".join(f"{quote(name)}={quote(junk)}" for name in sorted(names)) + f"&action={action}"
                answer = browser.post(page, data=body, content_type="application/x-www-form-urlencoded")
                assert answer.status_code < 500, f"{page} {junk!r}"


@pytest.mark.every_database
def test_no_junk_in_json_makes_a_fault(client: FlaskClient, world: World, bearer: dict[str, str]) -> None:
    bodies = [
        "",
        "{",
        "[]",
        "null",
        "1e999",
        '"text"',
        "[" * 100_000,
        '{"text": "\\u0000"}',
        '{"text": "bone \\ud800 graft"}',
        '{"text": "bone", "limit": 1000000000000000000000000000000}',
        '{"text": "bone", "limit": NaN}',
        '{"text": "bone", "kinds": {"a": 1}}',
        '{"text": "bone", "filters": {"country": [["DE"]]}}',
        '{"text": "bone", "filters": {"trl_min": "\\u0000"}}',
        '{"text": "bone", "filters": {"region": ["\\u0000", "\\ud800"]}}',
        '{"text": ["bone"]}',
    ]
    for body in bodies:
        answer = client.post("/api/v1/suggest", data=body, content_type="application/json", headers=bearer)
        assert answer.status_code < 500, body[:80]
        if answer.status_code >= 400:
            assert set(json.loads(answer.data)["error"]) >= {"code", "message"}


def test_json_is_followed_only_so_deep(client: FlaskClient, world: World, bearer: dict[str, str]) -> None:
    def send(body: str) -> Any:
        return client.post("/api/v1/suggest", data=body, content_type="application/json", headers=bearer)

    deep = send('{"text": "bone", "filters": ' + "[" * DEEPEST + "]" * DEEPEST + "}")
    assert (deep.status_code, f"{DEEPEST} levels" in deep.json["error"]["message"]) == (400, True)
    assert send('{"text": "bone", "filters": ' + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1) + "}").status_code == 422
    assert send(json.dumps({"text": "brackets in words " + '[{"\\' * 50})).status_code == 200
    assert send("[" * 100_000).status_code == 400
    assert depth(b'[{"a": [1, 2]}, {}, "]]]", "' + b"[" * 9) == 3


def test_the_table_of_junk_is_tried_on_real_addresses(app: Flask) -> None:
    """If pages were registered elsewhere one day, the sweeps above would pass without having looked at anything."""
    assert len(plain_pages(app)) > 25
    assert Path(ROOT / "matchmaker").is_dir()
