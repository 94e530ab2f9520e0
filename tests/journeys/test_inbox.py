"""A member reads the inbox, chooses what to be told, and keeps a search: with scripts, without, and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, delete, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.notifications.models import Notification
from tests.journeys.conftest import Demonstration
from tests.servers import Server


@pytest.fixture
def told(cluster: Server, demonstration: Demonstration) -> None:
    """The SME's person finds three things in the inbox."""
    engine = create_engine(f"sqlite:///{cluster.data_dir / 'matchmaker.sqlite3'}")
    with Session(engine) as session:
        session.execute(delete(Notification))
        user = session.scalars(select(User).where(User.email == demonstration.sme[0])).one()
        for name in ("Werft Nord", "Övärlds Sjukhus", "Fördeklinikum"):
            facts = {"organisation": name}
            session.add(Notification(user_id=user.id, kind="membership-refused", facts=facts))
        session.commit()
    engine.dispose()


def test_an_inbox_is_read_and_emptied(sme: Callable[..., Any], told: None) -> None:
    visitor = sme()
    page = visitor.page
    page.goto("/")
    page.get_by_role("link", name="Inbox, 3 unread").click()
    expect(page.locator(".inbox .unread")).to_have_count(3)
    visitor.check_page_everywhere()
    visitor.look_at(1280, "light")
    row = page.get_by_role("listitem").filter(has_text="Övärlds Sjukhus")
    row.get_by_role("button", name="Mark as read").click()
    expect(page.locator(".inbox .unread")).to_have_count(2)
    expect(page.locator(".inbox > li").last).to_contain_text("Övärlds Sjukhus")
    page.get_by_role("link", name="Fördeklinikum").click()
    expect(page).to_have_url("/start")
    page.go_back()
    page.reload()
    expect(page.locator(".inbox .unread")).to_have_count(1)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("heading", name="Nothing unread")).to_be_visible()


def test_the_inbox_works_without_scripts_on_a_phone(sme: Callable[..., Any], told: None) -> None:
    page = sme(width=390, java_script_enabled=False).page
    page.goto("/inbox")
    page.get_by_role("button", name="Mark as read").first.click()
    expect(page.locator(".inbox .unread")).to_have_count(2)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("2 notifications marked as read.")).to_be_visible()
    page.get_by_role("button", name="Mark as unread").first.click()
    expect(page.get_by_role("link", name="Inbox, 1 unread")).to_be_visible()


def test_what_one_is_told_is_chosen_kind_by_kind(sme: Callable[..., Any]) -> None:
    visitor = sme()
    page = visitor.page
    page.goto("/account")
    page.get_by_role("link", name="What I am told").click()
    visitor.check_page_everywhere()
    visitor.look_at(390, "light")
    kind = "My request to join was accepted"
    page.get_by_label(f"By mail: {kind}").select_option("Never")
    page.get_by_label(f"In the inbox: {kind}").uncheck()
    page.get_by_label("The digest comes").select_option(label="Every month, if there is something new")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label(f"By mail: {kind}")).to_have_value("never")
    expect(page.get_by_label(f"In the inbox: {kind}")).not_to_be_checked()
    expect(page.get_by_label("The digest comes")).to_have_value("monthly")
    asked = page.get_by_role("row").filter(has_text="Somebody asks to join my organisation")
    expect(asked.get_by_role("combobox")).to_have_count(0)


def test_a_search_is_kept_named_and_dropped(sme: Callable[..., Any]) -> None:
    visitor = sme()
    page = visitor.page
    page.goto("/search?q=implant&what=competence")
    visitor.check_page()
    page.get_by_role("button", name="Keep this search").click()
    expect(page.get_by_text("You are told when something new fits.")).to_be_visible()
    visitor.check_page_everywhere()
    visitor.look_at(1280, "light")
    page.locator("summary").filter(has_text="Rename").click()
    page.get_by_label("Name").fill("Implantate für Kinder")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Implantate für Kinder").click()
    expect(page.get_by_text("Nothing new so far")).to_be_visible()
    visitor.check_page_everywhere()
    visitor.look_at(1280, "light")
    page.go_back()
    page.locator("summary").filter(has_text="Drop").click()
    page.get_by_role("button", name="Drop the search").click()
    expect(page.get_by_text("No search is kept yet")).to_be_visible()
