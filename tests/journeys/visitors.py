"""Somebody at a real browser: what they see, what the page complains about, and whether others could use it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.servers import Server

Made = TypeVar("Made")

#: The rules of WCAG 2.2, levels A and AA, as axe names them.
WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: The two widths that pages are drawn for: a laptop and a phone.
WIDTHS = (1280, 390)
#: The rules whose answer depends on colours: the others need no second look in the dark.
ABOUT_COLOURS = ["color-contrast", "link-in-text-block"]
HEIGHT = 900

#: Turns what the browser refuses under the content security policy into a console error.
COLLECTOR = """
document.addEventListener('securitypolicyviolation', event =>
  console.error('policy violation: ' + event.violatedDirective + ' ' + event.blockedURI));
"""
AXE = Axe().axe_script


@dataclass
class Visitor:
    """Somebody at a browser, with what the page complained about."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser notes every answer of 400 and above; those are our own pages for what is missing or wrong.
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def check_page(self, where: str = "") -> None:
        """The page as it stands breaks neither the content security policy nor WCAG 2.2 AA (as axe can tell).

        It is no wider than its window, and nothing was written to the console.
        """
        everything = {"type": "tag", "values": WCAG_22_AA}
        assert_nothing([*self._barriers(everything), *self._faults()], f"{self.page.url} {where}")

    def check_page_everywhere(self) -> None:
        """The same at every width, in light and dark."""
        for width in WIDTHS:
            self.look_at(width, "light")
            self.check_page(f"at {width} px")
            self.look_at(width, "dark")
            colours = self._barriers({"type": "rule", "values": ABOUT_COLOURS})
            assert_nothing(colours, f"{self.page.url} at {width} px in the dark")

    def look_at(self, width: int, scheme: Any) -> None:
        """Change the window's width and the system's appearance."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    def _barriers(self, rules: dict[str, Any]) -> list[str]:
        # What stays in sight while one scrolls covers something by design; at the top everything has its own place.
        self.page.evaluate("scrollTo(0, 0)")
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules)
        return [
            f"{violation['id']}: {violation['help']}: {node['html'][:200]}"
            for violation in found["violations"]
            for node in violation["nodes"][:3]
        ]

    def _faults(self) -> list[str]:
        found = list(self.complaints)
        overflow = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            found.append(f"the page is {overflow} px wider than its window")
        return found

    def sign_in(self, email: str, password: str) -> None:
        """Sign in by the form, as everybody does."""
        self.page.goto("/sign-in")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label(re.compile("^Password")).fill(password)
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Your account:")).to_be_attached()


def apart(act: Callable[[], Made]) -> Made:
    """Do something with an application of our own process while a browser is open.

    Playwright keeps an event loop running in the main thread, in which Flask can't close a context.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(act).result()


def assert_nothing(found: Iterable[str], where: str) -> None:
    listed = "\n".join(f"  {one}" for one in found)
    assert not listed, f"{where}\n{listed}"


class Visits:
    """Opens browsers on a server, for visitors and for people who are signed in; closes them at the end."""

    def __init__(self, browser: Browser, states: dict[tuple[str, str], Any]) -> None:
        self._browser = browser
        #: The cookies of those who have signed in, by server and address: signing in once is enough.
        self._states = states
        self._contexts: list[BrowserContext] = []

    def __call__(
        self, server: Server, who: tuple[str, str] | None = None, *, width: int = 1280, dark: bool = False, **given: Any
    ) -> Visitor:
        """A browser of its own; ``who`` is an address and its password. ``java_script_enabled=False`` does without."""
        state = None
        if who is not None:
            key = (server.address, who[0])
            if key not in self._states:
                visitor = self._open(server)
                visitor.sign_in(*who)
                self._states[key] = visitor.context.storage_state()
            state = self._states[key]
        scheme = "dark" if dark else "light"
        return self._open(
            server, storage_state=state, viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, **given
        )

    def _open(self, server: Server, **given: Any) -> Visitor:
        context = self._browser.new_context(base_url=server.address, locale="en-GB", reduced_motion="reduce", **given)
        context.add_init_script(COLLECTOR)
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        return Visitor(context.new_page(), context)

    def close(self) -> None:
        for context in self._contexts:
            context.close()
