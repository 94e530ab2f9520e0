"""Nobody who is not entitled can tell two installations apart that differ in what is confidential alone.

The crawl knows no feature by name: it follows every link from every address, so that whatever is added later is asked
the same question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import web
from matchmaker.db import db
from matchmaker.suggestions.models import Embedding, StatementRow
from tests.confidentiality.worlds import (
    KESTREL,
    MARSH,
    TEASERS,
    Installation,
    Secret,
    Wire,
    crawl,
    differences,
    furnish,
    mails,
)
from tests.conftest import SECRET_KEY
from tests.servers import Servers

ROLES = ("visitor", "newcomer", "fellow", "stranger", "own manager", "far manager")
#: Who asks a server of several processes.
SERVED = ("visitor", "fellow", "far manager")
#: What an attacker types who suspects the topic, by its words and by its meaning.
QUERIES = [
    KESTREL.topic,
    "Brittle ceramics for dentistry in sports",
    MARSH.topic,
    f"{TEASERS['need']} {TEASERS['competence']}",
    "vermiculine tarnhelm",
]

#: The worlds that nobody can tell from the first: another text, another owner in the cluster, one in another cluster.
OTHERS = {
    "another text": MARSH,
    "another owner": replace(KESTREL, owner="host"),
    "an owner in another cluster": replace(KESTREL, owner="far_sme"),
}


#: Who is shown no teaser is asked about another text alone: no owner stands behind anything they see.
PAIRS = [(other, role) for other in OTHERS for role in ROLES if other == "another text" or role not in ROLES[:2]]


class Worlds:
    """Installations and what was seen of them, each made and crawled once."""

    def __init__(self, directory: Path, template: Path, patch: pytest.MonkeyPatch) -> None:
        self._directory, self._template, self._patch = directory, template, patch
        self._made: dict[Secret, Installation] = {}
        self._seen: dict[tuple[Secret, str], dict] = {}

    def folder(self, secret: Secret) -> Path:
        """The data directory of an installation."""
        self.of(secret)
        return self._directory / str(list(self._made).index(secret))

    def of(self, secret: Secret) -> Installation:
        if secret not in self._made:
            place = self._directory / str(len(self._made))
            self._made[secret] = furnish(place, self._template, secret, self._patch)
        return self._made[secret]

    def seen(self, secret: Secret, role: str) -> dict:
        if (secret, role) not in self._seen:
            self._seen[secret, role] = crawl(self.of(secret), role, QUERIES)
        return self._seen[secret, role]

    def close(self) -> None:
        for installation in self._made.values():
            with installation.app.app_context():
                db.engine.dispose()


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Iterator[Worlds]:
    patch = pytest.MonkeyPatch()
    # A crawler asks more in a minute than a person may; that each is counted is tested elsewhere.
    for limit in ("PROBES_A_MINUTE", "PROBES_A_DAY", "PROBES_OF_VISITORS_A_MINUTE", "PROBES_OF_VISITORS_A_DAY"):
        patch.setattr(web, limit, 1_000_000)
    patch.setattr(web, "API_REQUESTS_A_MINUTE", 1_000_000)
    made = Worlds(tmp_path_factory.mktemp("worlds"), migrated_database, patch)
    yield made
    made.close()
    patch.undo()


@pytest.mark.parametrize("role", ROLES)
def test_the_crawl_sees_what_there_is(worlds: Worlds, role: str) -> None:
    seen = worlds.seen(KESTREL, role)
    assert [address for address, (status, _, _) in seen.items() if status == 429 or status >= 500] == []
    assert len([1 for status, _, _ in seen.values() if status == 200]) > 25
    teasers = [address for address, (status, _, _) in seen.items() if "/teasers/" in address and status == 200]
    assert len(teasers) == (0 if role in ("visitor", "newcomer") else len(TEASERS))
    partners = [address for address, (_, _, body) in seen.items() if _suggests_a_competence(address, body)]
    # For a typed text; for their own need; for the needs of their cluster's members.
    asked_with = {"fellow": 2, "own manager": 2, "stranger": 3, "far manager": 3}.get(role, 0)
    assert len({address.partition("?")[0] for address in partners}) >= asked_with, partners
    assert bool(partners) == bool(asked_with)


def _suggests_a_competence(address: str, body: str) -> bool:
    """Whether it is a list of partners with the teaser of the competence in confidence among them."""
    listed = ("/suggestions/need/", "POST text partners", "API suggest")
    return address.startswith(listed) and "tab=" not in address and TEASERS["competence"][:30] in body


@pytest.mark.parametrize(("other", "role"), PAIRS)
def test_who_is_not_entitled_cannot_tell_the_worlds_apart(worlds: Worlds, role: str, other: str) -> None:
    found = list(differences(worlds.seen(KESTREL, role), worlds.seen(OTHERS[other], role)))
    assert found == [], "\n".join(found[:10])


@pytest.mark.parametrize("role", ROLES)
def test_no_answer_holds_a_canary(worlds: Worlds, role: str) -> None:
    """Words of the confidential text stand only in answers to those who typed them."""
    for address, (_, _, body) in worlds.seen(KESTREL, role).items():
        if not any(word in address for word in KESTREL.words):
            assert [word for word in KESTREL.words if word in body.lower()] == [], address


def test_four_workers_of_a_real_server_tell_the_worlds_apart_no_more(
    tmp_path_factory: pytest.TempPathFactory, migrated_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another text and another owner at once; by words alone, so that no model has to be loaded."""
    # Fresh ones: a world that was crawled remembers when its tokens were used.
    worlds = Worlds(tmp_path_factory.mktemp("worlds"), migrated_database, monkeypatch)
    servers = Servers(lambda: tmp_path_factory.mktemp("served"))
    seen = []
    try:
        for secret in (KESTREL, replace(MARSH, owner="host")):
            settings = {"MATCHMAKER_SECRET_KEY": SECRET_KEY, "MATCHMAKER_MODEL": "none", "MATCHMAKER_WORKERS": "4"}
            inside = worlds.of(secret)
            server = servers(like=worlds.folder(secret), **settings)
            wires = {role: Wire(server, browser) for role, browser in inside.browsers.items()}
            outside = replace(inside, browsers=wires)
            seen.append({role: crawl(outside, role, QUERIES[:4:3], most=30) for role in SERVED})
    finally:
        servers.stop()
    for role in SERVED:
        first, second = (one[role] for one in seen)
        found = list(differences(first, second))
        assert found == [], "\n".join(found[:10])
        assert [address for address, (status, _, _) in first.items() if status == 429 or status >= 500] == []
        teasers = [address for address, (status, _, _) in first.items() if "/teasers/" in address and status == 200]
        assert bool(teasers) == (role != "visitor")
        for address, (_, _, body) in first.items():
            assert [word for word in KESTREL.words if word in body.lower()] == [], address


