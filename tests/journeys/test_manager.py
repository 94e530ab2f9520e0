"""A cluster manager pins, vetoes, proposes and withdraws; members see the pins and proposals, and never a veto."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.journeys.visitors import Visitor

NEED = "Keeping germs off our resorbable jaw and shin fillers in the first days"
PIN = "They met at the autumn fair and want to run a first test before Christmas."
VETO = "Their coating line is sold; they asked not to be suggested this year."
PROPOSAL = "Their wound dressings release peptides slowly, which may work in pores as well."


def cards(page: Page) -> Locator:
    return page.locator("article.suggestion")


def name_of(card: Locator) -> str:
    return card.get_by_role("heading", level=2).inner_text()


def decide(page: Page, card: Locator, reason: str, button: str) -> None:
    card.get_by_text("Decide").click()
    card.get_by_label("Your reason").fill(reason)
    card.get_by_role("button", name=button).click()


def suggestions_page(member: Page) -> str:
    """Where the suggestions for the need stand, as its owner finds them."""
    member.goto("/needs/mine")
    member.get_by_role("listitem").filter(has_text=NEED).get_by_role("link", name="Who could help").click()
    expect(member.get_by_role("heading", level=1)).to_have_text("Who could help")
    return member.url


def test_verdicts_guide_members_without_telling_on_anybody(
    manager: Callable[..., Visitor], sme: Callable[..., Visitor]
) -> None:
    visitor, member = manager(), sme()
    page = visitor.page
    page.goto("/desk/")
    expect(page.get_by_role("region", name="Needs to broker").get_by_role("listitem").first).to_be_visible()
    visitor.check_page()
    address = suggestions_page(member.page)
    page.goto(address)
    first, second, third = (name_of(card) for card in cards(page).all()[:3])

    decide(page, cards(page).filter(has=page.get_by_role("heading", name=third)), PIN, "Pin first")
    expect(page.get_by_text(f"Pinned: {third} stands first, with your reason.")).to_be_visible()
    decide(page, cards(page).filter(has=page.get_by_role("heading", name=first)), VETO, "Veto")
    expect(page.get_by_text(f"Vetoed: {first} is no longer suggested here.")).to_be_visible()
    visitor.check_page()

    member.page.goto(address)
    top = cards(member.page).first
    expect(top.get_by_role("heading", level=2)).to_have_text(third)
    expect(top).to_contain_text("Recommended by your cluster manager.")
    expect(top).to_contain_text(PIN)
    expect(cards(member.page).nth(1).get_by_role("heading", level=2)).to_have_text(second)
    for path in (address, "/", "/needs/mine"):
        answer = member.page.goto(path)
        assert answer
        assert VETO not in answer.text()
    member.page.goto(address)
    expect(member.page.get_by_role("heading", name=first, exact=True)).to_have_count(0)
    expect(member.page.get_by_text("veto")).to_have_count(0)
    member.check_page()

    page.goto("/verdicts/")
    expect(page.get_by_text(VETO)).to_be_visible()
    page.goto(address)
    page.get_by_text("1 veto in force here").click()
    page.get_by_role("button", name="Withdraw the veto").click()
    expect(page.get_by_text("Withdrawn. It no longer holds, and stays in the log.")).to_be_visible()
    cards(page).first.get_by_role("button", name="Withdraw the pin").click()
    expect(cards(page).first.get_by_role("heading", level=2)).to_have_text(first)
    member.page.goto(address)
    expect(cards(member.page).first.get_by_role("heading", level=2)).to_have_text(first)
    expect(member.page.get_by_text(PIN)).to_have_count(0)
    # Withdrawing is a fact of its own: the log keeps both.
    page.goto("/verdicts/?state=withdrawn")
    expect(page.get_by_text(VETO)).to_be_visible()
    expect(page.get_by_text(PIN)).to_be_visible()


def test_a_proposed_pair_reaches_the_member(manager: Callable[..., Visitor], sme: Callable[..., Visitor]) -> None:
    visitor, member = manager(), sme()
    page = visitor.page
    page.goto("/desk/")
    page.get_by_role("link", name="Propose a pair").click()
    page.get_by_label("Search the open needs").fill("germs off")
    page.get_by_label("Search the open needs").press("Enter")
    page.get_by_role("link", name=NEED).click()
    page.get_by_label("Search organisations and test fields").fill("Watt")
    page.get_by_label("Search organisations and test fields").press("Enter")
    page.get_by_role("link", name="Watt & Wiese Biologics GmbH").click()
    page.get_by_label("Your reason").fill(PROPOSAL)
    visitor.check_page()
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Proposed: Watt & Wiese Biologics GmbH, with your reason.")).to_be_visible()

    member.page.goto("/")
    shown = member.page.get_by_role("region", name="From your cluster manager")
    expect(shown).to_contain_text(PROPOSAL)
    shown.get_by_role("link", name="Watt & Wiese Biologics GmbH").click()
    proposed = cards(member.page).filter(has_text="Watt & Wiese Biologics GmbH")
    expect(proposed).to_contain_text("Proposed by your cluster manager.")
    expect(proposed).to_contain_text(PROPOSAL)


def test_members_cannot_open_the_desk(sme: Callable[..., Visitor]) -> None:
    page = sme().page
    for path in ("/desk/", "/verdicts/", "/verdicts/propose", "/cluster/members"):
        answer = page.goto(path)
        assert answer
        assert answer.status == 404
