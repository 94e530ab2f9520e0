"""A real browser, Debian's chromium, without network; real servers that show the demonstration cluster."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.journeys.visitors import Visits
from tests.servers import Server, Servers, environment, run_command

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
# Two busy cores share everything; a slow answer is no failure.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(str(item.fspath)).parent == Path(__file__).parent:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's chromium; a machine without it skips these tests, except in CI, where that is a failure.

    It is closed when a process leaves this folder: Playwright keeps an event loop running in the main thread, in which
    Flask can't close a context, so no other test could work beside it.
    """
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing: .ci/run installs it")
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCH_ARGUMENTS)
        yield made
        made.close()


@pytest.fixture(scope="session")
def signed_in_states() -> dict[tuple[str, str], Any]:
    return {}


@pytest.fixture
def visit(browser: Browser, signed_in_states: dict[tuple[str, str], Any]) -> Iterator[Visits]:
    """Opens browsers: ``visit(server)``, ``visit(server, cluster.sme, width=390)``."""
    visits = Visits(browser, signed_in_states)
    yield visits
    visits.close()


@dataclass(frozen=True)
class Demonstration:
    """A data directory with the demonstration cluster in it, and who signs in with what."""

    data_dir: Path
    #: Address and password.
    sme: tuple[str, str]
    researcher: tuple[str, str]
    manager: tuple[str, str]


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """The demonstration cluster, loaded once for all processes of a test run; servers start on copies of it."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    data_dir, told = shared / "demonstration", shared / "demonstration.json"
    with (shared / "demonstration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(_load_demonstration(data_dir)), encoding="utf-8")
    sme, researcher, manager = (tuple(one) for one in json.loads(told.read_text(encoding="utf-8")))
    return Demonstration(data_dir, sme, researcher, manager)


def _load_demonstration(data_dir: Path) -> list[tuple[str, str]]:
    """Load it as a person would, and read from the terminal how to sign in."""
    data_dir.mkdir()
    for arguments in (("init",), ("demo", "load")):
        run = run_command(environment(data_dir), *arguments)
        assert run.returncode == 0, run.stdout + run.stderr
    sign_ins = re.findall(r"^  as an? .*?(\S+@\S+)\s+(\S+)$", run.stdout, re.MULTILINE)
    assert len(sign_ins) == 3, f"expected three ways to sign in, found:\n{run.stdout}"
    return sign_ins


@pytest.fixture(scope="module")
def module_serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Like ``serve``, but what it starts is stopped as soon as the module is done."""
    servers = Servers(lambda: tmp_path_factory.mktemp("installation"))
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def cluster(module_serve: Servers, demonstration: Demonstration) -> Server:
    """A server of the module's own with the demonstration cluster, which compares by words only and starts at once."""
    return module_serve(like=demonstration.data_dir, MATCHMAKER_MODEL="none")


@pytest.fixture(scope="module")
def thinking_cluster(module_serve: Servers, demonstration: Demonstration) -> Server:
    """The same with the real model."""
    return module_serve(like=demonstration.data_dir)


@pytest.fixture
def sme(visit: Visits, cluster: Server, demonstration: Demonstration) -> Callable[..., Any]:
    """Opens a browser in which the SME's person is signed in."""
    return lambda **given: visit(cluster, demonstration.sme, **given)


@pytest.fixture
def researcher(visit: Visits, cluster: Server, demonstration: Demonstration) -> Callable[..., Any]:
    """Opens a browser in which the researcher is signed in."""
    return lambda **given: visit(cluster, demonstration.researcher, **given)


@pytest.fixture
def manager(visit: Visits, cluster: Server, demonstration: Demonstration) -> Callable[..., Any]:
    """Opens a browser in which the cluster manager is signed in."""
    return lambda **given: visit(cluster, demonstration.manager, **given)
