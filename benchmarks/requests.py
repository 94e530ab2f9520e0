"""A whole request: the suggestions for a need, read by its signed-in owner, against a Flask page that says hello.

Both are served by gunicorn with the product's own settings (one worker) and asked in turn over kept connections. Both
legs of the search run, by words and by vectors, but no model: vectors are the hashing encoder's, and the need's own is
stored, as it is in the product. So the figures are those of the page and the search, without encoding.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.measuring import Line, WrongResult, interleaved, table

ROOT = Path(__file__).resolve().parents[1]
SIZES, QUICK_SIZES = (1_000, 20_000), (500, 2_000)
#: The page should reach this share of the requests a second that a bare page does.
SHARE = 0.05
#: Who asks at once, and how often each asks in a turn: the page, and the bare one, which is quicker.
CLIENTS, ASKED, ASKED_BARE = 2, 5, 60
ROUNDS, QUICK_ROUNDS = 5, 3
#: Seconds until a server must answer, and until any answer must be there.
STARTED, ANSWERED = 120, 30

#: Fills a database and signs the owner of a need in; prints where to look, with what, and who must be found.
FILLING = """
import json, time
from sqlalchemy import insert
from sqlalchemy.orm import Session
from benchmarks.material import statements
from benchmarks.requests import ours
from matchmaker.accounts.models import User
from matchmaker.accounts.operations import begin_sign_in
from matchmaker.clusters.models import Membership, MembershipRole, MembershipState, Organisation, OrganisationType
from matchmaker.db import db, utcnow, writing
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence
from matchmaker.suggestions import indexing
from matchmaker.suggestions.models import Audience, Embedding, IndexClock, ItemKind, StatementRow

