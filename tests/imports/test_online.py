"""Asking the registries: only where the installation says so, through the guarded door, read like any file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.imports import online
from matchmaker.imports.models import ImportRun
from tests.factories import World
from tests.imports import samples


class Registries(BaseHTTPRequestHandler):
    """All four of them, who answer as the real ones do, and note what they were asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        service = self.path.split("/")[1].split("?")[0]
        body = {
            "ror": b'{"number_of_results": 1, "items": ' + samples.ROR + b"}",
            "orcid": samples.ORCID_JSON,
            "openalex": samples.OPENALEX,
            "pubmed": samples.PUBMED,
        }.get(service)
        if "missing" in self.path or "0000-0001" in self.path:
            body = None
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def registries() -> Iterator[str]:
    """Where they answer."""
    Registries.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registries)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def app(make_app: Callable[..., Flask], registries: str) -> Flask:
    """An installation that asks registries, at the test's server in place of the real ones."""
    app = make_app(REGISTRIES_AT=registries)
    app.extensions["settings"] = replace(app.extensions["settings"], registries="on")
    return app


def test_numbers_are_looked_up_and_become_proposals_like_those_of_a_file(
    app: Flask, world: World, sign_in: Callable[..., FlaskClient]
) -> None:
    member = sign_in(world.researcher)
    typed = "10.5555/bone.1 PMID: 12345678 0000-0002-1825-0097 10.5555/missing.2"
    page = member.post("/offers/build/", data={"numbers": typed.replace(" 10.5555/missing.2", "")})
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "Printed bone heals" in text
    assert "Write a draft profile of Åsa Öberg" in text
    # Nothing but the numbers leaves.
    assert sorted(path.partition("?")[0] for path in Registries.asked) == [
        "/openalex/works",
        "/orcid/0000-0002-1825-0097/record",
        "/pubmed/efetch.fcgi",
    ]
    answer = member.post("/offers/build/", data={"numbers": typed})
    assert answer.status_code == 422
    assert "OpenAlex gave no answer" in answer.get_data(as_text=True)


def test_a_manager_sees_what_ror_answers_before_anything_is_kept(
    app: Flask, world: World, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    manager = sign_in(world.manager)
    form = {"ror-words": "Nordmark", "ror-cluster": world.cluster.public_id}
    answer = manager.post("/desk/imports/ror", data=form)
    assert answer.status_code == 302
    assert "Universitätsklinikum Nordmark" in manager.get(answer.location).get_data(as_text=True)
    assert Registries.asked == ["/ror?query=Nordmark"]
    lost = manager.post("/desk/imports/ror", data={**form, "ror-words": "missing"})
    assert lost.status_code == 422
    assert "ROR knows none of that name" in lost.get_data(as_text=True)


def test_nobody_is_asked_unless_the_installation_says_so(
    app: Flask, world: World, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    app.extensions["settings"] = replace(app.extensions["settings"], registries="off")
    manager = sign_in(world.manager)
    assert "Ask ROR" not in manager.get("/desk/imports/").get_data(as_text=True)
    form = {"ror-words": "Nordmark", "ror-cluster": world.cluster.public_id}
    assert manager.post("/desk/imports/ror", data=form).status_code == 422
    sign_in(world.researcher).post("/offers/build/", data={"numbers": "10.5555/bone.1"})
    assert Registries.asked == []
    assert session.scalar(select(func.count()).select_from(ImportRun)) == 0


def test_the_guarded_door_stands_between_unless_a_test_puts_its_own_server_there(
    app: Flask, registries: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(address.startswith("https://") for address in online.SERVICES.values())
    app.config["REGISTRIES_AT"] = None
    for address in (f"{registries}/ror", registries.replace("http://", "https://")):
        monkeypatch.setitem(online.SERVICES, "ror", address)
        with app.app_context(), pytest.raises(online.NoAnswer):
            online.organisations("Nordmark")
    assert Registries.asked == []
