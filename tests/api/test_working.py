"""What members and managers do beside writing texts, done by programs: answers, verdicts, imports, the own account."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from matchmaker.permissions import Visibility
from tests import factories
from tests.clients import Program

LIST = "Firma;Art;Stadt;Land\nZellwerk AB;KMU;Umeå;Sverige\nTauchboot;U-Boot;Kiel;DE\n"


def test_suggestions_are_answered_and_decided_on(app: Flask, session: Session, world: Any) -> None:
    need = factories.need(session, world.sme, title="Phages against biofilm", visibility=Visibility.MEMBERS)
    offer = factories.competence(session, world.university, title="Lytic phages against biofilm")
    session.commit()
    ours, theirs, manager = (Program(app, one) for one in (world.sme_user, world.researcher, world.manager))
    path = f"/needs/{need.public_id}/suggestions"

    def suggested() -> list[str]:
        return [one["id"] for one in ours.get(path).json["suggestions"]]

    assert suggested() == [world.university.public_id]
    assert ours.get(path, country="SE").json["total"] == 0
    assert theirs.get(path).status_code == 404
    answers = theirs.get(f"/competences/{offer.public_id}/suggestions").json["suggestions"]
    assert [one["id"] for one in answers] == [need.public_id]
    assert ours.get(f"/organisations/{world.sme.public_id}/suggestions", target="peers").status_code == 200

    subject = {"subject_kind": "need", "subject": need.public_id}
    pair = {**subject, "object_kind": "organisation", "object": world.university.public_id}
    hidden = ours.post("/suggestions/answers", **pair, answer="never", reason="known", comment="From school.")
    assert (hidden.json["answer"], hidden.json["reason"]) == ("never", "known")
    assert suggested() == []
    assert ours.get("/suggestions/answers", **subject).json["items"] == [hidden.json]
    assert manager.post("/suggestions/answers", **pair, answer="saved").status_code == 404
    assert ours.post("/suggestions/answers", **pair, answer=None).json["answer"] is None
    assert suggested() == [world.university.public_id]
    itself = {**pair, "object": world.sme.public_id}
    assert ours.post("/suggestions/answers", **itself, answer="saved").status_code == 422

    assert ours.post("/verdicts", **pair, kind="veto", reason="They compete.").status_code == 404
    vetoed = manager.post("/verdicts", **pair, kind="veto", reason="They compete.")
    assert (vetoed.status_code, vetoed.json["subject"]["title"]) == (201, "Phages against biofilm")
    assert suggested() == []
    withdrawn = manager.post(f"/verdicts/{vetoed.json['id']}/withdraw").json
    assert withdrawn["withdrawn_by"]["id"] == world.manager.public_id
    assert suggested() == [world.university.public_id]
    assert manager.get("/verdicts", state="withdrawn").json["items"] == [withdrawn]
    assert manager.get("/verdicts", state="standing").json["total"] == 0


def test_a_file_comes_in_and_is_taken_back(app: Flask, world: Any) -> None:
    manager, member = Program(app, world.manager), Program(app, world.sme_user)
    query = {"cluster": world.cluster.public_id, "filename": "list.csv"}

    def send(program: Program, content: bytes, **query: str) -> Any:
        return program.ask(
            "POST", "/imports", query_string=query, data=content, content_type="application/octet-stream"
        )

    assert send(member, LIST.encode(), **query).status_code == 404
    assert send(manager, LIST.encode(), **{**query, "cluster": "222222222222"}).status_code == 422
    assert send(manager, b"", **query).status_code == 422
    made = send(manager, LIST.encode(), **query)
    assert (made.status_code, made.json["state"], made.json["total"]) == (201, "mapping", 2)
    path = f"/imports/{made.json['id']}"
    assert manager.post(f"{path}/pause").status_code == 409
    assert manager.post(f"{path}/reading", format="ris-is-none").status_code == 422
    assert manager.post(f"{path}/reading", kind="organisations").json["format"] == made.json["format"]
    mapping = {"name": "Firma", "type": "Art", "city": "Stadt", "country": "Land"}
    assert manager.post(f"{path}/mapping", mapping=mapping, duplicates="fill").json["mapping"] == mapping
    assert manager.get(f"{path}/preview").json["outcomes"] == {"new": 1, "refused": 1}
    manager.post(f"{path}/start")
    # In the tests the worker's part is done as soon as it is woken.
    done = manager.get(path).json
    assert (done["state"], done["seen"], done["outcomes"]) == ("done", 2, {"created": 1, "refused": 1})
    first = manager.get(f"{path}/rows", limit=1).json
    [second] = manager.get(f"{path}/rows", after=first["next"]).json["items"]
    assert (first["items"][0]["outcome"], second["line"], second["outcome"]) == ("created", 3, "refused")
    assert manager.get("/organisations", q="Zellwerk").json["total"] == 1
    assert manager.post(f"{path}/undo").json["state"] == "undone"
    assert manager.get("/organisations", q="Zellwerk").json["total"] == 0
    assert [one["id"] for one in manager.get("/imports").json["items"]] == [made.json["id"]]
    assert member.get(path).status_code == 404


def test_a_program_learns_for_whom_it_acts_and_changes_what_its_owner_says_of_themselves(
    app: Flask, world: Any
) -> None:
    ours, newcomer = Program(app, world.sme_user), Program(app, world.newcomer)
    me = ours.get("/me").json
    assert (me["email"], me["acts_for"]["id"], me["matched"]) == (world.sme_user.email, world.sme.public_id, True)
    assert world.manager.public_id in {one["id"] for one in me["managers"]}
    assert me["clusters"] == [{"id": world.cluster.public_id, "name": world.cluster.name, "manages": False}]
    changed = ours.patch("/me", None, title="Head of implants", matched=False).json
    assert changed == {**me, "title": "Head of implants", "matched": False}
    assert ours.patch("/me", None, title="Head of bone").json == {**changed, "title": "Head of bone"}
    assert ours.patch("/me", None, name="").status_code == ours.patch("/me", None, locale="xx").status_code == 422
    assert newcomer.get("/me").json["acts_for"] is None
    assert world.cluster.public_id in {one["id"] for one in newcomer.get("/clusters").json["items"]}
