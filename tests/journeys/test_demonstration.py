"""The demonstration says that it is fictional, and one command takes all of it out again."""

from __future__ import annotations

import json
from importlib.resources import files

from playwright.sync_api import expect

from tests.journeys.conftest import Demonstration
from tests.journeys.visitors import Visits
from tests.servers import Server

NOTICE = "Every organisation, person and text here is fictional."


def names_of_the_demonstration() -> list[str]:
    rows = files("matchmaker.demo").joinpath("data", "organisations.jsonl").read_text(encoding="utf-8")
    return [json.loads(row)["name"] for row in rows.splitlines()]


def test_the_demonstration_is_marked_and_leaves_no_trace(
    visit: Visits, cluster: Server, demonstration: Demonstration
) -> None:
    visitor, member = visit(cluster), visit(cluster, demonstration.sme)
    page = visitor.page
    for path in ("/", "/organisations", "/search?q=bone", "/test-fields/"):
        page.goto(path)
        expect(page.get_by_text(NOTICE)).to_be_visible()

    assert "Removed 49 fictional organisations" in cluster.command("demo", "remove", "--yes")

    names = names_of_the_demonstration()
    for path in (
        "/",
        "/organisations",
        "/search",
        "/search?q=bone",
        "/search?q=implant&what=evidence",
        "/test-fields/",
    ):
        answer = page.goto(path)
        assert answer
        text = answer.text()
        assert not [name for name in names if name in text], path
        assert NOTICE not in text
        visitor.check_page()
    # Nobody of it is signed in any more, and nobody can sign in.
    member.page.goto("/needs/mine")
    expect(member.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    email, password = demonstration.sme
    member.page.get_by_label("E-mail address").fill(email)
    member.page.get_by_label("Password").first.fill(password)
    member.page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(member.page.get_by_role("alert")).to_be_visible()
    assert "no demonstration cluster here" in cluster.command("demo", "remove", "--yes")
