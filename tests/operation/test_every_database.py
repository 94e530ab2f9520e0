"""The main way through the product, on SQLite and on PostgreSQL: what one forgives, the other does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.db import db, reading, set_read_only
from matchmaker.needs.models import Need
from matchmaker.profiles.models import Competence
from matchmaker.suggestions import indexing
from matchmaker.suggestions.models import Answer, Feedback, StatementRow
from tests import factories
from tests.factories import World

pytestmark = pytest.mark.every_database

SignIn = Callable[..., FlaskClient]


def the_only(session: Session, model: Any) -> Any:
    session.expire_all()
    return session.scalars(select(model)).one()


def test_from_a_competence_to_a_suggestion_a_verdict_and_an_answer(
    session: Session, world: World, client: FlaskClient, sign_in: SignIn
) -> None:
    researcher, sme, manager = sign_in(world.researcher), sign_in(world.sme_user), sign_in(world.manager)
    answer = researcher.post(
        "/competences/new",
        data={
            "title": "Bacteriophage cocktails against biofilm on implants",
            "description": "We isolate lytic bacteriophages and test them on biofilm grown on titanium.",
            "keywords": "phages, biofilm, Müller's agar “100 %”",
            "fields": ["infection_hygiene", "materials"],
            "cooperation": ["research_cooperation"],
            "trl": "4",
            "visibility": "public",
            "action": "publish",
        },
    )
    assert answer.status_code == 302
    competence = the_only(session, Competence)
    assert competence.keywords == ["phages", "biofilm", "Müller's agar “100 %”"]
    assert client.get(f"/competences/{competence.public_id}").status_code == 200

    # Found by its words, and under every kind of filter: texts, numbers, lists and truth values.
    for address in (
        "/search?q=bacteriophage",
        "/search?q=bacteriophage&field=materials&sector=academia&country=DE&region=Hamburg",
        "/search?q=bacteriophage&trl_min=3&trl_max=5&cooperation=research_cooperation&what=competence",
        "/search?what=competence&field=infection_hygiene",
    ):
        assert "Bacteriophage cocktails" in client.get(address).text, address
    for address in ("&field=atmp", "&sme=1", "&country=SE", "&trl_min=5", "&cooperation=licence"):
        assert "Bacteriophage cocktails" not in client.get(f"/search?q=bacteriophage{address}").text, address

    answer = sme.post(
        "/needs/new",
        data={
            "title": "Lytic phages for infected hip implants",
            "description": "Biofilm on our titanium implants survives antibiotics; we look for phages against it.",
            "expected_result": "A cocktail that clears a four-week biofilm from a titanium disc.",
            "visibility": "members",
            "action": "publish",
        },
    )
    assert answer.status_code == 302
    need = the_only(session, Need)
    page = sme.get(f"/suggestions/need/{need.public_id}")
    assert "Universität Elbstrand" in page.text
    assert competence.public_id in page.text, "the text that speaks for it stands beside it"

    pair = {
        "subject_kind": "need",
        "subject": need.public_id,
        "object_kind": "organisation",
        "object": world.university.public_id,
    }
    given = manager.post("/verdicts/give", data={**pair, "kind": "pin", "reason": "They cleared our last biofilm."})
    assert given.status_code == 302
    assert the_only(session, Verdict).kind is VerdictKind.PIN
    assert "They cleared our last biofilm." in sme.get(f"/suggestions/need/{need.public_id}").text

    for said in ("saved", "never", "never"):
        answer = sme.post("/suggestions/answer", data={**pair, "answer": said, "reason": "known"})
        assert answer.status_code == 302
    assert the_only(session, Feedback).answer is Answer.NEVER
    assert "They cleared our last biofilm." not in sme.get(f"/suggestions/need/{need.public_id}?shown=10").text

    withdrawn = researcher.post(f"/competences/{competence.public_id}/withdraw")
    assert withdrawn.status_code == 302
    assert "Bacteriophage cocktails" not in client.get("/search?q=bacteriophage").text


def test_a_search_by_name_ignores_case_beyond_english_letters(
    session: Session, world: World, client: FlaskClient
) -> None:
    factories.organisation(session, within=world.cluster, name="ÖRTLICHE Ärzte eG")
    session.commit()
    for words in ("örtliche", "ÄRZTE", "Örtliche ärzte"):
        assert "ÖRTLICHE Ärzte eG" in client.get("/organisations", query_string={"q": words}).text, words


@pytest.mark.parametrize("words", ["%", "_", "100%_", "\\", "' OR 1=1 --", '"', "{{7*7}}"])
def test_signs_of_a_query_language_are_signs_and_nothing_more(words: str, world: World, client: FlaskClient) -> None:
    answer = client.get("/organisations", query_string={"q": words})
    assert answer.status_code == 200
    assert "Knochenwerk GmbH" not in answer.text


def test_numbers_of_the_clock_become_visible_in_their_order(app: Flask, session: Session, world: World) -> None:
    """Whoever has seen change n has seen every change before it, or a worker's index would miss one for good."""
    with app.app_context():
        engine = db.engine
    stop = threading.Event()
    failures: list[BaseException] = []
    seen: list[tuple[int, set[int]]] = []

    def write(organisation_id: int) -> None:
        try:
            set_read_only(False)
            for _ in range(20):
                with Session(engine) as writer:
                    # The number is taken before this, and becomes visible after it.
                    event.listen(writer, "before_commit", lambda _session: time.sleep(0.004))
                    factories.competence(writer, writer.get_one(Organisation, organisation_id))
                    writer.commit()
        except BaseException as error:
            failures.append(error)

    def watch() -> None:
        try:
            while not stop.is_set():
                with reading(), Session(engine) as reader:
                    now = indexing.clock(reader)
                    visible = select(StatementRow.id).where(StatementRow.changed <= now)
                    seen.append((now, set(reader.scalars(visible))))
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(one.id,)) for one in (world.sme, world.university)]
    watcher = threading.Thread(target=watch)
    for thread in (watcher, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    watcher.join()

    assert failures == []
    rows = session.execute(select(StatementRow.id, StatementRow.changed)).all()
    assert len([row for row in rows if row.changed]) >= 40
    assert len({now for now, _ids in seen}) > 5, "the watcher has looked in between"
    for now, ids in seen:
        assert ids == {row.id for row in rows if row.changed <= now}, f"at change {now}"


def test_two_writers_of_vectors_store_each_of_them_once(app: Flask, session: Session, world: World) -> None:
    """Two workers that find the same text pending both make its vector; one of them is kept."""
    from matchmaker.suggestions.catalogue import embed
    from matchmaker.suggestions.models import Embedding

    for _ in range(6):
        factories.competence(session, world.sme)
    session.commit()
    together = threading.Barrier(3)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with app.app_context():
                encoder = app.extensions["catalogue"].encoder()
                together.wait()
                while embed(encoder, app.extensions["catalogue"].glossary, limit=2):
                    pass
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    pending = indexing.count_pending(session, app.extensions["catalogue"].model_hash)
    statements = session.scalars(select(Embedding.statement_id)).all()
    assert pending == 0
    assert len(statements) == len(set(statements))
