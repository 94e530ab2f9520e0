"""A large import beside people who use the pages: what comes in, how fast, and what the pages feel of it.

    python -m benchmarks.importing [--statements 100000] [--organisations 500] [--kills 3] [--words-only]

A served installation on SQLite takes a file of statements as a manager would upload it. A worker does the import and
makes the vectors; it is killed without warning (SIGKILL) a few times on the way and started again. Meanwhile somebody
opens pages, one after the other. Printed are the rows and vectors a second, what the pages took before and during it,
and whether the counts at the end are those of the file, with a vector for every statement.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.servers import PROGRAMS, Browser, Server, Servers

PASSWORD = "the manager's own long password"
PAGES = ("/", "/search?what=competence", "/search?q=bone+graft", "/organisations", "/desk/imports/")
WORDS = """
bone graft perfusion bioreactor ceramic scaffold sterile filling cell therapy potency assay flow cytometry imaging
registry biobank cohort device usability trial implant coating polymer sensor wound dressing vaccine vector mouse
"""
#: Fills the installation in one process: a manager, organisations that nobody looks after, and the started import.
FILL = """
import sys
from flask_security import hash_password
from matchmaker import create_app
from matchmaker.accounts.operations import create_user
from matchmaker.clusters.models import Cluster, ClusterManager, ClusterMembership, Organisation, OrganisationType
from matchmaker.db import db
from matchmaker.imports import running
from matchmaker.imports.readers import FileKind

app = create_app()
with app.app_context():
    cluster = Cluster(slug="large", name="Large")
    manager = create_user(
        db.session, email="manager@example.org", name="Manager", password_hash=hash_password(PASSWORD)
    )
    db.session.add(cluster)
    db.session.flush()
    db.session.add(ClusterManager(cluster=cluster, user_id=manager.id))
    for number in range(ORGANISATIONS):
        made = Organisation(name=f"Organisation {number}", type=OrganisationType.SME, country="DE")
        made.cluster_memberships.append(ClusterMembership(cluster=cluster))
        db.session.add(made)
    run = running.upload(
        db.session, cluster, manager, kind=FileKind.STATEMENTS, filename="large.jsonl", content=open(FILE, "rb").read()
    )
    running.start(run)
    db.session.commit()
