"""A cluster leaves as a file and comes in elsewhere as it was, with nothing in it that its managers may not read."""

from __future__ import annotations

import io
import json
import re
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
from matchmaker.imports import whole
from matchmaker.imports.contents import CLUSTER, KINDS
from matchmaker.imports.models import ImportRun, Outcome, RunState
from matchmaker.imports.readers import UnreadableFile
from matchmaker.imports.records import RowRefused
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from matchmaker.transfers import operations
from tests import factories
from tests.clients import Program
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
    made, came = whole.bring_in(elsewhere, "cluster.zip", content, after_batch=elsewhere.commit)
    assert {name: came[name, Outcome.CREATED] for name in counts} == counts
    assert parts(operations.write(elsewhere, made)[0]) == parts(content)
    # What others see of a confidential text has come with it.
    assert elsewhere.scalars(select(Need).where(Need.teaser != "")).one().shown_as.live
    # The same file again makes nothing twice.
    _same, again = whole.bring_in(elsewhere, "cluster.zip", content, after_batch=elsewhere.commit)
    assert {name: again[name, Outcome.UNCHANGED] for name in counts} == counts


def test_what_a_manager_may_not_read_stays(session: Session, filled: World) -> None:
    inside = parts(operations.write(session, filled.cluster)[0])
    assert "For all managers" in inside["needs.jsonl"]
    everything = "".join(inside.values())
    assert "SECRET" not in everything
    for person in (filled.sme_user, filled.manager):
        assert person.email not in everything
    assert filled.stranger.public_id not in everything


def test_every_column_travels_or_stays_by_decision() -> None:
    for kind in (CLUSTER, *KINDS):
        columns = {column.key for column in kind.model.__mapper__.column_attrs}
        assert set(kind.carried) | kind.left == columns, kind.name
        assert not set(kind.carried) & kind.left


#: What is done to a part of the file, and what its refusal says.
DAMAGE: list[tuple[str, Callable[[str], str], str]] = [
    ("needs.jsonl", lambda text: text.replace('"state": "published"', '"state": "open"', 1), "line 1: state"),
    ("needs.jsonl", lambda text: text.replace('"title"', '"titel"', 1), "line 1: expected columns"),
    ("needs.jsonl", lambda text: text + "{", "line 3: expected a JSON object"),
    ("competences.jsonl", lambda text: text.replace('"trl": 4', '"trl": true'), "line 1: trl: expected a whole"),
    (
        "evidence.jsonl",
        lambda text: text.replace('"organisation": "', '"organisation": "x'),
        "organisations that came in before",
    ),
    ("organisations.jsonl", lambda text: text.replace('"name": "', f'"name": "{"x" * 201}'), "at most 200"),
    ("organisations.jsonl", lambda text: text.replace('"since": "', '"since": "x'), "since: expected a date"),
    ("manifest.json", lambda text: text.replace('"version": 1', '"version": 2'), "version 1"),
]


def test_a_damaged_file_is_refused_with_its_line(session: Session, elsewhere: Session, filled: World) -> None:
    inside = parts(operations.write(session, filled.cluster)[0])
    for part, change, says in DAMAGE:
        damaged = io.BytesIO()
        with zipfile.ZipFile(damaged, "w") as archive:
            for name, text in inside.items():
                archive.writestr(name, change(text) if name == part else text)
        with pytest.raises((UnreadableFile, RowRefused), match=says):
            whole.bring_in(elsewhere, "cluster.zip", damaged.getvalue(), after_batch=elsewhere.flush)
        elsewhere.rollback()


def test_a_file_of_something_else_is_refused(elsewhere: Session) -> None:
    with pytest.raises((UnreadableFile, RowRefused), match="found something else"):
        whole.bring_in(elsewhere, "cluster.zip", b"PK\x03\x04 no", after_batch=elsewhere.flush)


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


def test_a_program_has_a_cluster_written_and_takes_it_along(app: Flask, session: Session, filled: World) -> None:
    manager = Program(app, filled.manager)
    assert manager.post("/exports", cluster=filled.stranger.public_id).status_code == 422
    asked = manager.post("/exports", cluster=filled.cluster.public_id)
    assert asked.status_code == 202
    # In the tests the worker's part is done as soon as it is woken.
    [listed] = manager.get("/exports").json["items"]
    assert (listed["id"], listed["counts"]["needs"], listed["ready_at"] is None) == (asked.json["id"], 2, False)
    path = f"/exports/{listed['id']}/file"
    assert manager.post(path).json["error"]["code"] == "exports_nothing"
    sent = Program(app, filled.manager, exports=True).post(path)
    assert parts(sent.data) == parts(operations.write(session, filled.cluster)[0])