app = ours()
encoder = app.config["ENCODER"]
made = statements(COUNT)
published = dict(state=ItemState.PUBLISHED, visibility=Visibility.PUBLIC, published_at=utcnow())
with app.app_context(), writing(), Session(db.engine) as session:
    # Rows are written as they are: nothing is to be read or encoded on the way.
    session.execute(insert(Organisation.__table__), [
        dict(id=n, name=f"Organisation {n}", name_key=f"organisation {n}", type=OrganisationType.SME, country="SE")
        for n in sorted({one.owners[0] for one in made})])
    session.execute(insert(Competence.__table__), [
        dict(id=one.id, organisation_id=one.owners[0], title=one.text[:80], description=one.text,
             language=one.language, **published) for one in made])
    session.execute(insert(StatementRow.__table__), [
        dict(id=one.id, kind=ItemKind.COMPETENCE, item_id=one.id, audience=Audience.READERS, part=0, changed=1,
             organisation_id=one.owners[0], owners=str(one.owners[0]), visibility=Visibility.PUBLIC, gone=False,
             language=one.language, text=one.text, text_hash=indexing.hash_of(one.text, one.language))
        for one in made])
    for first in range(0, COUNT, 1000):
        part = made[first : first + 1000]
        vectors = encoder.encode_passages([one.text for one in part], languages=[one.language for one in part])
        session.execute(insert(Embedding.__table__), [
            dict(statement_id=one.id, model_hash=encoder.space, changed=1, vector=vector.tobytes(),
                 text_hash=indexing.hash_of(one.text, one.language))
            for one, vector in zip(part, vectors, strict=True)])
    session.execute(IndexClock.__table__.delete())
    session.add(IndexClock(id=1, value=1))
    session.commit()
    # The need itself is written as the product writes it.
    asked = made[COUNT // 2]
    home = Organisation(name="Who asks", type=OrganisationType.SME, country="SE")
    owner = User(email="owner@benchmark.example", name="Owner", password="none", active=True,
                 fs_uniquifier="owner", confirmed_at=utcnow())
    session.add_all([home, owner, Membership(
        user=owner, organisation=home, role=MembershipRole.ADMIN, state=MembershipState.ACTIVE)])
    need = Need(organisation=home, title="Sought", description=asked.text, language=asked.language, **published)
    session.add(need)
    session.flush()
    signed_in = begin_sign_in(session, owner)
    session.commit()
    path, answer = f"/suggestions/need/{need.public_id}", f"Organisation {asked.owners[0]}<"
browser = app.test_client()
with browser.session_transaction() as cookie:
    cookie.update(_user_id=signed_in, _fresh=True, fs_cc="set", fs_paa=time.time())
name = app.config["SESSION_COOKIE_NAME"]
print(json.dumps([path, f"{name}={browser.get_cookie(name).value}", answer]))
"""


def ours() -> Any:
    """The product with vectors that no model makes; gunicorn calls it."""
    from benchmarks.material import DIMENSION
    from embeddings import HashingEncoder
    from matchmaker import create_app

    return create_app(ENCODER=HashingEncoder(DIMENSION))


def hello() -> Any:
    """The least that Flask can answer; gunicorn calls it with the very line of the product."""
    from flask import Flask

    app = Flask("hello")
    # The product's settings of gunicorn warm a catalogue in every worker.
    app.extensions["catalogue"] = SimpleNamespace(warm=lambda app: None)
    app.add_url_rule("/", view_func=lambda: "Hello")
    return app


def run(quick: bool = False) -> list[Line]:
    """The share of a bare page's requests a second at each size, and how the cost of one grows with the board."""
    return over(QUICK_SIZES if quick else SIZES, QUICK_ROUNDS if quick else ROUNDS)


def over(sizes: tuple[int, ...], rounds: int = ROUNDS) -> list[Line]:
    """The lines for these sizes, the smallest first."""
    lines, costs = [], []
    for size in sizes:
        page, bare = of(size, rounds)
        costs.append(1 / page)
        detail = f"{page:.1f} against {bare:.0f} requests a second, {CLIENTS} at once"
        target = SHARE if size == SIZES[-1] else None
        lines.append(Line("requests", f"suggestions page, {size:,} statements", page / bare, "×", target, "≥", detail))
    for n in range(1, len(sizes)):
        grown, dearer = sizes[n] / sizes[0], costs[n] / costs[0]
        detail = f"the board grew {grown:.0f} ×"
        lines.append(Line("requests", f"{sizes[0]:,} to {sizes[n]:,} statements", dearer, "×", grown, "≤", detail))
    return lines


def of(size: int, rounds: int) -> tuple[float, float]:
    """Requests a second of the page and of the bare page, from the medians of turns."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MATCHMAKER_")}
        environment |= {
            "MATCHMAKER_DATA_DIR": folder,
            "MATCHMAKER_LOG_LEVEL": "ERROR",
            "MATCHMAKER_JOBS": "elsewhere",
            "MATCHMAKER_WORKERS": "1",
        }
        _python(environment, "-m", "matchmaker", "init")
        filled = _python(environment, "-c", FILLING.replace("COUNT", str(size)))
        path, cookie, answer = json.loads(filled.splitlines()[-1])
        with (
            _served("ours", environment, path, cookie, answer) as page,
            _served("hello", environment, "/", "", "Hello") as bare,
        ):
            mine, theirs = interleaved(lambda: page(ASKED), lambda: bare(ASKED_BARE), rounds)
    return CLIENTS * ASKED / mine, CLIENTS * ASKED_BARE / theirs


def _python(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise WrongResult(f"expected a filled database, found {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout


@contextmanager
def _served(factory: str, environment: dict[str, str], path: str, cookie: str, answer: str) -> Iterator[Any]:
    """A server of one's own, as a function that asks it so many times with every client."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "python:matchmaker.serving", f"benchmarks.requests:{factory}()"],
        env={**environment, "MATCHMAKER_HOST": "127.0.0.1", "PORT": str(port)},
        cwd=ROOT,
        start_new_session=True,
    )

    def client(times: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWERED)
        try:
            for _ in range(times):
                connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
                response = connection.getresponse()
                text = response.read().decode("utf-8")
                if response.status != 200 or answer not in text:
                    raise WrongResult(f"expected {answer!r} on {path}, found status {response.status}")
        finally:
            connection.close()

    def ask(times: int) -> None:
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(client, [times] * CLIENTS))

    try:
        until = time.monotonic() + STARTED
        while True:
            try:
                client(1)
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    raise WrongResult(f"expected {factory} to be served, found no answer") from None
                time.sleep(0.1)
        # Codes are made in the background, and caches filled by the first requests.
        time.sleep(2)
        ask(5)
        yield ask
    finally:
        # Its workers are in its own group, so none outlives it.
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=40)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


if __name__ == "__main__":
    # Other sizes than those of the table: python -m benchmarks.requests 1000 20000 100000
    print(table(over(tuple(int(size) for size in sys.argv[1:]) or SIZES)))