@pytest.mark.parametrize("other", OTHERS)
def test_no_mail_tells_the_worlds_apart(worlds: Worlds, other: str) -> None:
    assert mails(worlds.of(KESTREL)) == mails(worlds.of(OTHERS[other]))


def test_the_command_line_suggests_the_same(worlds: Worlds) -> None:
    for kind, teaser in (("needs", TEASERS["need"]), ("partners", TEASERS["competence"])):
        arguments = ["suggest", "--text", teaser, "--kind", kind, "--json", "--as", "forscherin@elbstrand.example"]
        answers = {
            worlds.of(secret).app.test_cli_runner().invoke(args=arguments).output
            for secret in (KESTREL, *OTHERS.values())
        }
        assert len(answers) == 1
        assert f'"of": "{kind.removesuffix("s") if kind == "needs" else "competence"}"' in answers.pop()


def test_the_index_holds_no_confidential_text(worlds: Worlds) -> None:
    app = worlds.of(KESTREL).app
    with app.app_context(), Session(db.engine) as session:
        said = " ".join(session.scalars(select(StatementRow.text))).lower()
        vectors = set(session.scalars(select(Embedding.statement_id)))
        statements = set(session.scalars(select(StatementRow.id)))
    assert [word for word in KESTREL.words if word in said] == []
    assert vectors <= statements


def test_the_log_holds_no_confidential_word(worlds: Worlds, capfd: pytest.CaptureFixture[str]) -> None:
    installation = worlds.of(KESTREL)
    crawl(installation, "fellow", QUERIES[:1])
    logged = "".join(capfd.readouterr()).lower()
    assert [word for word in KESTREL.words if word in logged] == []
