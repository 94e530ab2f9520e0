"""Nothing needs JavaScript: searching, writing a need, filtering and answering work by plain forms and links."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.visitors import Visitor, Visits
from tests.servers import Server

NEED = "Keeping germs off our resorbable jaw and shin fillers in the first days"


def first_name(page: Page) -> str:
    return page.locator("article.suggestion").first.get_by_role("heading", level=2).inner_text()


def test_a_visitor_searches(visit: Visits, cluster: Server) -> None:
    page = visit(cluster, java_script_enabled=False).page
    page.goto("/")
    page.get_by_label("What are you looking for?").fill("bone")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(page.locator("[data-item]").first).to_be_visible()
    page.get_by_role("navigation", name="Kinds").get_by_role("link", name="Organisations").click()
    expect(page).to_have_url(re.compile("what=organisation"))
    page.locator("[data-item] a").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_filters_are_sent_by_a_button_on_wide_and_narrow_screens(visit: Visits, cluster: Server) -> None:
    for width in (1280, 390):
        page = visit(cluster, width=width, java_script_enabled=False).page
        page.goto("/search?q=bone")
        if width == 390:
            page.get_by_role("button", name="Filters").click()
        page.get_by_role("group", name="Sector").get_by_label("Care").check()
        page.get_by_role("button", name="Show results").click()
        expect(page).to_have_url(re.compile("sector=care"))
        expect(page.get_by_role("link", name="Care remove this filter")).to_be_visible()


def test_a_member_writes_a_need_and_gets_the_help_on_request(sme: Callable[..., Visitor]) -> None:
    page = sme(java_script_enabled=False).page
    page.goto("/needs/new")
    page.get_by_label("What are you looking for?").fill("Sterile packaging for brittle ceramic implants")
    page.get_by_label("What is the problem today?").fill("They break in the pouch when the parcel falls from 80 cm.")
    page.get_by_role("button", name="Check the text").click()
    # What was typed is still there, and the help has read it.
    expect(page.get_by_label("What are you looking for?")).to_have_value(
        "Sterile packaging for brittle ceramic implants"
    )
    expect(page.locator("#writing .completeness .num")).not_to_have_text("0%")
    page.get_by_role("button", name="Publish the need").click()
    expect(page.get_by_text("Your need is open.")).to_be_visible()
    page.get_by_role("link", name="See who could help").click()
    expect(page.locator("article.suggestion").first).to_be_visible()


def test_a_member_answers_a_suggestion(sme: Callable[..., Visitor]) -> None:
    page = sme(java_script_enabled=False).page
    page.goto("/needs/mine")
    page.get_by_role("listitem").filter(has_text=NEED).get_by_role("link", name="Who could help").click()
    name = first_name(page)
    page.get_by_role("button", name=f"Not now {name}").click()
    expect(page.get_by_text(f"Hidden for four weeks: {name}.")).to_be_visible()
    assert first_name(page) != name
    page.get_by_role("button", name="Undo").click()
    assert first_name(page) == name
    page.get_by_role("button", name=f"Save {name}").click()
    expect(page.get_by_text(f"Saved: {name}.")).to_be_visible()
    page.get_by_role("navigation", name="What is suggested").get_by_role("link", name="Saved").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()
    page.go_back()
    page.locator("article.suggestion").first.get_by_text("Never").click()
    page.locator("article.suggestion").first.get_by_role("button", name="Don’t suggest again").click()
    expect(page.get_by_text(f"Not suggested again here: {name}.")).to_be_visible()


def test_menus_open_without_script(sme: Callable[..., Visitor]) -> None:
    page = sme(width=390, java_script_enabled=False).page
    page.goto("/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Our needs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Our needs")
    page.get_by_role("button", name="Your account:").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
