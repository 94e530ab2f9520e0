"""An SME asks, a researcher agrees, a manager brings together: three people, three browsers, a real mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Demonstration
from tests.journeys.visitors import Visits
from tests.mail.sink import Sink
from tests.servers import Server, Servers, free_port


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    made = Sink(free_port())
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def mailing_cluster(module_serve: Servers, demonstration: Demonstration, sink: Sink) -> Server:
    return module_serve(
        like=demonstration.data_dir, MATCHMAKER_MODEL="none", MATCHMAKER_SMTP_URL=f"smtp://127.0.0.1:{sink.port}"
    )


def mails(server: Server, sink: Sink, to: str) -> list[str]:
    """The subjects that somebody got, once everything that waits was sent."""
    server.command("mail", "send")
    pairs = zip(sink.received, sink.recipients, strict=True)
    return [str(message["Subject"]) for message, recipients in pairs if to in recipients]


def calendars(server: Server, sink: Sink, method: str) -> list[str]:
    """Whose calendars were told so, once everything that waits was sent."""
    server.command("mail", "send")
    told = []
    for message, recipients in zip(sink.received, sink.recipients, strict=True):
        parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        if any(f"METHOD:{method}" in part.get_payload(decode=True).decode() for part in parts):
            told += recipients
    return sorted(told)


def open_introduction(page: Page, tab: str) -> None:
    page.goto(f"/introductions/?tab={tab}")
    page.locator("a.rows-title").first.click()
    expect(page.get_by_role("list", name="Where it stands")).to_be_visible()


def test_from_the_request_to_the_conversation(
    visit: Visits, mailing_cluster: Server, demonstration: Demonstration, sink: Sink
) -> None:
    sme = visit(mailing_cluster, demonstration.sme).page
    researcher = visit(mailing_cluster, demonstration.researcher).page
    manager = visit(mailing_cluster, demonstration.manager).page

    researcher.goto("/offers")
    researcher.get_by_role("link", name=re.compile("Lipid nanoparticles")).first.click()
    address = researcher.url
    sme.goto(address)
    sme.get_by_role("link", name="Ask for an introduction").click()
    sme.get_by_label(re.compile("What kind of cooperation")).fill("A joint trial on our bone blocks.")
    sme.get_by_label(re.compile("Who are you")).fill("Nine people who print bone in Hamburg.")
    sme.get_by_role("main").get_by_role("button", name="Ask for an introduction").click()
    expect(sme.get_by_text("Your request is on its way.")).to_be_visible()
    subjects = mails(mailing_cluster, sink, demonstration.researcher[0])
    assert "Somebody asks for an introduction to you" in subjects
    assert not any("bone" in str(message) for message in sink.received)

    introduction = sme.url
    researcher.goto(introduction)
    expect(researcher.get_by_text("A joint trial on our bone blocks.")).to_be_visible()
    expect(researcher.get_by_text(demonstration.sme[0])).to_have_count(0)
    manager.goto(introduction)
    expect(manager.get_by_text(demonstration.sme[0])).to_have_count(0)
    researcher.get_by_role("link", name=re.compile("^Agree")).click()
    researcher.get_by_label("Telephone").fill("018 123 45")
    researcher.get_by_role("button", name="Agree and disclose").click()
    expect(researcher.get_by_role("link", name=demonstration.sme[0])).to_be_visible()
    sme.reload()
    expect(sme.get_by_text("018 123 45")).to_be_visible()
    assert "You are introduced" in mails(mailing_cluster, sink, demonstration.sme[0])

    sme.get_by_label("Your message").fill("Could we meet on Thursday?")
    sme.get_by_role("button", name="Send").click()
    researcher.reload()
    expect(researcher.get_by_text("Could we meet on Thursday?")).to_be_visible()

    ahead = (datetime.now() + timedelta(days=5)).strftime("%Y-%m-%dT10:30")
    sme.get_by_label("Time 1").fill(ahead)
    sme.get_by_role("button", name="Propose", exact=True).click()
    expect(sme.get_by_text("The other side picks one.")).to_be_visible()
    researcher.reload()
    researcher.get_by_role("button", name="Pick this").click()
    expect(researcher.locator("#meeting .meeting-when")).to_contain_text("10:30 (Berlin)")
    assert calendars(mailing_cluster, sink, "REQUEST") == sorted([demonstration.sme[0], demonstration.researcher[0]])

    sme.reload()
    sme.get_by_text("Note what came of it").click()
    sme.locator("#kind").select_option("product_tested")
    sme.get_by_role("button", name="Note it").click()
    expect(sme.get_by_text("Waits for one side")).to_be_visible()
    researcher.reload()
    researcher.get_by_role("button", name="We see it so too").click()
    expect(researcher.get_by_text("Confirmed by both")).to_be_visible()

    sme.get_by_text("End the introduction").click()
    sme.get_by_role("button", name="End it").click()
    researcher.reload()
    expect(researcher.get_by_text(demonstration.sme[0])).to_have_count(0)
    assert calendars(mailing_cluster, sink, "CANCEL") == sorted([demonstration.sme[0], demonstration.researcher[0]])


def test_the_pages_of_introductions_are_sound(
    visit: Visits, mailing_cluster: Server, demonstration: Demonstration
) -> None:
    for width in (1280, 390):
        page = visit(mailing_cluster, demonstration.sme, width=width, dark=width == 390).page
        for tab in ("answer", "current"):
            open_introduction(page, tab)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0