def test_a_program_of_the_platform_admin_brings_a_cluster_in(app: Flask, session: Session, filled: World) -> None:
    content, counts = operations.write(session, filled.cluster)
    admin, query = Program(app, filled.platform_admin), {"kind": "cluster", "filename": "cluster.zip"}

    def sent(program: Any, **more: str) -> Any:
        return program.ask(
            "POST", "/imports", query_string=query | more, data=content, content_type="application/octet-stream"
        )

    assert sent(Program(app, filled.manager), cluster=filled.cluster.public_id).status_code == 422
    assert sent(admin, kind="organisations").status_code == 422
    made = sent(admin)
    assert (made.status_code, made.json["cluster"]) == (201, None)
    path = f"/imports/{made.json['id']}"
    assert admin.get(f"{path}/preview").json["outcomes"] == {"known": 1 + sum(counts.values())}
    admin.post(f"{path}/start")
    assert admin.get(path).json["outcomes"] == {"unchanged": 1 + sum(counts.values())}


def send(client: FlaskClient, content: bytes, kind: str = "cluster", **more: str) -> Any:
    form = {"kind": kind, "file": (io.BytesIO(content), "cluster.zip"), **more}
    return client.post("/desk/imports/", data=form, content_type="multipart/form-data")


def test_a_platform_admin_brings_a_cluster_in_on_a_page_and_takes_it_back(
    sign_in: Any, session: Session, filled: World
) -> None:
    content, counts = operations.write(session, filled.cluster)
    slug, lost = filled.cluster.slug, session.scalars(select(Need).where(Need.title == "For all managers")).one()
    session.delete(lost)
    session.delete(filled.cluster)
    session.commit()
    admin = sign_in(filled.platform_admin)
    page = send(admin, content).location
    shown = admin.get(page).get_data(as_text=True)
    # The cluster, a need and a verdict have to be made; the rest is here.
    assert ahead(shown) == {"new": 1 + 1 + counts["verdicts"], "known": 3 + 1 + 1 + 1 + 1 + 1, "refused": 0}
    assert session.scalar(select(Cluster).where(Cluster.slug == slug)) is None

    # In the tests the worker's part is done as soon as it is woken.
    admin.post(f"{page}/columns", data={"duplicates": "skip", "action": "start"})
    made = session.scalars(select(Cluster).where(Cluster.slug == slug)).one()
    assert parts(operations.write(session, made)[0]) == parts(content)
    assert session.scalars(select(ImportRun.state)).one() is RunState.DONE

    admin.post(f"{page}/undo")
    session.expire_all()
    assert session.scalar(select(Cluster).where(Cluster.slug == slug)) is None
    assert session.scalar(select(Need).where(Need.title == "For all managers")) is None
    assert session.get(Organisation, filled.sme.id) is not None


def ahead(page: str) -> dict[str, int]:
    """What the page foresees, over all kinds."""
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", page)
    numbers = [[int(number) for number in re.findall(r"<td class=\"num\">(\d+)</td>", row)] for row in rows]
    return dict(zip(("new", "known", "refused"), map(sum, zip(*numbers, strict=True)), strict=True))


def test_a_manager_brings_no_cluster_in_whatever_the_file_is_called(
    sign_in: Any, session: Session, filled: World
) -> None:
    content, _counts = operations.write(session, filled.cluster)
    manager, admin = sign_in(filled.manager), sign_in(filled.platform_admin)
    ours = {"cluster": filled.cluster.public_id}
    assert send(manager, content, **ours).status_code == 422
    answer = send(manager, content, "organisations", **ours)
    assert (answer.status_code, "found a whole cluster" in answer.get_data(as_text=True)) == (422, True)
    listed = send(manager, b"name,type\nZellwerk AB,sme\n", "organisations", **ours)
    assert listed.status_code == 422  # its name says ZIP
    # Nor does the platform admin a list into a cluster, or look after a manager's.
    assert send(admin, content, "organisations", **ours).status_code == 422
    broken = send(admin, content[: len(content) // 2])
    assert (broken.status_code, "expected" in broken.get_data(as_text=True)) == (422, True)
    theirs = send(admin, content).location
    assert manager.get(theirs).status_code == 404
    assert "cluster.zip" not in manager.get("/desk/imports/").get_data(as_text=True)


def test_a_file_for_a_cluster_that_is_called_like_another_can_not_start(
    sign_in: Any, session: Session, filled: World
) -> None:
    content, counts = operations.write(session, filled.cluster)
    filled.cluster.public_id = "another"
    session.commit()
    admin = sign_in(filled.platform_admin)
    shown = admin.get(send(admin, content).location).get_data(as_text=True)
    assert ahead(shown) == {"new": 0, "known": 0, "refused": 1 + sum(counts.values())}
    assert "expected no other cluster called" in shown
    assert " disabled>" in shown


def test_a_cluster_of_the_same_name_is_not_mixed_up(session: Session, elsewhere: Session, filled: World) -> None:
    elsewhere.add(Cluster(slug=filled.cluster.slug, name="Another"))
    elsewhere.commit()
    with pytest.raises((UnreadableFile, RowRefused), match="expected no other cluster"):
        whole.bring_in(
            elsewhere, "cluster.zip", operations.write(session, filled.cluster)[0], after_batch=elsewhere.commit
        )
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
    assert (
        "Error: cluster.zip: expected the file of a cluster"
        in runner.invoke(args=["cluster", "import", str(file)]).output
    )
