"""Passkeys, with the virtual authenticator of a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.servers import Server, Servers

EMAIL = "rut@example.org"


@pytest.fixture(scope="module")
def installation(serve: Servers) -> tuple[Server, str]:
    passwords: list[str] = []

    def prepare(server: Server) -> None:
        server.command("clusters", "create", "Northern Lights")
        passwords.append(server.command("users", "create", EMAIL, "--name", "Rut Berg").splitlines()[0].split("\t")[1])

    server = serve(prepare, MATCHMAKER_MODEL="none", MATCHMAKER_JOBS="elsewhere")
    # Browsers make passkeys for names, not for numbers.
    server.address = server.address.replace("127.0.0.1", "localhost")
    return server, passwords[0]


@pytest.fixture
def context(browser: Browser, installation: tuple[Server, str]) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=installation[0].address)
    yield made
    made.close()


def with_authenticator(page: Page) -> None:
    """Give the page a security key that finds its user by itself and asks for a PIN, which is always right."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def type_password(page: Page, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label(re.compile("^Password")).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Your account")).click()
    page.get_by_role("button", name="Sign out", exact=True).click()


def add_passkey(page: Page, name: str, use: str) -> None:
    page.goto("/account/second-step")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill(name)
    page.get_by_label(use).check()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text(f"“{name}” is added.")).to_be_visible()


def test_a_passkey_signs_in_instead_of_the_password(context: BrowserContext, installation: tuple[Server, str]) -> None:
    page = context.new_page()
    with_authenticator(page)
    type_password(page, installation[1])
    expect(page).to_have_url(re.compile("/start$"))
    add_passkey(page, "Stick", "Sign in with it instead of the password")
    sign_out(page)

    page.goto("/sign-in")
    page.get_by_role("link", name="Sign in with a passkey").click()
    page.get_by_role("button", name="Use the passkey").click()
    expect(page).to_have_url(re.compile("/start$"))
    expect(page.get_by_role("button", name=re.compile("Rut Berg"))).to_be_visible()

    page.goto("/account/second-step")
    page.get_by_text("Remove", exact=True).click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("“Stick” is removed.")).to_be_visible()


def test_a_passkey_is_asked_for_after_the_password(context: BrowserContext, installation: tuple[Server, str]) -> None:
    page = context.new_page()
    with_authenticator(page)
    type_password(page, installation[1])
    expect(page).to_have_url(re.compile("/start$"))
    add_passkey(page, "Phone", "Ask for it after the password")
    sign_out(page)

    type_password(page, installation[1])
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert page.request.get("/account", max_redirects=0).status == 302, "the password alone opens nothing"
    page.get_by_role("button", name="Use the passkey").click()
    expect(page).to_have_url(re.compile("/start$"))
