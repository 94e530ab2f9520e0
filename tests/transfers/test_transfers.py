"""A cluster leaves as a file and comes in elsewhere as it was, with nothing in it that its managers may not read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.audit.models import AuditEntry
from matchmaker.clusters.models import Cluster, Organisation
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from matchmaker.transfers import operations
from matchmaker.transfers.contents import KINDS, NotAsExpected
from tests import factories
from tests.factories import World

TEASER = {"visibility": Visibility.TEASER, "teaser": "A maker of implants seeks cells. Flow helps."}


@pytest.fixture
def filled(session: Session, world: World) -> World:
    """The cluster with something of every kind that travels, and of everything that does not."""
    of = world.sme
    profile = factories.person_profile(session, of, world.sme_user)
    record = factories.evidence(session, of, organisations=[of, world.university, world.stranger])
    competence = factories.competence(session, of, title="=Cells “ø”", cooperation=["services"], trl=4)
    competence.profile, competence.evidence = profile, [record]
    need = factories.need(session, of, visibility=Visibility.MEMBERS, regulated=False, countries=["DE", "SE"])
    factories.need(session, of, title="For all managers", for_managers=True, **TEASER)
    factories.test_field(session, world.host, contact_id=world.manager.id)
    hidden = factories.need(session, of, title="SECRET teaser", **TEASER)
    factories.need(session, of, title="SECRET private", visibility=Visibility.PRIVATE)
    factories.competence(session, of, title="SECRET draft", state=ItemState.DRAFT)
    factories.need(session, world.stranger, title="SECRET neighbour")
    for subject, on_teaser in ((need, False), (hidden, False), (hidden, True)):
        session.add(
            Verdict(
                cluster_id=world.cluster.id,
                manager_id=world.manager.id,
                kind=VerdictKind.PIN,
                reason="They built the last one together.",
                need=subject,
                partner=world.university,
                on_teaser=on_teaser,
            )
        )
    session.commit()
    return world


def parts(content: bytes) -> dict[str, str]:
    """What is in a file, without the moment when it was written."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    made = {name: archive.read(name).decode() for name in archive.namelist()}
    return made | {"manifest.json": json.dumps(json.loads(made["manifest.json"]) | {"written": ""})}


def test_a_cluster_comes_in_elsewhere_as_it_left(session: Session, elsewhere: Session, filled: World) -> None:
    content, counts = operations.write(session, filled.cluster)
    assert counts == {
        "organisations": 3,
        "profiles": 1,
        "evidence": 1,
        "competences": 1,
        "needs": 2,
        "test_fields": 1,
        "verdicts": 1,
    }
    made, came = operations.bring_in(elsewhere, content, after_batch=elsewhere.commit)
    assert {name: came[name, "created"] for name in counts} == counts
    assert parts(operations.write(elsewhere, made)[0]) == parts(content)
    # What others see of a confidential text has come with it.
    assert elsewhere.scalars(select(Need).where(Need.teaser != "")).one().shown_as.live
    # The same file again makes nothing twice.
    _same, again = operations.bring_in(elsewhere, content, after_batch=elsewhere.commit)
    assert {name: again[name, "here"] for name in counts} == counts


def test_what_a_manager_may_not_read_stays(session: Session, filled: World) -> None:
    inside = parts(operations.write(session, filled.cluster)[0])
    assert "For all managers" in inside["needs.jsonl"]
    everything = "".join(inside.values())
    assert "SECRET" not in everything
    for person in (filled.sme_user, filled.manager):
        assert person.email not in everything
    assert filled.stranger.public_id not in everything


def test_every_column_travels_or_stays_by_decision() -> None:
    for kind in KINDS:
        columns = {column.key for column in kind.model.__mapper__.column_attrs}
        assert set(kind.carried) | kind.left == columns, kind.name
        assert not set(kind.carried) & kind.left


