"""Real processes for tests: gunicorn on a data directory and a port of its own, and the command ``matchmaker``."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The environment of an installation: nothing of ours is inherited, only what is given counts.

    Each program keeps its compiled code for the next, as on any user's machine: hundreds are started in a run.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MATCHMAKER_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    own = {
        "MATCHMAKER_DATA_DIR": str(data_dir),
        "MATCHMAKER_JOBS": "elsewhere",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    return {**inherited, **own, **settings}


def run_command(environment: dict[str, str], *arguments: str, input: str = "") -> subprocess.CompletedProcess[str]:
    """Run ``matchmaker …`` as a person would, through the console script."""
    return subprocess.run(
        [str(PROGRAMS / "matchmaker"), *arguments],
        env=environment,
        cwd=environment["MATCHMAKER_DATA_DIR"] if Path(environment["MATCHMAKER_DATA_DIR"]).is_dir() else ROOT,
        capture_output=True,
        text=True,
        input=input,
        check=False,
    )


@dataclass
class Server:
    """An installation: where it listens, where its data lies, what it printed."""

    address: str
    data_dir: Path
    log: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> str:
        """Run ``matchmaker …`` on this installation and give what it printed."""
        run = run_command(self.environment, *arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def start(self) -> None:
        """Start gunicorn and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    str(PROGRAMS / "gunicorn"),
                    "-c",
                    "python:matchmaker.serving",
                    "--chdir",
                    str(ROOT),
                    "wsgi:app",
                ],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.address}/healthz", timeout=2).close()
                return
            except OSError:
                assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
                time.sleep(0.1)
        raise AssertionError(f"the server did not start: {self.log.read_text(encoding='utf-8')}")

    def stop(self) -> None:
        """Stop gunicorn as an init system would, and wait until it is gone."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def workers(self) -> list[int]:
        """The process ids of the workers, which gunicorn's master started."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [int(pid) for pid in children.split()]

    def kill_worker(self) -> int:
        """Kill one worker without warning; gives its process id."""
        pid = self.workers()[0]
        os.kill(pid, signal.SIGKILL)
        return pid


class Servers:
    """Starts installations, and stops them all at the end."""

    def __init__(self, new_folder: Callable[[], Path]) -> None:
        self._new_folder = new_folder
        self._started: list[Server] = []

    def __call__(
        self, prepare: Callable[[Server], object] | None = None, *, like: Path | None = None, **settings: str
    ) -> Server:
        """A running installation on a fresh database, or on a copy of the data directory ``like``.

        ``prepare`` fills it before the server starts.
        """
        data_dir, port = self._new_folder(), free_port()
        server = Server(
            f"http://127.0.0.1:{port}",
            data_dir,
            data_dir / "server.log",
            environment(data_dir, PORT=str(port), **settings),
        )
        if like is None:
            server.command("init")
        else:
            shutil.copytree(like, data_dir, dirs_exist_ok=True, ignore=shutil.ignore_patterns("models"))
            # Compiled models are large and only read.
            if (like / "models").exists():
                (data_dir / "models").symlink_to(like / "models")
        if prepare is not None:
            prepare(server)
        self._started.append(server)
        server.start()
        return server

    def stop(self) -> None:
        for server in self._started:
            server.stop()


@dataclass
class Answer:
    """What came back: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    text: str


class Browser:
    """A plain browser without scripts: it keeps cookies, sends forms, and opens a connection for every request."""

    def __init__(self, server: Server) -> None:
        self._host = urlsplit(server.address).netloc
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, *, on: str | None = None, **form: str) -> Answer:
        """Send a form of the page ``on`` (by default at the same address), with that page's token."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(on or path).text)
        fields = {**form, "csrf_token": token[1]} if token else form
        return self._ask("POST", path, urlencode(fields))

    def sign_in(self, email: str, password: str) -> None:
        answer = self.post("/sign-in", email=email, password=password)
        assert answer.status == 302, answer.text

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(self._host, timeout=30)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8")
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name] = morsel.value
        return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, text)
