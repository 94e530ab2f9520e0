"""A visitor without an account: finds by meaning, reads what is public, and learns nothing else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Demonstration
from tests.journeys.visitors import Visits
from tests.servers import Server

#: Asks in other words than the competence that answers it.
WORDS = "stop microbes growing on metal hips"
FOUND = "Silver and gallium doped oxide layer that keeps implants free of bacteria"
#: Shown to members of the cluster only.
MEMBERS_ONLY = "Micro-CT inspection of porous parts with automated pore statistics"


def search(page: Page, words: str) -> None:
    page.get_by_role("main").get_by_role("searchbox").fill(words)
    page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(page).to_have_title("Search: " + words + " · matchmaker")


def found_first(page: Page) -> Locator:
    """The first three of the competences that were found."""
    page.get_by_role("navigation", name="Kinds").get_by_role("link", name="Competences").click()
    expect(page).to_have_url(re.compile("what=competence"))
    return page.locator("#results [data-item]:nth-child(-n+3)")


@pytest.mark.model
def test_a_visitor_finds_a_competence_by_meaning_and_follows_it_to_a_test_field(
    visit: Visits, thinking_cluster: Server
) -> None:
    visitor = visit(thinking_cluster)
    page = visitor.page
    page.goto("/")
    visitor.check_page()
    search(page, WORDS)
    visitor.check_page()
    found_first(page).get_by_role("link", name=FOUND).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(FOUND)
    page.get_by_role("main").get_by_role("link", name="Skarpnäs Biomaterials AB").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Skarpnäs Biomaterials AB")
    expect(page.get_by_role("heading", name="What they can do")).to_be_visible()
    visitor.check_page()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Test fields").click()
    page.get_by_role("link", name="Living lab in a care home").click()
    expect(page.get_by_role("heading", name="How to get in")).to_be_visible()
    expect(page.get_by_role("list", name="Readiness ladder").get_by_role("listitem")).to_have_count(4)
    # Whom to write to is disclosed after an introduction, not here.
    expect(page.get_by_text("@")).to_have_count(0)
    visitor.check_page()


def test_words_alone_do_not_find_what_is_said_in_other_words(visit: Visits, cluster: Server) -> None:
    """What the test above rests on: without the model the same question leads elsewhere, and the page says so."""
    page = visit(cluster).page
    page.goto("/")
    search(page, WORDS)
    expect(found_first(page).get_by_role("link", name=FOUND)).to_have_count(0)
    expect(page.get_by_text("Searching by words only.")).to_be_visible()


def test_what_is_for_members_only_shows_nowhere_to_a_visitor(
    visit: Visits, cluster: Server, demonstration: Demonstration
) -> None:
    member, visitor = visit(cluster, demonstration.sme).page, visit(cluster).page
    member.goto("/")
    member.get_by_role("searchbox", name="Search organisations").fill(MEMBERS_ONLY)
    member.keyboard.press("Enter")
    link = member.get_by_role("link", name=MEMBERS_ONLY)
    expect(link).to_be_visible()
    address = link.get_attribute("href")
    assert address
    organisation = member.get_by_role("link", name="Knochenwerk Lübeck GmbH").first.get_attribute("href")
    assert organisation

    visitor.goto("/")
    search(visitor, MEMBERS_ONLY)
    expect(visitor.get_by_role("link", name=MEMBERS_ONLY)).to_have_count(0)
    visitor.goto(organisation)
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Knochenwerk Lübeck GmbH")
    expect(visitor.get_by_text(MEMBERS_ONLY)).to_have_count(0)
    # It answers like an address that never existed.
    answer, nothing = visitor.goto(address), visitor.request.get("/competences/000000000000")
    assert answer
    assert (answer.status, nothing.status) == (404, 404)
    expect(visitor.get_by_text(MEMBERS_ONLY)).to_have_count(0)


@pytest.mark.parametrize("address", ["/needs/mine", "/offers", "/desk/", "/verdicts/", "/account", "/suggestions/text"])
def test_a_visitor_is_asked_to_sign_in_where_members_work(visit: Visits, cluster: Server, address: str) -> None:
    page = visit(cluster).page
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
