"""Texts written to break out of the page stay texts, wherever they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask_security import hash_password
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from matchmaker import create_app
from matchmaker.accounts.models import User
from matchmaker.config import load
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.db import db
from tests import factories
from tests.journeys.visitors import Visits, apart
from tests.servers import Server, Servers

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    '<a href="javascript:alert(1)">press</a>',
    "<style>*{background:url(//evil.example)}</style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "{{ 7*7 }}{% raise %}${7*7}",
    "<math><mi xlink:href=data:x,alert(1)>",
    '" autofocus onfocus=alert(1) x="',
    "<!--><img src=x onerror=alert(1)>-->",
]


@dataclass(frozen=True)
class Hostile:
    """A server on which everything that can be typed holds such texts, and addresses of pages that show them."""

    server: Server
    member: tuple[str, str]
    manager: tuple[str, str]
    pages: tuple[str, ...]
    desk_pages: tuple[str, ...]


@pytest.fixture(scope="module")
def hostile(module_serve: Servers) -> Hostile:
    made: dict[str, Any] = {}
    server = module_serve(lambda server: apart(lambda: made.update(_fill(server))), MATCHMAKER_MODEL="none")
    return Hostile(server, **made)


def _fill(server: Server) -> dict[str, Any]:
    everything = " ".join(PAYLOADS)
    text = f"Perfusion of bone grafts for weeks. {everything}"
    app = create_app(load(server.environment))
    with app.app_context(), Session(db.engine) as session:
        password = hash_password(factories.PASSWORD)
        cluster = factories.cluster(session, name=PAYLOADS[0])
        ours = factories.organisation(session, within=cluster, name=PAYLOADS[1], headline=everything[:190], about=text)
        others = [
            factories.organisation(session, within=cluster, name=f"{payload} AB", city=payload, region=payload)
            for payload in PAYLOADS
        ]
        member = factories.user(
            session, of=ours, admin=True, email="a@h.example", name=PAYLOADS[2], title=PAYLOADS[1], password=password
        )
        manager = factories.user(session, manages=cluster, email="m@h.example", name=PAYLOADS[12], password=password)
        said: dict[str, Any] = {"description": text, "keywords": PAYLOADS[:8], "source": PAYLOADS[1], "licence": "<b>"}
        need = factories.need(session, ours, title=PAYLOADS[0], expected_result=text, **said)
        mine = factories.competence(session, ours, title=PAYLOADS[3], advantages=text, **said)
        steps = [PAYLOADS[0], PAYLOADS[4]]
        for payload, other in zip(PAYLOADS, others, strict=True):
            theirs = factories.competence(session, other, title=payload, **said)
            record = factories.evidence(session, other, title=payload, identifier=payload, url=payload, **said)
            theirs.evidence.append(record)
            field = factories.test_field(session, other, title=payload, access_steps=steps, services=steps, **said)
            factories.need(session, other, title=f"{payload} sought", **said)
        for kind in (VerdictKind.PIN, VerdictKind.VETO):
            verdict = {"kind": kind, "reason": everything, "need": need}
            partner = others[0] if kind == VerdictKind.PIN else others[1]
            session.add(Verdict(cluster=cluster, manager=manager, partner=partner, **verdict))
        session.commit()
        assert session.get(User, member.id)
        pages = (
            "/",
            "/search?q=bone",
            "/organisations",
            f"/organisations/{ours.public_id}",
            f"/organisations/{others[0].public_id}",
            f"/organisations/{others[0].public_id}/evidence",
            f"/needs/{need.public_id}",
            f"/needs/{need.public_id}/edit",
            f"/competences/{mine.public_id}",
            f"/competences/{mine.public_id}/edit",
            f"/competences/{theirs.public_id}",
            f"/evidence/{record.public_id}",
            f"/test-fields/{field.public_id}",
            "/test-fields/",
            f"/suggestions/need/{need.public_id}",
            f"/suggestions/need/{need.public_id}?tab=test_fields",
            f"/suggestions/competence/{mine.public_id}",
            f"/suggestions/organisation/{ours.public_id}",
            f"/suggestions/need/{need.public_id}/compare?pick={others[0].public_id}&pick={others[2].public_id}",
            f"/organisations/{ours.public_id}/people",
            f"/organisations/{ours.public_id}/edit",
            "/account",
            "/organisations/join?q=script",
        )
        desk_pages = ("/desk/", "/verdicts/", f"/suggestions/need/{need.public_id}", "/verdicts/propose")
        db.engine.dispose()
    return {
        "member": ("a@h.example", factories.PASSWORD),
        "manager": ("m@h.example", factories.PASSWORD),
        "pages": pages,
        "desk_pages": desk_pages,
    }


def test_no_text_becomes_code(visit: Visits, hostile: Hostile) -> None:
    """No dialog opens, the policy has nothing to refuse, and no page gains an element it was not given."""
    for who, pages in ((hostile.member, hostile.pages), (hostile.manager, hostile.desk_pages)):
        visitor = visit(hostile.server, who)
        dialogs: list[str] = []
        visitor.page.on("dialog", lambda dialog, dialogs=dialogs: (dialogs.append(dialog.message), dialog.dismiss()))
        for path in pages:
            answer = visitor.page.goto(path)
            assert answer
            assert answer.status == 200, path
            assert (dialogs, visitor.complaints) == ([], []), path
            foreign = visitor.page.locator("main").locator(
                "script, iframe, style, img:not([src$='/qr.svg']), math, [onload], [onfocus]"
            )
            expect(foreign).to_have_count(0)
            expect(visitor.page.locator("a[href^='javascript:' i]")).to_have_count(0)
            assert "<script>alert" not in answer.text(), path


@pytest.mark.parametrize(
    "path", ["/search?q={}", "/organisations?q={}", "/organisations/join?q={}", "/sign-in?next={}"]
)
def test_no_address_becomes_code(visit: Visits, hostile: Hostile, path: str) -> None:
    visitor = visit(hostile.server, None if "sign-in" in path else hostile.member)
    visitor.page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))
    for payload in PAYLOADS:
        visitor.page.goto(path.replace("{}", "") + payload.replace("%", "%25").replace("&", "%26").replace("#", "%23"))
        assert visitor.complaints == [], payload


def test_what_is_typed_comes_back_as_text_in_the_live_help(visit: Visits, hostile: Hostile) -> None:
    visitor = visit(hostile.server, hostile.member)
    page = visitor.page
    page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))
    page.goto("/needs/new")
    page.get_by_label("What are you looking for?").fill(f"bone {PAYLOADS[1]}")
    expect(page.locator("#writing .seen-title")).to_have_text(f"bone {PAYLOADS[1]}")
    expect(page.locator("#suggestion-preview li").first).to_be_visible()
    page.get_by_label("What is the problem today?").fill("bone grafts " + " ".join(PAYLOADS))
    expect(page.locator("#writing .seen-text")).to_contain_text("<script>alert(1)</script>")
    assert visitor.complaints == []
