"""Requests that leave the machine never reach our own network, whatever somebody typed and whatever a name leads to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from matchmaker import outbound


class Neighbour(BaseHTTPRequestHandler):
    """A machine beside ours, which would answer if it were asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(302 if self.path.startswith("/elsewhere") else 200)
        self.send_header("Location", "/secret")
        self.end_headers()
        if self.path == "/endless":
            try:
                while not self.server.over.wait(0.02):  # type: ignore[attr-defined]
                    self.wfile.write(b".")
            except OSError:
                return
        self.wfile.write(b"x" * 2_000)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def neighbour() -> Iterator[str]:
    Neighbour.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
    server.over = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.over.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https://user@example.org/",
        "https://example.org@127.0.0.1/",
        "https://example.org\\@127.0.0.1/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://exam ple.org/",
        "https://example.org/\r\nHost: inside",
        "https://müller.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00::1]/",
        "https://10.1.2.3/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        "https://255.255.255.255/",
    ],
)
def test_an_address_that_could_lead_home_is_refused_by_its_text(address: str) -> None:
    with pytest.raises(outbound.Refused, match="expected"):
        outbound.check(address)


@pytest.mark.parametrize(
    "address", ["https://example.org/hook?a=b#c", "https://93.184.216.34:8443/", "https://[2606:4700::1]/"]
)
def test_an_address_on_the_internet_is_taken(address: str) -> None:
    assert outbound.check(address).scheme == "https"


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "017700000001", "127.1"])
def test_a_name_or_spelling_that_leads_home_is_refused_when_it_is_resolved(host: str) -> None:
    with pytest.raises(outbound.Refused, match="private network"):
        outbound.send("GET", f"https://{host}/")


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 443)) for a in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)
    monkeypatch.setattr(socket, "socket", lambda *_args: pytest.fail("nothing may be connected"))
    with pytest.raises(outbound.Refused, match="private network"):
        outbound.send("GET", "https://rebinding.example/")


def test_a_redirect_is_an_answer_and_is_not_followed(neighbour: str) -> None:
    reply = outbound.send("GET", f"{neighbour}/elsewhere?q=1", local=True)
    assert (reply.status, reply.headers["location"]) == (302, "/secret")
    assert Neighbour.asked == ["/elsewhere?q=1"]


def test_no_proxy_of_the_environment_is_asked(neighbour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    assert outbound.send("GET", neighbour, local=True).body == b"x" * 2_000


def test_an_answer_has_a_size_and_a_time(neighbour: str) -> None:
    with pytest.raises(outbound.Unreachable, match="size"):
        outbound.send("GET", neighbour, local=True, most=1_999)
    with pytest.raises(outbound.Unreachable, match="time"):
        # Each byte comes soon enough; all of them never do.
        outbound.send("GET", f"{neighbour}/endless", local=True, patience=0.3)


def test_who_does_not_answer_is_unreachable(neighbour: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(outbound.Unreachable, match="ConnectionRefused"):
            outbound.send("GET", f"http://127.0.0.1:{nobody.getsockname()[1]}/", local=True)
