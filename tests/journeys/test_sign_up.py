"""The way in: sign up, confirm by mail, create an organisation; a colleague asks to join and is let in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from queue import Queue
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Page, expect

from tests.journeys.visitors import Visitor, Visits
from tests.servers import Server, Servers, free_port

PASSWORD = "a lantern above the quiet quay"


class Mailbox:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self._mails: Queue[tuple[list[str], str]] = Queue()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        self._mails.put((envelope.rcpt_tos, body.get_content()))
        return "250 kept"

    def link_for(self, address: str) -> str:
        """The link in the next mail, which has to be for this address."""
        recipients, text = self._mails.get(timeout=30)
        assert recipients == [address]
        found = re.search(r"https?://\S+", text)
        assert found, text
        return found[0]


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    kept, port = Mailbox(), free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture(scope="module")
def harbour(module_serve: Servers, mailbox: tuple[Mailbox, str]) -> Server:
    return module_serve(
        lambda server: server.command("clusters", "create", "Harbour"),
        MATCHMAKER_MODEL="none",
        MATCHMAKER_SMTP_URL=mailbox[1],
        # Mails are sent by the worker.
        MATCHMAKER_JOBS="beside",
    )


def sign_up(visitor: Visitor, mailbox: Mailbox, name: str, email: str) -> None:
    page = visitor.page
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Join").click()
    visitor.check_page()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label(re.compile("^Password")).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Create an account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    visitor.check_page()
    page.goto(mailbox.link_for(email))
    visitor.check_page()
    page.get_by_role("button", name="Confirm this address").click()
    expect(page.get_by_text("Your address is confirmed.")).to_be_visible()
    sign_in(page, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Which organisation do you act for?")


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label(re.compile("^Password")).fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_two_colleagues_find_their_way_in(visit: Visits, harbour: Server, mailbox: tuple[Mailbox, str]) -> None:
    mails, _address = mailbox
    first, second = visit(harbour), visit(harbour)

    sign_up(first, mails, "Åsa Lindqvist", "asa@lindqvist-marin.example")
    page = first.page
    page.get_by_role("link", name="Create an organisation").click()
    page.get_by_label("Name").fill("Lindqvist Marin AB")
    page.get_by_role("radio", name="Small or medium-sized company").check()
    page.get_by_label("Country").select_option(label="Sweden")
    page.get_by_role("button", name="Create the organisation").click()
    expect(page.get_by_text("Lindqvist Marin AB is registered, and you look after it.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Åsa Lindqvist")
    first.check_page()

    sign_up(second, mails, "Bo Ek", "bo@lindqvist-marin.example")
    colleague = second.page
    colleague.get_by_role("searchbox", name="Name of the organisation").fill("lindqvist")
    colleague.get_by_role("main").get_by_role("button", name="Search").click()
    colleague.get_by_text("Ask to join Lindqvist Marin AB").click()
    colleague.get_by_label("A line to those who decide").fill("I run the sensor lab on the second floor.")
    second.check_page()
    colleague.get_by_role("button", name="Send the request").click()
    expect(colleague.get_by_text("Your request is on its way.")).to_be_visible()
    # Until somebody has answered, nothing of the organisation is theirs.
    colleague.goto("/needs/mine")
    expect(colleague.get_by_role("heading", level=1)).to_have_text("Which organisation do you act for?")
    second.check_page()

    page.goto(mails.link_for("asa@lindqvist-marin.example"))
    expect(page.get_by_text("I run the sensor lab on the second floor.")).to_be_visible()
    first.check_page()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Bo Ek now acts for Lindqvist Marin AB.")).to_be_visible()

    colleague.goto(mails.link_for("bo@lindqvist-marin.example"))
    colleague.goto("/needs/mine")
    expect(colleague.get_by_text("What Lindqvist Marin AB is looking for.")).to_be_visible()


def test_a_forgotten_password_is_replaced_by_mail(visit: Visits, harbour: Server, mailbox: tuple[Mailbox, str]) -> None:
    harbour.command("users", "create", "forgetful@harbour.example", "--name", "Kim Berg")
    visitor = visit(harbour)
    page = visitor.page
    page.goto("/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail address").fill("forgetful@harbour.example")
    page.get_by_role("button", name="Send the link").click()
    page.goto(mailbox[0].link_for("forgetful@harbour.example"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    visitor.check_page_everywhere()
    page.get_by_label(re.compile("^New password(?! again)")).fill("seven gulls on a mast")
    page.get_by_label("New password again").fill("seven gulls on a mast")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Your new password is set")).to_be_visible()
    sign_in(page, "forgetful@harbour.example", "seven gulls on a mast")
    expect(page.get_by_role("button", name="Your account: Kim Berg")).to_be_visible()
