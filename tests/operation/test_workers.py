"""gunicorn with several workers: one's change is found by all, one's death is survived, and health is told honestly."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.factories import PASSWORD, World
from tests.servers import ROOT, Browser, Server
from tests.toymodels import toy_model

Installation = tuple[Server, World]


@pytest.fixture(scope="module")
def installation(
    serve_world: Callable[..., Installation], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    server, world = serve_world(MATCHMAKER_WORKERS="4", HOME=str(tmp_path_factory.mktemp("home")))
    yield server, world
    server.stop()


@pytest.fixture
def server(installation: Installation) -> Server:
    return installation[0]


@pytest.fixture
def member(installation: Installation) -> Browser:
    browser = Browser(installation[0])
    browser.sign_in(installation[1].sme_user.email, PASSWORD)
    return browser


def settled(server: Server, count: int = 4) -> list[int]:
    """The workers, once there are as many as there should be."""
    for _ in range(300):
        workers = server.workers()
        if len(workers) == count:
            return workers
        time.sleep(0.1)
    raise AssertionError(f"expected {count} workers, found {len(server.workers())}")


@contextmanager
def only(worker: int, server: Server) -> Iterator[None]:
    """Let one worker answer alone: the others are stopped meanwhile, so that no request reaches them."""
    others = [pid for pid in server.workers() if pid != worker]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


def publish(browser: Browser, title: str, method: str = "confocal microscopy") -> None:
    answer = browser.post(
        "/competences/new",
        title=title,
        description=f"We test coated catheters under flow for four weeks and count what grows, by {method}.",
        visibility="public",
        action="publish",
    )
    assert answer.status == 302, answer.text


def test_what_is_published_through_one_worker_is_found_by_the_next_search_in_every_other(
    server: Server, member: Browser
) -> None:
    workers = settled(server)
    visitor = Browser(server)
    for number, worker in enumerate(workers):
        # Each has searched before, so its index is built and has to catch up.
        with only(worker, server):
            assert "Biofilm on catheters" not in visitor.get("/search?q=quaggascopy").text, number
    with only(workers[0], server):
        # A word of the title alone would be found without an index.
        publish(member, "Biofilm on catheters", "quaggascopy")
    for worker in workers[1:]:
        with only(worker, server):
            assert "Biofilm on catheters" in visitor.get("/search?q=quaggascopy").text


def test_a_text_that_becomes_confidential_is_gone_from_every_worker_with_the_next_request(
    server: Server, installation: Installation, member: Browser
) -> None:
    workers, reader = settled(server), Browser(server)
    reader.sign_in(installation[1].researcher.email, PASSWORD)
    typed = {
        "title": "Scaffolds that stay open under load",
        "description": "Our scaffolds close after nine days under load, which we see by quokkascopy of the pores.",
        "teaser": "Sought is a way to keep porous parts open, known to whoever does wombatometry.",
    }
    where = member.post("/needs/new", **typed, visibility="members", action="publish").headers["location"]
    for worker in workers:
        with only(worker, server):
            assert where in reader.get("/search?q=quokkascopy").text

    for level, text_found, teaser_found in (
        ("teaser", False, True),
        ("private", False, False),
        ("members", True, False),
    ):
        with only(workers[0], server):
            version = re.search(r'name="version"[^>]*value="(\d+)"', member.get(f"{where}/edit").text)
            assert version is not None
            changed = member.post(f"{where}/edit", **typed, visibility=level, version=version[1], action="save")
            assert changed.status == 302, changed.text
        for worker in workers:
            with only(worker, server):
                assert (where in reader.get("/search?q=quokkascopy").text) is text_found
                assert ("/teasers/" in reader.get("/search?q=wombatometry").text) is teaser_found
                assert (reader.get(where).status == 200) is text_found


def test_the_example_of_the_documentation_runs_as_it_stands(server: Server, member: Browser) -> None:
    page = member.post("/account/tokens", name="example", days="30", writes="y")
    token = re.search(r"<code>(mm_[^<]+)</code>", page.text)
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL)
    assert token
    assert len(example.splitlines()) <= 40
    run = subprocess.run(
        [sys.executable, "-c", example],
        env={**server.environment, "MATCHMAKER": server.address, "TOKEN": token[1]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    opened = run.stdout.splitlines()[-1]
    assert "Perfusion of large bone grafts" in member.get(urlsplit(opened).path).text


def test_with_all_workers_awake_no_search_ever_misses_what_was_acknowledged(server: Server, member: Browser) -> None:
    visitor = Browser(server)
    for number in range(4):
        publish(member, f"Series {number} of coated catheters", "okapimetry")
        for _ in range(8):
            page = visitor.get("/search?q=okapimetry").text
            assert f"Series {number} of coated catheters" in page


def test_a_worker_that_is_killed_under_load_takes_nobody_with_it(server: Server, member: Browser) -> None:
    before = settled(server)
    stop, statuses, broken = threading.Event(), [], []

    def load() -> None:
        visitor = Browser(server)
        while not stop.is_set():
            try:
                statuses.append(visitor.get("/search?q=catheters").status)
            except OSError:
                broken.append(time.monotonic())

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    killed = server.kill_worker()
    publish(member, "Tapirgraph recordings while one of us is away")
    answered = len(statuses)
    for _ in range(300):
        if len(statuses) >= answered + 20 and killed not in server.workers() and len(server.workers()) == 4:
            break
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()

    assert set(statuses) == {200}
    # Only what the killed worker was just answering may break: at most one request of each visitor.
    assert len(broken) <= len(threads)
    now = settled(server)
    assert killed not in now
    (newcomer,) = set(now) - set(before)
    with only(newcomer, server):
        assert "Tapirgraph recordings" in Browser(server).get("/search?q=tapirgraph").text


def test_health_is_told_honestly_when_the_database_is_gone_and_when_it_is_back(server: Server) -> None:
    visitor = Browser(server)
    ready = visitor.get("/readyz")
    assert (ready.status, json.loads(ready.text)["status"]) == (200, "ready")
    database = server.data_dir / "matchmaker.sqlite3"
    away = database.with_suffix(".away")
    database.rename(away)
    try:
        for _ in range(8):
            answer = visitor.get("/readyz")
            assert (answer.status, json.loads(answer.text)["database"]) == (503, "failed")
            assert visitor.get("/healthz").status == 200, "the process itself is alive"
        assert not database.exists(), "nobody made an empty database in its place"
    finally:
        away.rename(database)
    assert visitor.get("/readyz").status == 200


def test_words_only_counts_as_ready_and_is_said_on_the_page(server: Server) -> None:
    visitor = Browser(server)
    assert json.loads(visitor.get("/readyz").text)["model"] == "ok"
    assert "Searching by words only." in visitor.get("/").text


def test_no_control_socket_is_opened(server: Server) -> None:
    assert not list(Path(server.environment["HOME"]).rglob("*"))
    ours = {server.process.pid, *server.workers()}
    listening = set()
    for line in Path("/proc/net/unix").read_text(encoding="utf-8").splitlines()[1:]:
        fields = line.split()
        if int(fields[3], 16) & 0x10000:
            listening.add(fields[6])
    held = {
        link.removeprefix("socket:[").rstrip("]")
        for pid in ours
        for entry in Path(f"/proc/{pid}/fd").iterdir()
        if entry.is_symlink() and (link := os.readlink(entry)).startswith("socket:[")
    }
    assert not listening & held


def test_every_line_the_server_prints_is_one_object_of_json(server: Server, member: Browser) -> None:
    # The killed worker has made gunicorn itself speak as well.
    lines = [line for line in server.log.read_text(encoding="utf-8").splitlines() if line.strip()]
    told = [json.loads(line) for line in lines]
    requests = [line for line in told if line["event"] == "request"]
    assert len(requests) > 20
    assert all(len(line["request"]) == 16 and line["level"] == "info" for line in requests)


def test_a_used_data_directory_is_started_again_as_it_was(server: Server, member: Browser) -> None:
    publish(member, "Axolotlograms that outlive a restart of the server")
    server.stop()
    server.command("init")
    server.start()
    assert "Axolotlograms that outlive" in Browser(server).get("/search?q=axolotlograms").text
    assert member.get("/account").status == 200, "people stay signed in"


def test_after_the_master_was_killed_the_same_command_starts_it_again_and_models_change_under_load(
    server: Server, member: Browser, tmp_path: Path
) -> None:
    publish(member, "Kinkajou assays that outlive even a killed master")
    for part in ("stripes", "necks", "wings"):
        publish(member, f"Drawings of {part}", f"{part} " * 20)
    # What one model calls a quagga is a wing to the other: whoever mixes their vectors finds wings.
    one = toy_model(tmp_path / "one", {"quagga": 1, "stripes": 1, "necks": 2, "wings": 3}, server.data_dir)
    other = toy_model(tmp_path / "other", {"quagga": 3, "necks": 3, "stripes": 2, "wings": 1}, server.data_dir)
    server.environment["MATCHMAKER_MODEL"] = str(one)
    server.process.kill()
    server.process.wait()
    server.start()
    assert "Kinkajou assays" in Browser(server).get("/search?q=kinkajou").text
    # Until then a worker of the killed master may answer.
    settled(server)

    def drawn(browser: Browser) -> str:
        """What the first drawing shows that is found with a word that stands in no text; '' if too much was asked."""
        answer = browser.get("/search?q=quagga")
        found = re.search(r"Drawings of (\w+)", answer.text)
        return "" if answer.status == 429 else found[1] if found else "nothing"

    stop, seen = threading.Event(), []

    def load() -> None:
        # Slower than what is refused as too much.
        while not stop.wait(0.4):
            seen.extend(filter(None, [drawn(visitor)]))

    def all_draw(part: str) -> bool:
        """Whether all workers seem to find this; each loads a model beside its searches, at the start and later."""
        return any(seen[-16:] == [part] * 16 or time.sleep(0.1) for _ in range(900))

    visitor = Browser(server)
    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        assert all_draw("stripes"), seen
        seen.clear()
        assert "is in use" in server.command("model", "use", str(other))
        assert all_draw("necks"), seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert set(seen) == {"stripes", "necks"}
    for worker in settled(server):
        with only(worker, server):
            # It may not have been asked since, and answers by the model it has while the other loads.
            assert any(drawn(member) == "necks" or time.sleep(0.5) for _ in range(40))


def test_a_missing_model_leaves_an_installation_that_searches_by_words(
    serve_world: Callable[..., Installation],
) -> None:
    server, _world = serve_world(MATCHMAKER_MODEL="/no/such/model")
    visitor = Browser(server)
    for _ in range(100):
        # The model is tried in the background after the start.
        if "Searching by words only." in visitor.get("/").text:
            break
        time.sleep(0.1)
    assert "Searching by words only." in visitor.get("/").text
    assert visitor.get("/search?q=Knochenwerk").text.count("Knochenwerk GmbH") > 0
    assert visitor.get("/readyz").status == 200
    doctor = server.command("doctor")
    assert "searching by words only" in doctor
    assert "Check MATCHMAKER_MODEL." in doctor
    server.stop()


@pytest.mark.model
def test_with_the_real_model_a_change_is_found_by_its_meaning_in_the_other_worker(
    serve_world: Callable[..., Installation],
) -> None:
    server, world = serve_world(MATCHMAKER_WORKERS="2", MATCHMAKER_MODEL="")
    member = Browser(server)
    member.sign_in(world.sme_user.email, PASSWORD)
    one, other = settled(server, 2)
    with only(one, server):
        publish(member, "Viruses that kill bacteria on hip implants")
    with only(other, server):
        page = Browser(server).get("/search?q=phage+therapy+against+prosthetic+joint+infection").text
    assert "Viruses that kill bacteria on hip implants" in page
    assert "Searching by words only." not in page
    server.stop()
