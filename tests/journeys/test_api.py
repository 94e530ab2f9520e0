"""A member's program: a token made on the account page asks for suggestions and searches, until it is revoked."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import APIRequestContext, APIResponse, expect

from tests.journeys.visitors import Visitor

QUESTION = "We seek a coating that keeps porous bone implants free of bacteria."


def suggest(program: APIRequestContext, token: str, **more: object) -> APIResponse:
    return program.post(
        "/api/v1/suggest", headers={"Authorization": f"Bearer {token}"}, data={"text": QUESTION, "limit": 3, **more}
    )


def test_a_token_reads_what_its_maker_reads_until_it_is_revoked(sme: Callable[..., Visitor]) -> None:
    visitor = sme()
    page = visitor.page
    page.goto("/account")
    page.get_by_role("link", name="API tokens").first.click()
    page.get_by_label("What it is for").fill("Intranet search")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_text("Copy this token now. It is shown this once.")).to_be_visible()
    visitor.check_page_everywhere()
    token = page.locator(".token-raw code").inner_text()

    # A program has no cookies of ours.
    program = visitor.context.browser.new_context(base_url=page.url.split("/account")[0]).request
    answer = suggest(program, token, filters={"country": ["DE"]})
    assert answer.status == 200, answer.text()
    partners = answer.json()["partners"]
    assert partners["words_only"] is True
    assert 0 < len(partners["suggestions"]) <= 3
    assert {one["organisation"]["country"] for one in partners["suggestions"]} == {"DE"}
    assert all(one["evidence"] for one in partners["suggestions"])

    headers = {"Authorization": f"Bearer {token}"}
    found = program.get("/api/v1/search", params={"q": "micro-CT porous parts"}, headers=headers)
    assert found.status == 200
    titles = [item["title"] for item in found.json()["items"]]
    # Readable for members only: the token reads as its maker does.
    assert "Micro-CT inspection of porous parts with automated pore statistics" in titles

    wrong = suggest(program, token, kinds=["submarines"])
    assert (wrong.status, wrong.headers["content-type"]) == (422, "application/json")

    page.goto("/account/tokens")
    row = page.get_by_role("listitem").filter(has_text="Intranet search")
    row.get_by_text("Revoke", exact=True).click()
    row.get_by_role("button", name="Revoke the token").click()
    expect(page.get_by_text("“Intranet search” is revoked.")).to_be_visible()
    refused = suggest(program, token)
    assert refused.status == 401
    assert refused.json()["error"]["code"] == "unauthenticated"
    assert "<" not in refused.text()
