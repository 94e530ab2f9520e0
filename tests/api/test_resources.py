"""What a program may do with the things of its organisation: what the pages offer, on the same terms."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from matchmaker.items.models import ItemState
from matchmaker.permissions import Visibility
from tests import factories
from tests.clients import Program

TEXT = "We culture patient cells on ceramic scaffolds of up to 40 cm³ under controlled flow."
#: For each kind: where it is, how it is written, and one change of it.
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "needs": (
        {
            "title": "Perfusion of large bone grafts",
            "description": TEXT,
            "keywords": ["bone", "perfusion"],
            "countries": ["DE", "SE"],
            "regulated": True,
            "trl_min": 3,
            "stage": "lab_tested",
            "cooperation": ["licence"],
        },
        {"regulated": False, "trl_min": None, "countries": [], "fields": ["materials"]},
    ),
    "competences": (
        {"title": "Perfusion of large bone grafts", "description": TEXT, "trl": 4, "ipr_status": "patent_granted"},
        {"advantages": "Cells in the middle stay alive.", "trl": 5},
    ),
    "test-fields": (
        {
            "title": "Perfusion laboratory in Lund",
            "description": TEXT,
            "kind": "living_lab",
            "rung": "lab",
            "access_steps": ["Call us", "Come by, with your cells"],
            "country": "SE",
        },
        {"response_days": 5, "regulated": True},
    ),
    "evidence": (
        {"title": "Perfused grafts stay alive", "kind": "publication", "identifier": "10.1000/xyz", "year": 2024},
        {"year": 2025, "url": "https://example.org/paper"},
    ),
    "profiles": (
        {"name": "Perfusion group", "kind": "group", "working_languages": ["de", "sv"]},
        {"headline": "Flow through bone.", "orcid": "https://orcid.org/0000-0002-1825-0097"},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_from_a_draft_to_what_others_read_and_back(kind: str, app: Flask, world: Any) -> None:
    ours, theirs = Program(app, world.sme_user), Program(app, world.researcher)
    body, change = KINDS[kind]
    made = ours.post(f"/{kind}", **body, visibility="public")
    assert made.status_code == 201, made.json
    assert {name: made.json[name] for name in body} == body
    path = f"/{kind}/{made.json['id']}"
    assert made.headers["Location"] == f"/api/v1{path}"
    assert theirs.get(path).status_code == 404
    assert theirs.get(f"/{kind}").json["total"] == 0
    assert ours.get(f"/{kind}", mine="true").json["items"] == [made.json]

    assert ours.patch(path, None, **change).status_code == 428
    changed = ours.patch(path, made, **change)
    assert changed.status_code == 200, changed.json
    expected = {**body, **change, **({"orcid": "0000-0002-1825-0097"} if "orcid" in change else {})}
    assert {name: changed.json[name] for name in expected} == expected
    overtaken = ours.patch(path, made, **{name: body[name] for name in body})
    assert (overtaken.status_code, overtaken.json["error"]["code"]) == (412, "changed")
    assert ours.get(path).json == changed.json

    published = ours.post(f"{path}/publish")
    assert published.json["state"] == "published"
    read = theirs.get(path)
    assert (read.json["yours"], read.json["visibility"]) == (False, None)
    assert read.headers["ETag"] == published.headers["ETag"]
    assert [one["id"] for one in theirs.get(f"/{kind}").json["items"]] == [made.json["id"]]
    for act in (lambda: theirs.patch(path, read, **change), lambda: theirs.post(f"{path}/withdraw")):
        assert act().status_code == 404

    assert ours.delete(path).status_code == 409
    assert ours.post(f"{path}/withdraw").json["state"] == "withdrawn"
    assert ours.post(f"{path}/withdraw").status_code == 409
    assert theirs.get(path).status_code == 404
    draft = ours.post(f"/{kind}", **body).json
    assert ours.delete(f"/{kind}/{draft['id']}").status_code == 204
    assert ours.get(f"/{kind}/{draft['id']}").status_code == 404


def test_an_error_speaks_the_language_that_the_program_asks_for(app: Flask, session: Session, world: Any) -> None:
    ours, published = Program(app, world.sme_user), factories.need(session, world.sme)
    session.commit()
    for asked, schema, nesting in (
        (
            "de-AT",
            ["erwartet mindestens 1", "Die Eingabe passt nicht zum Schema."],
            "Nur ein Entwurf kann gelöscht werden",
        ),
        ("sv", ["väntade minst 1", "Indata passar inte schemat."], "Bara ett utkast kan raderas"),
        ("fi", ["expected at least 1", "The input does not fit the schema."], "Only a draft can be deleted"),
    ):
        headers = {"Accept-Language": asked}
        error = ours.ask("GET", "/needs?limit=0", headers=headers).json["error"]
        assert [error["details"][0]["what"], error["message"]] == schema
        said = ours.ask("DELETE", f"/needs/{published.public_id}", headers=headers).json["error"]
        assert said["message"].startswith(nesting)


def test_what_a_form_refuses_a_program_is_refused_by_field(app: Flask, world: Any) -> None:
    ours = Program(app, world.sme_user)
    refused = ours.post("/needs", title="Perfusion", trl_min=5, trl_max=3, countries=["Atlantis"], trusted=["nobody"])
    assert refused.status_code == 422
    assert {one["where"] for one in refused.json["error"]["details"]} == {"trl_max", "countries", "trusted"}
    unknown = ours.post("/needs", title="Perfusion", organisation="222222222222", state="published")
    assert {one["where"] for one in unknown.json["error"]["details"]} == {"organisation", "state"}
    draft = ours.post("/needs", title="Perfusion").json
    thin = ours.post(f"/needs/{draft['id']}/publish")
    assert (thin.status_code, {one["where"] for one in thin.json["error"]["details"]}) == (
        422,
        {"title", "description"},
    )
    assert ours.post(f"/needs/{draft['id']}/renew").status_code == 409


def test_a_token_that_only_reads_changes_nothing(app: Flask, session: Session, world: Any) -> None:
    need = factories.need(session, world.sme)
    session.commit()
    reader = Program(app, world.sme_user, writes=False)
    read = reader.get(f"/needs/{need.public_id}")
    assert read.status_code == 200
    for answer in (
        reader.patch(f"/needs/{need.public_id}", read, title="Another title of mine"),
        reader.delete(f"/needs/{need.public_id}"),
        reader.post(f"/needs/{need.public_id}/met"),
        reader.post("/needs", title="Another"),
    ):
        assert answer.status_code == 403


def test_a_confidential_text_is_seen_by_its_teaser_and_by_whom_its_owner_trusts(app: Flask, world: Any) -> None:
    ours, theirs, manager = (Program(app, one) for one in (world.sme_user, world.researcher, world.manager))
    teaser = "A maker of implants seeks a way to keep cells alive. Experience with flow is welcome."
    made = ours.post("/needs", **KINDS["needs"][0], visibility="teaser", teaser=teaser, teaser_facts=["sector"]).json
    path = f"/needs/{made['id']}"
    ours.post(f"{path}/publish")
    assert theirs.get(path).status_code == manager.get(path).status_code == 404
    assert theirs.get("/needs").json["total"] == 0
    [seen] = theirs.get("/teasers").json["items"]
    assert (seen["text"], seen["country"]) == (teaser, "")
    assert theirs.get(f"/teasers/{seen['id']}").json == seen
    assert made["id"] not in str(seen)
    assert world.sme.public_id not in str(seen)

    trusted = ours.patch(path, ours.get(path), trusted=[world.manager.public_id])
    assert [one["id"] for one in trusted.json["trusted"]] == [world.manager.public_id]
    handed_over = manager.get(path).json
    assert (handed_over["description"], handed_over["teaser"], handed_over["trusted"]) == (TEXT, None, None)
    again = ours.patch(path, ours.get(path), title="Perfusion of larger bone grafts")
    assert again.json["trusted"] == trusted.json["trusted"]


def test_names_stand_for_rows_of_the_own_organisation_only(app: Flask, session: Session, world: Any) -> None:
    ours = Program(app, world.sme_user)
    group = ours.post("/profiles", name="Perfusion group", kind="group").json["id"]
    body = KINDS["competences"][0]
    competence = ours.post("/competences", **body, profile=group).json
    assert competence["profile"] == {"id": group, "name": "Perfusion group"}
    record = ours.post("/evidence", title="Grafts", kind="patent", backs=[competence["id"]]).json
    assert [one["id"] for one in record["backs"]] == []  # What is a draft can't be found, not even by its own.
    assert ours.get(f"/competences/{competence['id']}").json["evidence"] == [{"id": record["id"], "name": "Grafts"}]
    assert ours.delete(f"/competences/{competence['id']}/evidence/{record['id']}").status_code == 204
    attached = ours.post(f"/competences/{competence['id']}/evidence", evidence=record["id"])
    assert [one["id"] for one in attached.json["evidence"]] == [record["id"]]

    foreign = factories.competence(session, world.university)
    their_record = factories.evidence(session, world.university)
    session.commit()
    for refused in (
        ours.post("/competences", **body, profile=foreign.public_id),
        ours.post("/evidence", title="Grafts", kind="patent", backs=[foreign.public_id]),
        ours.post(f"/competences/{competence['id']}/evidence", evidence=their_record.public_id),
        ours.post("/test-fields", **KINDS["test-fields"][0], contact=world.researcher.public_id),
    ):
        assert refused.status_code == 422
    contact = ours.post("/test-fields", **KINDS["test-fields"][0], contact=world.sme_admin.public_id).json["contact"]
    assert contact["id"] == world.sme_admin.public_id


@pytest.mark.every_database
def test_a_list_is_walked_through_although_it_changes(app: Flask, session: Session, world: Any) -> None:
    needs = {}
    for number in range(7):
        need = factories.need(session, world.university, title=f"Need number {number} of seven")
        needs[need.public_id] = need
    hidden = factories.need(session, world.university, visibility=Visibility.PRIVATE)
    session.commit()
    ours = Program(app, world.sme_user)
    for sort in ("newest", "title", "ending"):
        seen, cursor = [], {}
        while True:
            piece = ours.get("/needs", limit=3, sort=sort, **cursor).json
            seen += [one["id"] for one in piece["items"]]
            if piece["next"] is None:
                break
            cursor = {"cursor": piece["next"]}
            if sort == "newest":
                # Its owner withdraws what was just seen: what follows stays where it is.
                needs[seen[-1]].state = ItemState.WITHDRAWN
                session.commit()
        assert len(seen) == len(set(seen)) == 7
        assert hidden.public_id not in seen
        for need in needs.values():
            need.state = ItemState.PUBLISHED
        session.commit()
    for nonsense in ("x", "WyJhIl0=", "bnVsbA==", "Ww=="):
        assert ours.get("/needs", cursor=nonsense).status_code == 422


def test_a_list_is_narrowed_as_the_pages_narrow_it(app: Flask, session: Session, world: Any) -> None:
    factories.need(session, world.university, title="A need with a low level", trl_min=2, trl_max=3)
    factories.need(session, world.sme, title="A need of our own", trl_min=7, trl_max=9)
    session.commit()
    ours = Program(app, world.sme_user)

    def titles(**query: Any) -> set[str]:
        return {one["title"] for one in ours.get("/needs", **query).json["items"]}

    assert titles() == {"A need with a low level", "A need of our own"}
    assert titles(trl_min=6) == titles(sector="industry") == titles(mine="true") == {"A need of our own"}
    assert titles(organisation=world.university.public_id) == titles(type="university") == {"A need with a low level"}
    assert titles(mine="true", state="draft") == set()
    assert ours.get("/needs", sector="nonsense").status_code == ours.get("/needs", colour="red").status_code == 422
    found = ours.get("/search", q="need", type="university").json["items"]
    assert {one["title"] for one in found if one["kind"] == "need"} == {"A need with a low level"}
    assert ours.get("/search", q="need", kind="need", sector="industry").json["total"] == 1
    assert [one["name"] for one in ours.get("/organisations", q=world.sme.name).json["items"]] == [world.sme.name]


def test_an_organisation_is_changed_by_its_admin_and_made_once(app: Flask, world: Any) -> None:
    admin, member = Program(app, world.sme_admin), Program(app, world.sme_user)
    path = f"/organisations/{world.sme.public_id}"
    read = admin.get(path)
    assert member.patch(path, read, headline="Bones.").status_code == 404
    changed = admin.patch(path, read, headline="Living bone.", fields=["materials"])
    assert (changed.json["headline"], changed.json["name"]) == ("Living bone.", read.json["name"])
    assert admin.patch(path, read, headline="Dead bone.").status_code == 412
    assert {one["where"] for one in admin.patch(path, changed, ror="x", website="y z").json["error"]["details"]} == {
        "ror",
        "website",
    }

    newcomer = Program(app, world.newcomer)
    twin = {"name": world.sme.name, "type": "sme", "country": "DE"}
    alike = newcomer.post("/organisations", **twin, cluster=world.cluster.public_id)
    assert (alike.status_code, alike.json["error"]["details"][0]["id"]) == (409, world.sme.public_id)
    made = newcomer.post("/organisations", **twin, cluster=world.cluster.public_id, not_the_same=True)
    assert (made.status_code, made.json["yours"]) == (201, False)
    assert newcomer.get(f"/organisations/{made.json['id']}").json["yours"] is True