#: What is done to a part of the file, and what its refusal says.
DAMAGE: list[tuple[str, Callable[[str], str], str]] = [
    ("needs.jsonl", lambda text: text.replace('"state": "published"', '"state": "open"', 1), "line 1: state"),
    ("needs.jsonl", lambda text: text.replace('"title"', '"titel"', 1), "line 1: expected columns"),
    ("needs.jsonl", lambda text: text + "{", "line 3: expected a JSON object"),
    ("competences.jsonl", lambda text: text.replace('"trl": 4', '"trl": true'), "line 1: trl: expected a whole"),
    ("evidence.jsonl", lambda text: text.replace('"organisation": "', '"organisation": "x'), "organisations in"),
    ("organisations.jsonl", lambda text: text.replace('"name": "', f'"name": "{"x" * 201}'), "at most 200"),
    ("organisations.jsonl", lambda text: text.replace('"since": "', '"since": "x'), "since: expected a day"),
    ("manifest.json", lambda text: text.replace('"version": 1', '"version": 2'), "version 1"),
]


def test_a_damaged_file_is_refused_with_its_line(session: Session, elsewhere: Session, filled: World) -> None:
    inside = parts(operations.write(session, filled.cluster)[0])
    for part, change, says in DAMAGE:
        damaged = io.BytesIO()
        with zipfile.ZipFile(damaged, "w") as archive:
            for name, text in inside.items():
                archive.writestr(name, change(text) if name == part else text)
        with pytest.raises(NotAsExpected, match=says):
            operations.bring_in(elsewhere, damaged.getvalue(), after_batch=elsewhere.flush)
        elsewhere.rollback()


def test_a_file_of_something_else_is_refused(elsewhere: Session) -> None:
    with pytest.raises(NotAsExpected, match="found something else"):
        operations.bring_in(elsewhere, b"PK\x03\x04 no", after_batch=elsewhere.flush)


def test_a_manager_asks_downloads_and_is_put_on_record(
    sign_in: Any, client: FlaskClient, session: Session, filled: World
) -> None:
    manager = sign_in(filled.manager)
    answer = manager.post(f"/desk/exports/{filled.cluster.public_id}", follow_redirects=True)
    page = answer.get_data(as_text=True)
    [address] = {url for url in page.split('"') if url.endswith("/file")}
    sent = manager.post(address)
    assert sent.headers["Content-Disposition"].startswith(f'attachment; filename="{filled.cluster.slug}-')
    assert parts(sent.data) == parts(operations.write(session, filled.cluster)[0])
    events = session.scalars(select(AuditEntry).where(AuditEntry.event == "exported")).all()
    assert [one.actor_id for one in events] == [filled.manager.id] * 2
    assert client.post(address).status_code == 404


def test_a_cluster_of_the_same_name_is_not_mixed_up(session: Session, elsewhere: Session, filled: World) -> None:
    elsewhere.add(Cluster(slug=filled.cluster.slug, name="Another"))
    elsewhere.commit()
    with pytest.raises(NotAsExpected, match="expected no other cluster"):
        operations.bring_in(elsewhere, operations.write(session, filled.cluster)[0], after_batch=elsewhere.commit)
    assert elsewhere.scalars(select(Organisation)).all() == []


def test_the_command_line_writes_a_file_and_reads_it(
    app: Flask, tmp_path: Path, session: Session, filled: World
) -> None:
    file, runner = tmp_path / "cluster.zip", app.test_cli_runner()
    written = runner.invoke(args=["cluster", "export", filled.cluster.slug, str(file)])
    assert written.output.startswith("3 organisations, 1 profiles")
    read = runner.invoke(args=["cluster", "import", str(file)])
    assert "needs: 0 created, 2 here already" in read.output
    session.delete(session.scalars(select(Need).where(Need.title == "For all managers")).one())
    session.commit()
    read = runner.invoke(args=["cluster", "import", str(file)])
    assert "needs: 1 created, 1 here already" in read.output
    assert read.exit_code == 0, read.output
    file.write_text("no")
    assert "Error: expected the file of a cluster" in runner.invoke(args=["cluster", "import", str(file)]).output
