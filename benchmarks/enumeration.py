"""Whether the clock tells who has an account: the same form with an address that has one and with one that has none.

    python -m benchmarks.enumeration [--rounds N]

A served installation with the product's own argon2 is asked at sign-in (a wrong password) and for a new password, in
turn. Printed are the medians and their ratio; 1.00 means that the clock tells nothing. Every request uses an address
and a neighbourhood of its own, since guesses are counted per address and per neighbourhood and then refused.
"""

from __future__ import annotations

import argparse
import http.client
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.servers import Server, Servers

#: Where a visitor sends an address, and what else the form holds.
FORMS = {"/sign-in": {"password": "certainly not the password"}, "/recover": {}}
#: Makes the accounts in one process; ``matchmaker users create`` would start one for each.
ACCOUNTS = """
from matchmaker import create_app
from matchmaker.accounts.operations import create_user
from matchmaker.db import db
from flask_security import hash_password

app = create_app()
with app.app_context():
    kept = hash_password("the password of everybody here")
    for number in range(COUNT):
        create_user(db.session, email=f"known{number}@example.org", name="Known", password_hash=kept)
    db.session.commit()
"""


def ask(server: Server, path: str, email: str, neighbourhood: str) -> float:
    """Seconds from sending the form to the end of its answer, as a visitor from there."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=60)
    headers = {"X-Forwarded-For": neighbourhood, "Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("GET", path, headers={"X-Forwarded-For": neighbourhood})
        page = connection.getresponse()
        text = page.read().decode()
        [token] = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', text)[:1]
        headers["Cookie"] = "; ".join(c.split(";")[0] for c in page.headers.get_all("Set-Cookie") or ())
        body = urlencode({"email": email, "csrf_token": token, **FORMS[path]})
        start = time.perf_counter()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - start
    finally:
        connection.close()
    if answer.status not in (200, 302):
        raise SystemExit(f"expected the form's own answer from {path}, got {answer.status}")
    return took


def main(arguments: Sequence[str] | None = None) -> int:
    """Start an installation, ask it in turn, print the ratios."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.enumeration", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args(arguments).rounds
    servers = Servers(lambda: Path(tempfile.mkdtemp(prefix="enumeration-")))

    def accounts(server: Server) -> None:
        program = ACCOUNTS.replace("COUNT", str(rounds))
        subprocess.run([sys.executable, "-c", program], env=server.environment, check=True)

    try:
        server = servers(accounts, MATCHMAKER_MODEL="none", MATCHMAKER_PROXIES="1", MATCHMAKER_LOG_LEVEL="ERROR")
        for kind, path in enumerate(FORMS):
            times: dict[str, list[float]] = {"known": [], "unknown": []}
            for turn in range(rounds):
                order = ("known", "unknown") if turn % 2 == 0 else ("unknown", "known")
                for place, who in enumerate(order):
                    where = f"10.{kind * 2 + place}.{turn % 250}.1"
                    times[who].append(ask(server, path, f"{who}{turn}@example.org", where))
            known, unknown = (statistics.median(times[who]) for who in ("known", "unknown"))
            print(
                f"{path:<10} known {known * 1000:7.1f} ms, unknown {unknown * 1000:7.1f} ms, "
                f"ratio {known / unknown:.2f} ({rounds} of each)"
            )
    finally:
        servers.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
