"""A real server and a real browser: gunicorn on a data directory of its own, Debian's chromium, no network."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running installation: where it listens, where its data lies, what it printed."""

    address: str
    data_dir: Path
    log: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> str:
        """Run ``matchmaker …`` on this installation and give what it printed."""
        run = subprocess.run(
            [str(Path(sys.executable).parent / "matchmaker"), *arguments],
            env=self.environment,
            cwd=self.data_dir,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts installations; ``serve(MATCHMAKER_WORKERS="4")`` takes settings. All are stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(prepare: Callable[[Server], object] | None = None, **settings: str) -> Server:
        data_dir = tmp_path_factory.mktemp("installation")
        port = free_port()
        environment = {
            **os.environ,
            "MATCHMAKER_DATA_DIR": str(data_dir),
            "PORT": str(port),
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            **settings,
        }
        server = Server(f"http://127.0.0.1:{port}", data_dir, data_dir / "server.log", environment)
        server.command("init")
        if prepare is not None:
            prepare(server)
        with server.log.open("wb") as log:
            process = subprocess.Popen(
                [
                    str(Path(sys.executable).parent / "gunicorn"),
                    "-c",
                    "python:matchmaker.serving",
                    "--chdir",
                    str(ROOT),
                    "wsgi:app",
                ],
                env=environment,
                stdout=log,
                stderr=log,
            )
        started.append(process)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{server.address}/healthz", timeout=2).close()
                return server
            except OSError:
                assert process.poll() is None, server.log.read_text(encoding="utf-8")
                time.sleep(0.1)
        raise AssertionError(f"the server did not start: {server.log.read_text(encoding='utf-8')}")

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=20)


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