"""


def write_file(path: Path, statements: int, organisations: int) -> None:
    """A file of statements, every one with another text and a key of its own."""
    draw, known = random.Random(1), WORDS.split()
    with path.open("w", encoding="utf-8") as file:
        for number in range(statements):
            words = draw.sample(known, 24)
            row = {
                "key": str(number),
                "kind": ("competence", "need", "evidence")[number % 3],
                "organisation": f"Organisation {draw.randrange(organisations)}",
                "title": f"{' '.join(words[:4]).capitalize()}, number {number}",
                "description": f"We {' '.join(words[4:])}.",
                "visibility": "public",
                "language": "en",
            }
            if row["kind"] == "evidence":
                row["evidence_kind"] = "publication"
            file.write(json.dumps(row) + "\n")


def ask(browser: Browser, rounds: int) -> list[float]:
    """Seconds that each page took, in turn."""
    took = []
    for turn in range(rounds):
        start = time.perf_counter()
        try:
            answer = browser.get(PAGES[turn % len(PAGES)])
        except TimeoutError:
            # Counted with the time after which people have gone.
            took.append(time.perf_counter() - start)
            continue
        took.append(time.perf_counter() - start)
        if answer.status != 200:
            raise SystemExit(f"expected {PAGES[turn % len(PAGES)]} to answer, got {answer.status}")
    return took


def told(name: str, took: list[float]) -> str:
    """Median, 95 % and longest of some times, in milliseconds."""
    ordered = sorted(took)
    late = ordered[int(len(ordered) * 0.95)]
    return (
        f"{name}: median {statistics.median(took) * 1000:.0f} ms, 95 % {late * 1000:.0f} ms, "
        f"longest {ordered[-1] * 1000:.0f} ms, {len(took)} pages"
    )


def numbers(server: Server) -> dict[str, int]:
    """What stands in the database now."""
    with sqlite3.connect(f"file:{server.data_dir}/matchmaker.sqlite3?mode=ro", uri=True, timeout=30) as base:
        one = {
            "position": "SELECT position FROM import_run",
            "rows": "SELECT count(*) FROM imported_row",
            "lines": "SELECT count(DISTINCT line) FROM imported_row",
            "created": "SELECT count(*) FROM imported_row WHERE outcome = 'created'",
            "statements": "SELECT count(*) FROM statement WHERE NOT gone",
            "vectors": "SELECT count(*) FROM embedding",
        } | {table: f"SELECT count(*) FROM {table}" for table in ("competence", "need", "evidence")}
        return {name: base.execute(question).fetchone()[0] for name, question in one.items()}


def worker(server: Server) -> subprocess.Popen[bytes]:
    """The installation's worker, as an init system starts it."""
    with server.log.open("ab") as log:
        return subprocess.Popen([str(PROGRAMS / "matchmaker"), "work"], env=server.environment, stdout=log, stderr=log)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, serve, import, kill, ask, and compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.importing", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--statements", type=int, default=100_000)
    parser.add_argument("--organisations", type=int, default=500)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--words-only", action="store_true", help="without the model, so that no vectors are made")
    chosen = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="importing-"))
    file = folder / "large.jsonl"
    write_file(file, chosen.statements, chosen.organisations)

    def fill(server: Server) -> None:
        program = (
            FILL.replace("PASSWORD", repr(PASSWORD))
            .replace("ORGANISATIONS", str(chosen.organisations))
            .replace("FILE", repr(str(file)))
        )
        subprocess.run([sys.executable, "-c", program], env=server.environment, check=True)

    servers = Servers(lambda: Path(tempfile.mkdtemp(prefix="installation-", dir=folder)))
    working: subprocess.Popen[bytes] | None = None
    try:
        server = servers(fill, MATCHMAKER_MODEL="none" if chosen.words_only else "", MATCHMAKER_LOG_LEVEL="ERROR")
        browser = Browser(server)
        browser.sign_in("manager@example.org", PASSWORD)
        ask(browser, len(PAGES))
        print(told("pages before", ask(browser, 50)), flush=True)
        kill_at = [chosen.statements * (n + 1) // (chosen.kills + 1) for n in range(chosen.kills)]
        start, during, imported = time.perf_counter(), list[float](), 0.0
        working = worker(server)
        while True:
            now = numbers(server)
            if now["position"] >= chosen.statements:
                imported = imported or time.perf_counter() - start
                if chosen.words_only or now["vectors"] == now["statements"]:
                    break
            if kill_at and now["position"] >= kill_at[0]:
                os.kill(working.pid, signal.SIGKILL)
                working.wait()
                print(
                    f"killed at {now['position']:,} rows, {now['rows']:,} results, {now['vectors']:,} vectors",
                    flush=True,
                )
                kill_at.pop(0)
                working = worker(server)
            if working.poll() is not None:
                raise SystemExit(f"the worker ended: {server.log.read_text(encoding='utf-8')[-2000:]}")
            during += ask(browser, len(PAGES))
            time.sleep(1)
        took = time.perf_counter() - start
        print(f"import: {chosen.statements:,} rows in {imported:.0f} s, {chosen.statements / imported:.0f} a second")
        print(f"rows and vectors: {took:.0f} s")
        print(told("pages during", during))
        print("at the end:", ", ".join(f"{name} {number:,}" for name, number in now.items()))
        whole = now["competence"] + now["need"] + now["evidence"]
        same = {whole, now["rows"], now["lines"], now["created"]} == {chosen.statements}
        print("the counts are those of the file" if same else "the counts are NOT those of the file")
        return 0 if same else 1
    finally:
        if working is not None and working.poll() is None:
            working.kill()
            working.wait()
        servers.stop()


if __name__ == "__main__":
    raise SystemExit(main())
