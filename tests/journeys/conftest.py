"""A real browser, Debian's chromium, without network; the server is the fixture ``serve``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.servers import Server

CHROMIUM = shutil.which("chromium")
LAUNCH_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(str(item.fspath)).parent == Path(__file__).parent:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; a machine without it skips these tests, except in CI, where that is a failure."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing: .ci/run installs it")
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCH_ARGUMENTS)
        yield made
        made.close()


@dataclass
class Visitor:
    """Somebody at a browser, with what the page complained about."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def check_page(self) -> None:
        """The page in front of us breaks neither the content security policy nor WCAG 2.2 AA (as axe can tell)."""
        found = Axe().run(
            self.page,
            options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}},
        )
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"
        assert not self.complaints, f"{self.page.url}: {self.complaints}"
        # A page must not be wider than its window.
        overflow = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{self.page.url} is {overflow} px wider than the window"


COLLECTOR = """
window.policyViolations = [];
document.addEventListener('securitypolicyviolation', event =>
  console.error('policy violation: ' + event.violatedDirective + ' ' + event.blockedURI));
"""


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Opens browsers: ``visit(server, width=390, dark=True)``. Console errors become complaints."""
    contexts: list[BrowserContext] = []

    def open_browser(server: Server, *, width: int = 1280, dark: bool = False) -> Visitor:
        context = browser.new_context(
            base_url=server.address,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
        )
        context.add_init_script(COLLECTOR)
        context.set_default_timeout(15_000)
        contexts.append(context)
        visitor = Visitor(context.new_page(), context)
        visitor.page.on(
            "console",
            lambda message: (
                visitor.complaints.append(message.text)
                if message.type == "error" and "status of 4" not in message.text
                else None
            ),
        )
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        return visitor

    yield open_browser
    for context in contexts:
        context.close()
