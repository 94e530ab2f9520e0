"""An SME writes a need with help, publishes it, and decides on what is suggested, with the real model."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Demonstration
from tests.journeys.visitors import Visitor, Visits
from tests.servers import Server

pytestmark = pytest.mark.model

OWN_NEED = "Keeping germs off our resorbable jaw and shin fillers in the first days"
TITLE = "Antibacterial peptide coating for porous calcium phosphate bone blocks"
PROBLEM = (
    "Our printed bone blocks have pores of 300 micrometres. Bacteria settle in them before vessels grow in; "
    "gentamicin washes out within two days. We tried silver, which slowed the bone cells down by 40 %."
)
RESULT = "A coated block on which Staphylococcus aureus falls by three log steps over 14 days in a flow test."


@pytest.fixture
def member(visit: Visits, thinking_cluster: Server, demonstration: Demonstration) -> Visitor:
    return visit(thinking_cluster, demonstration.sme)


def percent(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator("#writing .completeness .num").inner_text()))


def type_and_wait(page: Page, label: str, text: str) -> int:
    """Type into a field; gives how complete the help says it is once it has answered."""
    before = page.locator("#writing .completeness .num").inner_text()
    page.get_by_label(label).fill(text)
    expect(page.locator("#writing .completeness .num")).not_to_have_text(before)
    return percent(page)


def cards(page: Page) -> Locator:
    return page.locator("article.suggestion")


def name_of(card: Locator) -> str:
    return card.get_by_role("heading", level=2).inner_text()


def names(page: Page) -> list[str]:
    return cards(page).get_by_role("heading", level=2).all_inner_texts()


def open_suggestions(page: Page) -> None:
    page.goto("/needs/mine")
    page.get_by_role("listitem").filter(has_text=OWN_NEED).get_by_role("link", name="Who could help").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who could help")
    expect(cards(page).first).to_be_visible()


def test_writing_a_need_is_helped_and_ends_in_suggestions(member: Visitor) -> None:
    page = member.page
    page.goto("/")
    page.get_by_role("link", name="Write a need").first.click()
    assert percent(page) == 0
    steps = [
        type_and_wait(page, "What are you looking for?", TITLE),
        type_and_wait(page, "What is the problem today?", PROBLEM),
        type_and_wait(page, "What should be different in six months?", RESULT),
    ]
    assert steps == sorted(set(steps)), f"expected the meter to rise with each field, found {steps}"
    expect(page.locator("#suggestion-preview li")).to_have_count(3)
    expect(page.locator("#suggestion-preview")).to_contain_text("fit")
    member.check_page()

    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(page.get_by_text("Nobody outside your organisation sees this until you publish it.")).to_be_visible()
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_label("What is the problem today?")).to_have_value(PROBLEM)
    expect(page.get_by_role("radio", name="Private")).to_be_checked()
    page.get_by_role("radio", name="Members").check()
    page.get_by_role("button", name="Publish the need").click()
    expect(page.get_by_text("Your need is open.")).to_be_visible()
    page.get_by_role("link", name="See who could help").click()
    expect(cards(page).first).to_be_visible()
    # Somebody of the first three treats surfaces against bacteria, and it is said why.
    first_three = page.locator("article.suggestion:nth-child(-n+3)")
    expect(first_three.filter(has_text=re.compile("peptide", re.IGNORECASE)).first).to_be_visible()
    member.check_page()


def test_a_suggestion_says_why(member: Visitor) -> None:
    page = member.page
    open_suggestions(page)
    card = cards(page).first
    pair = card.locator(".pair").first
    expect(pair.get_by_text("You seek", exact=True)).to_be_visible()
    expect(pair.get_by_text("They offer", exact=True)).to_be_visible()
    expect(pair.locator("mark").first).to_be_visible()
    expect(card.get_by_role("heading", name="What was asked for")).to_be_visible()
    expect(card.get_by_role("heading", name="Why them")).to_be_visible()
    expect(card.locator(".band")).to_have_text(re.compile("^(Strong|Good|Possible) fit"))
    # Something is met somewhere, and something is not: both are said.
    expect(page.locator(".met-met").first).to_be_visible()
    expect(page.locator(".met-unmet, .met-unknown").first).to_be_visible()
    # No naked score.
    for told in card.locator(".suggestion-head, .suggestion-reasons").all():
        expect(told).not_to_contain_text(re.compile(r"\d[.,]\d|%"))


def test_filters_live_in_the_address(member: Visitor) -> None:
    page = member.page
    open_suggestions(page)
    everybody = names(page)
    page.get_by_role("group", name="Country").get_by_label("Sweden").check()
    expect(page).to_have_url(re.compile(r"country=SE"))
    expect(page.get_by_role("link", name="Sweden remove this filter")).to_be_visible()
    for card in cards(page).all():
        expect(card.locator(".suggestion-facts")).to_contain_text(", SE")
    # The filter works inside the search: what it takes away makes room for others.
    assert names(page) != everybody
    page.get_by_role("group", name="Sector").get_by_label("Industry").check()
    expect(page).to_have_url(re.compile(r"sector=industry"))
    expect(page.get_by_role("link", name="Industry remove this filter")).to_be_visible()
    member.check_page()
    page.go_back()
    expect(page).to_have_url(re.compile(r"country=SE"))
    expect(page.get_by_role("link", name="Industry remove this filter")).to_have_count(0)
    page.go_back()
    expect(page).not_to_have_url(re.compile("country"))
    expect(cards(page).first.get_by_role("heading", level=2)).to_have_text(everybody[0])
    assert names(page) == everybody


def test_not_now_can_be_undone_and_never_says_why(member: Visitor) -> None:
    page = member.page
    open_suggestions(page)
    first = name_of(cards(page).first)
    page.get_by_role("button", name=f"Not now {first}").click()
    expect(page.get_by_text(f"Hidden for four weeks: {first}.")).to_be_visible()
    expect(page.get_by_role("heading", name=first)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back. It is on the list again.")).to_be_visible()
    expect(cards(page).first.get_by_role("heading", level=2)).to_have_text(first)

    second = cards(page).nth(1)
    name = name_of(second)
    second.get_by_text("Never").click()
    reason = second.get_by_role("radio").first
    said = page.locator(f"label[for={reason.get_attribute('id')}]").inner_text()
    reason.check()
    member.check_page()
    second.get_by_role("button", name="Don’t suggest again").click()
    expect(page.get_by_text(f"Not suggested again here: {name}.")).to_be_visible()
    expect(cards(page).filter(has=page.get_by_role("heading", name=name))).to_have_count(0)
    page.get_by_text("1 suggestion you have hidden").click()
    expect(page.get_by_text(f"Never: {said}")).to_be_visible()
    # It takes effect at once and stays: also after a fresh load, also for the colleague.
    page.reload()
    expect(cards(page).first).to_be_visible()
    expect(cards(page).filter(has=page.get_by_role("heading", name=name))).to_have_count(0)
    page.get_by_text("1 suggestion you have hidden").click()
    page.get_by_role("button", name="Show it again").click()
    expect(cards(page).filter(has=page.get_by_role("heading", name=name))).to_have_count(1)


def test_partners_stand_side_by_side(member: Visitor) -> None:
    page = member.page
    open_suggestions(page)
    chosen = names(page)[:2]
    for name in chosen:
        page.get_by_role("checkbox", name=f"Compare {name}").check()
    page.get_by_role("button", name="Compare the ticked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare partners")
    assert page.get_by_role("columnheader").all_inner_texts() == chosen
    member.check_page_everywhere()


def test_test_fields_have_their_own_tab(member: Visitor) -> None:
    page = member.page
    open_suggestions(page)
    page.get_by_role("navigation", name="What is suggested").get_by_role("link", name="Test fields").click()
    expect(page).to_have_url(re.compile("tab=test_fields"))
    expect(cards(page).first).to_be_visible()
    page.get_by_role("group", name="Readiness").get_by_label("Lab").check()
    expect(page).to_have_url(re.compile("rung=lab"))
    expect(page).to_have_url(re.compile("tab=test_fields"))
    expect(page.get_by_role("link", name="Lab remove this filter")).to_be_visible()


def test_a_pasted_text_is_answered_and_kept_nowhere(member: Visitor, thinking_cluster: Server) -> None:
    page = member.page
    page.goto("/suggestions/text")
    secret = "Zirkonquarzperle"
    page.get_by_label("Your text").fill(f"{PROBLEM} Internal name: {secret}.")
    page.get_by_role("button", name="Show who fits").click()
    expect(cards(page).first).to_be_visible()
    expect(page).to_have_url(re.compile("/suggestions/text$"))
    member.check_page()
    database = (thinking_cluster.data_dir / "matchmaker.sqlite3").read_bytes()
    journal = thinking_cluster.data_dir / "matchmaker.sqlite3-wal"
    kept = database + (journal.read_bytes() if journal.exists() else b"")
    assert secret.encode() not in kept
    assert secret not in thinking_cluster.log.read_text(encoding="utf-8")
