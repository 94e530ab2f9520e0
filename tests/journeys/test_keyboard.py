"""Everything is reached and used by keys alone, and the eye can follow."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.journeys.visitors import Visitor

NEED = "Keeping germs off our resorbable jaw and shin fillers in the first days"
#: A key pressed this often has missed what it was to reach.
PATIENCE = 60


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(PATIENCE):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached with {PATIENCE} presses of Tab")


def focus_is_visible(page: Page) -> bool:
    return bool(
        page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement);"
            " return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none'; }"
        )
    )


def test_the_first_suggestion_is_answered_by_keys(sme: Callable[..., Visitor]) -> None:
    page = sme().page
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("region", name="Your open needs").get_by_role("link", name=NEED))
    assert focus_is_visible(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Who could help")

    cards = page.locator("article.suggestion")
    first, second = (card.get_by_role("heading", level=2).inner_text() for card in cards.all()[:2])
    page.keyboard.press("j")
    expect(cards.first).to_be_focused()
    assert focus_is_visible(page)
    tab_to(page, cards.first.get_by_role("button", name=f"Not now {first}"))
    assert focus_is_visible(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Hidden for four weeks: {first}.")).to_be_visible()
    # The pressed button is gone; the focus is on the card that took its place.
    expect(cards.first).to_be_focused()
    expect(cards.first.get_by_role("heading", level=2)).to_have_text(second)

    never = cards.first.locator("details.confirm summary").first
    tab_to(page, never)
    page.keyboard.press("Enter")
    tab_to(page, cards.first.get_by_role("radio").first)
    page.keyboard.press("Space")
    tab_to(page, cards.first.get_by_role("button", name="Don’t suggest again"))
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Not suggested again here: {second}.")).to_be_visible()


def test_single_keys_search_walk_and_help(sme: Callable[..., Visitor]) -> None:
    page = sme().page
    page.goto("/search?q=bone")
    items = page.locator("[data-item]")
    page.keyboard.press("j")
    expect(items.first).to_be_focused()
    page.keyboard.press("j")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(items.first).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search organisations")
    expect(search).to_be_focused()
    # While somebody types, the keys are letters; the words of the last search are selected, so they are replaced.
    page.keyboard.type("jk/?")
    expect(search).to_have_value("jk/?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()


def test_single_keys_can_be_switched_off(sme: Callable[..., Visitor]) -> None:
    page = sme().page
    page.goto("/search?q=bone")
    page.get_by_role("button", name="Keyboard").click()
    page.get_by_role("checkbox", name="Use these single keys on this device").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search organisations")).not_to_be_focused()


def test_menus_close_with_escape_and_give_the_focus_back(sme: Callable[..., Visitor]) -> None:
    visitor = sme(width=390)
    page = visitor.page
    page.goto("/")
    button = page.get_by_role("button", name="Menu")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    visitor.check_page("with the menu open")
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(button).to_be_focused()
