"""What holds between the worker processes of one installation, and what it survives."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate

import pytest

from matchmaker.accounts.guard import ACCOUNT
from tests.servers import Answer, Browser, Server, Servers

EMAIL = "rut@example.org"


@pytest.fixture(scope="module")
def server(serve: Servers) -> Server:
    return serve(
        lambda server: server.command("clusters", "create", "Northern Lights"),
        MATCHMAKER_WORKERS="4",
        MATCHMAKER_MODEL="none",
        MATCHMAKER_JOBS="elsewhere",
    )


def new_password(server: Server, email: str) -> str:
    return server.command("users", "create", email).splitlines()[0].split("\t")[1]


def statuses(answers: list[Answer]) -> dict[int, int]:
    found = [answer.status for answer in answers]
    return {status: found.count(status) for status in sorted(set(found))}


def test_of_forty_guesses_at_once_over_four_workers_five_reach_the_hash_and_a_restart_forgets_none(
    server: Server,
) -> None:
    new_password(server, EMAIL)
    browsers = [Browser(server) for _ in range(40)]
    for browser in browsers:
        browser.get("/sign-in")
    begun = time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        answers = list(
            pool.map(lambda b: b.post("/sign-in", email=EMAIL, password="certainly not the password"), browsers)
        )
    # Five are free. A machine so slow that a wait ended meanwhile has granted one more for each.
    waits = accumulate(ACCOUNT.wait(number).total_seconds() for number in range(ACCOUNT.free, 40))
    granted = ACCOUNT.free + sum(wait <= time.monotonic() - begun for wait in waits)
    found = statuses(answers)
    # 503 is an answer before the hash as well: the queue for it was full.
    assert found.keys() <= {200, 429, 503}
    assert found.get(200, 0) + found.get(503, 0) <= granted
    assert all("retry-after" in answer.headers for answer in answers if answer.status in (429, 503))

    server.stop()
    server.start()
    after = [Browser(server).post("/sign-in", email=EMAIL, password="another guess").status for _ in range(2)]
    assert 429 in after, "a count begun anew would have granted both"


def stolen(browser: Browser, server: Server, *, only: str = "") -> Browser:
    """A browser with the cookies of another, all or that one alone."""
    thief = Browser(server)
    thief._cookies = {name: value for name, value in browser._cookies.items() if only in name}
    return thief


def test_what_ends_in_one_worker_has_ended_in_all(server: Server) -> None:
    password = new_password(server, "ebba@example.org")

    def enter() -> Browser:
        browser = Browser(server)
        assert browser.post("/sign-in", email="ebba@example.org", password=password, remember="y").status == 302
        return browser

    def seen(browser: Browser, path: str = "/account") -> list[int]:
        return [browser.get(path).status for _ in range(6)]

    browser = enter()
    thieves = [stolen(browser, server), stolen(browser, server, only="remember_token")]
    assert [seen(thief) for thief in thieves] == [[200] * 6] * 2
    # Read anew: whoever came back by the remembering cookie alone has a session of their own by now.
    thieves = [stolen(browser, server), stolen(browser, server, only="remember_token"), *thieves]
    browser.post("/sign-out", on="/account")
    assert [seen(thief) for thief in thieves] == [[302] * 6] * 4, "copies of both cookies are worth nothing"

    here, there = enter(), enter()
    thieves = [there, stolen(there, server, only="remember_token")]
    new = {"new_password": "a harbour without any wind", "new_password_confirm": "a harbour without any wind"}
    assert here.post("/account/password", password=password, **new).status == 302
    assert seen(here) == [200] * 6
    assert [seen(thief) for thief in thieves] == [[302] * 6] * 2, "a new password ends every other sign-in"


def test_every_answer_is_guarded_whoever_gives_it(server: Server) -> None:
    browser = Browser(server)
    for path, status in {
        "/": 200,
        "/nowhere": 404,
        "/account": 302,
        "/static/css/base.css": 200,
        "/static/nothing.css": 404,
        "/api/v1/search?q=bone": 401,
        "/healthz": 200,
        "/confirm/%00": 400,
    }.items():
        answer = browser.get(path)
        assert answer.status == status, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"] == "same-origin", path
        assert answer.headers["x-request-id"], path
    assert browser._ask("TRACE", "/").status == 405


def test_a_new_secret_key_signs_nobody_out_while_the_old_one_is_named_and_passwords_go_on_fitting(
    server: Server,
) -> None:
    password = new_password(server, "olof@example.org")
    browser = Browser(server)
    browser.sign_in("olof@example.org", password)
    old = (server.data_dir / "secret_key").read_text(encoding="ascii").strip()
    new = "Vb3-kq8Zt_Lw0xYp5NsR2mJfHc7aGdTe"
    server.stop()
    server.environment |= {"MATCHMAKER_SECRET_KEY": new, "MATCHMAKER_SECRET_KEY_FALLBACKS": old}
    server.start()
    assert browser.get("/account").status == 200
    server.stop()
    del server.environment["MATCHMAKER_SECRET_KEY_FALLBACKS"]
    server.start()
    assert Browser(server).get("/account").status == 302
    fresh = Browser(server)
    fresh.sign_in("olof@example.org", password)
    assert fresh.get("/account").status == 200
