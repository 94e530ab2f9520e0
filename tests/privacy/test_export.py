"""Everything about a person or an organisation can be taken along, and nothing of anybody else."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.audit import record
from matchmaker.audit.models import AuditEntry, Event
from matchmaker.clusters.models import Organisation
from matchmaker.db import utcnow
from matchmaker.privacy import operations, queries
from matchmaker.privacy.exports import archive, cell, of_organisation, of_user
from matchmaker.privacy.register import EXPORTED, register
from matchmaker.suggestions.models import Objection
from tests import factories
from tests.clients import Program
from tests.factories import World

SignIn = Callable[..., FlaskClient]


def opened(answer: Any) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[list[str]]]]:
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert "as of" in archive.read("README.txt").decode()
        tables = {
            name.removeprefix("tables/").removesuffix(".csv"): list(
                csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig")))
            )
            for name in archive.namelist()
            if name.startswith("tables/")
        }
        return json.loads(archive.read("export.json")), tables


def test_my_data_holds_what_i_am_and_wrote_and_nothing_of_others(
    session: Session, world: World, sign_in: SignIn
) -> None:
    factories.need(session, world.sme, author_id=world.sme_user.id, title="Mine, about bone")
    factories.need(session, world.sme, author_id=world.sme_admin.id, title="A colleague's, about skin")
    factories.need(session, world.stranger, title="A stranger's, about teeth")
    session.commit()

    answer = sign_in(world.sme_user).post("/account/privacy/export")
    rows, tables = opened(answer)

    assert rows["user"][0]["email"] == world.sme_user.email
    assert [need["title"] for need in rows["need"]] == ["Mine, about bone"]
    assert len(rows["membership"]) == 1
    text = json.dumps(rows)
    for other in (world.sme_admin, world.researcher, world.outsider):
        assert other.email not in text
        assert json.dumps(other.name)[1:-1] not in text
    assert factories.password_hash not in text
    assert {name: len(table) - 1 for name, table in tables.items()} == {
        name: len(found) for name, found in rows.items()
    }
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == Event.EXPORTED)).one()
    assert (entry.actor_id, entry.thing_id) == (world.sme_user.id, world.sme_user.public_id)


def test_our_data_holds_what_the_organisation_registered_and_nothing_of_others(
    session: Session, world: World, sign_in: SignIn
) -> None:
    factories.need(session, world.sme, title="Ours, about bone")
    factories.competence(session, world.stranger, title="A stranger's, about teeth")
    session.commit()
    rows, _tables = opened(sign_in(world.sme_admin).post(f"/organisations/{world.sme.public_id}/data/export"))
    assert [one["name"] for one in rows["organisation"]] == [world.sme.name]
    assert [one["title"] for one in rows["need"]] == ["Ours, about bone"]
    assert "teeth" not in json.dumps(rows)
    assert world.stranger.name not in json.dumps(rows)


def test_an_export_has_exactly_the_columns_of_the_register(session: Session, world: World) -> None:
    factories.competence(session, world.sme, author_id=world.sme_user.id)
    session.commit()
    for rows in (of_user(session, world.sme_user), of_organisation(session, world.sme)):
        assert rows
        for table, found in rows.items():
            assert list(found[0]) == register()[table].of(*EXPORTED)


def test_a_token_takes_along_what_the_pages_give_only_where_that_was_allowed(
    app: Flask, session: Session, world: World, sign_in: SignIn
) -> None:
    factories.need(session, world.sme, title="Ours, about bone")
    session.commit()
    ours = f"/organisations/{world.sme.public_id}"
    acting = Program(app, world.sme_admin)
    for path in ("/me/export", f"{ours}/export"):
        refused = acting.post(path)
        assert (refused.status_code, refused.json["error"]["code"]) == (403, "exports_nothing")
    # Made on the page, which asks for the password; it need not act in its owner's name.
    page = sign_in(world.sme_admin).post("/account/tokens", data={"name": "Backup", "days": 30, "exports": "y"}).text
    assert "takes data along" in page
    bearer = {"Authorization": f"Bearer {re.search(r'mm_[A-Za-z0-9_-]{43}', page)[0]}", "Idempotency-Key": "nightly"}
    client = app.test_client()
    rows, _tables = opened(client.post("/api/v1/me/export", headers=bearer))
    assert rows["user"][0]["email"] == world.sme_admin.email
    assert rows["api_token"][-1]["exports"] is True
    for _ in range(2):
        rows, _tables = opened(client.post(f"/api/v1{ours}/export", headers=bearer))
        assert [need["title"] for need in rows["need"]] == ["Ours, about bone"]
    assert client.post("/api/v1/needs", json={"title": "x"}, headers=bearer).status_code == 403
    assert client.post(f"/api/v1/organisations/{world.university.public_id}/export", headers=bearer).status_code == 404
    assert Program(app, world.sme_user, exports=True).post(f"{ours}/export").status_code == 404, "not their admin"
    events = session.scalars(select(AuditEntry.event).where(AuditEntry.actor_id == world.sme_admin.id)).all()
    assert events.count(Event.EXPORTED) == 3


def test_programs_object_to_matching_and_read_what_is_on_record(app: Flask, session: Session, world: World) -> None:
    admin, member = Program(app, world.sme_admin), Program(app, world.sme_user)
    ours = f"/organisations/{world.sme.public_id}"
    assert admin.get(f"{ours}/matching").json == {"matched": True}
    assert admin.put(f"{ours}/matching", matched=False).json == {"matched": False}
    assert admin.get(f"{ours}/matching").json == {"matched": False}
    assert admin.put(f"{ours}/matching", matched="perhaps").status_code == 422
    assert member.put(f"{ours}/matching", matched=True).status_code == 404
    [taken_back] = admin.get("/me/agreements").json["agreements"]
    assert (taken_back["given"], taken_back["to"], taken_back["id"]) == (False, "matching", None)
    assert member.get("/me/agreements").json["agreements"] == []
    trail = admin.get(f"{ours}/audit", event="consent_withdrawn").json
    assert [(one["event"], one["actor"]["id"]) for one in trail["items"]] == [
        ("consent_withdrawn", world.sme_admin.public_id)
    ]
    assert admin.get(f"{ours}/audit", event="verdict_given").json["items"] == []
    assert member.get(f"{ours}/audit").status_code == 404


def test_the_trail_and_ones_agreements_begin_with_the_latest_and_hold_nobody_elses(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, sme = world.sme_user, world.sme
    # A number belongs to whoever had it then: these happened to whoever had the numbers before.
    before = min(person.created_at, sme.created_at) - timedelta(days=1)
    for number, (event, actor, at) in enumerate(
        (
            (Event.CONSENT_GIVEN, person.id, before),
            (Event.CONSENT_GIVEN, person.id, person.created_at),
            (Event.CONSENT_GIVEN, world.sme_admin.id, utcnow()),
            (Event.EXPORTED, person.id, utcnow()),
            (Event.VERDICT_GIVEN, world.manager.id, utcnow()),
            (Event.CONSENT_WITHDRAWN, person.id, utcnow()),
        )
    ):
        record(session, event, actor_id=actor, organisation_id=sme.id, facts={"n": number}).at = at
        session.commit()
    assert [entry.facts["n"] for entry in queries.agreements(session, person)] == [5, 1]
    assert [entry.facts["n"] for entry in queries.agreements(session, person, limit=1)] == [5]

    def told(*events: Event, of: Organisation | None = sme) -> list[tuple[int, str | None]]:
        page, found = queries.trail_page(session, queries.trail(events, of), 1, str)
        assert page.url(2) == "2"
        return [(one.entry.facts["n"], one.actor and one.actor.name) for one in found if "n" in one.entry.facts]

    ours = [(5, person.name), (3, person.name), (2, world.sme_admin.name), (1, person.name)]
    assert told() == ours
    assert told(Event.EXPORTED) == [(3, person.name)]
    assert told(Event.VERDICT_GIVEN) == []
    assert told(of=world.university) == []
    assert told(of=None) == [ours[0], (4, world.manager.name), *ours[1:], (0, None)]
    sme.created_at = before
    session.flush()
    assert told()[-1] == (0, None), "what happened the moment it came is its own"
    record(session, Event.EXPORTED, actor_id=1, facts={"n": 8})
    record(session, Event.SIGN_IN_FAILED, actor_id=None, facts={"n": 9})
    session.commit()
    assert told(of=None)[0] == (9, None), "whoever has the first number did not do what nobody did"
    monkeypatch.setattr(queries, "PAGE_SIZE", 1)
    assert told(of=None) == [(9, None)], "by nobody, and one on a page"


def test_an_archive_leaves_out_tables_without_columns_and_keeps_files_apart() -> None:
    made = archive({"user_role": [{}], "need": [{"title": "=1"}]}, {"a.pdf": b"%PDF"}, whom="Rut", installation="here")
    with zipfile.ZipFile(io.BytesIO(made)) as unpacked:
        assert set(unpacked.namelist()) == {"README.txt", "export.json", "tables/need.csv", "files/a.pdf"}
        assert unpacked.read("tables/need.csv").decode("utf-8-sig").splitlines() == ["title", "'=1"]
        assert unpacked.read("files/a.pdf") == b"%PDF"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", '"=1', "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text).startswith("'")


def test_other_cells_stay_as_they_are() -> None:
    assert [cell(one) for one in ("Müller", None, 3, True, ["a", "ü"])] == ["Müller", "", "3", "true", '["a", "ü"]']


def test_who_objects_is_suggested_to_nobody_and_stays_findable(session: Session, world: World, sign_in: SignIn) -> None:
    need = factories.need(session, world.sme)
    for organisation in (world.university, world.host):
        factories.competence(
            session, organisation, title=f"Living bone implants in scaffolds, {organisation.city}",
            description=need.description,
        )  # fmt: skip
    session.commit()
    page = f"/suggestions/need/{need.public_id}"
    asking, objecting = sign_in(world.sme_user), sign_in(world.researcher)
    assert world.university.name in asking.get(page).text

    objecting.post(f"/organisations/{world.university.public_id}/data/matching", data={"matched": "no"})
    after = asking.get(page).text
    assert world.university.name not in after
    assert world.host.name in after
    assert world.university.name in asking.get("/search?q=implants").text

    objecting.post(f"/organisations/{world.university.public_id}/data/matching", data={"matched": "yes"})
    assert world.university.name in asking.get(page).text
    assert session.scalars(select(Objection)).all() == []
    events = session.scalars(select(AuditEntry.event).where(AuditEntry.actor_id == world.researcher.id)).all()
    assert events == [Event.CONSENT_WITHDRAWN, Event.CONSENT_GIVEN]


def test_each_objects_for_the_own_side_alone(session: Session, world: World) -> None:
    people = [{"user_id": world.sme_user.id}, {"user_id": world.researcher.id}]
    sides = [*people, {"organisation_id": world.sme.id}, {"organisation_id": world.host.id}]
    for number, side in enumerate(sides):
        assert not queries.objects(session, **side)
        operations.object_to_matching(session, objects=True, actor_id=number + 1, **side)
        assert queries.objects(session, **side)
    for number, side in enumerate(sides):
        operations.object_to_matching(session, objects=False, actor_id=number + 1, **side)
        assert [queries.objects(session, **one) for one in sides] == [place > number for place in range(len(sides))]
    session.commit()
    wanted = (Event.CONSENT_GIVEN, Event.CONSENT_WITHDRAWN)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.event.in_(wanted)).order_by(AuditEntry.number)).all()
    whose = ["person", "person", "organisation", "organisation"]
    assert [entry.facts for entry in entries] == [{"to": "matching", "who": one} for one in whose * 2]
    assert [entry.actor_id for entry in entries] == [1, 2, 3, 4] * 2
    assert [entry.organisation_id for entry in entries] == [None, None, world.sme.id, world.host.id] * 2


def test_a_person_who_objects_takes_their_own_competences_out(session: Session, world: World, sign_in: SignIn) -> None:
    need = factories.need(session, world.sme)
    profile = factories.person_profile(session, world.university, world.researcher)
    factories.competence(session, world.university, profile_id=profile.id, description=need.description)
    # Without a word of its own the organisation is found by this competence alone.
    world.university.headline = ""
    session.commit()
    page = f"/suggestions/need/{need.public_id}"
    asking, person = sign_in(world.sme_user), sign_in(world.researcher)
    assert world.university.name in asking.get(page).text
    person.post("/account/privacy/matching", data={"matched": "no"})
    assert world.university.name not in asking.get(page).text
    # Said twice is said once.
    person.post("/account/privacy/matching", data={"matched": "no"})
    assert "Agreement taken back" in person.get("/account/privacy").text


def test_the_pages_say_what_is_kept_and_who_did_what(session: Session, world: World, sign_in: SignIn) -> None:
    notice = sign_in(world.newcomer).get("/privacy").text
    assert "people who sign in" in notice
    admin = sign_in(world.platform_admin)
    assert "api_token" in admin.get("/privacy/register").text
    sign_in(world.sme_admin).post("/account/privacy/export")
    assert "Data exported" in admin.get("/audit").text
    assert "Nothing on record" in admin.get("/audit?event=break_glass").text
    assert "Take" in sign_in(world.sme_admin).get(f"/organisations/{world.sme.public_id}/data").text


def test_an_organisation_reads_its_own_trail_without_managers_verdicts(
    session: Session, world: World, sign_in: SignIn
) -> None:
    need = factories.need(session, world.sme)
    session.commit()
    sign_in(world.manager).post(
        "/verdicts/give",
        data={
            "subject_kind": "need",
            "subject": need.public_id,
            "object_kind": "organisation",
            "object": world.university.public_id,
            "kind": "veto",
            "reason": "They compete.",
        },
    )
    sign_in(world.sme_user).post(f"/needs/{need.public_id}/close")
    for who in (world.sme_admin, world.researcher):
        organisation = world.sme if who is world.sme_admin else world.university
        page = sign_in(who).get(f"/organisations/{organisation.public_id}/audit").text
        assert "Verdict given</span>" not in page
        assert ("Who may read it changed</span>" in page) == (who is world.sme_admin)
    assert "Verdict given</span>" in sign_in(world.platform_admin).get("/audit").text


def test_a_refusal_is_on_record_and_a_flood_of_them_is_not(session: Session, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.sme_user)
    for _ in range(55):
        assert browser.get("/needs/222222222222").status_code == 404
    entries = session.scalars(select(AuditEntry).where(AuditEntry.event == Event.REFUSED)).all()
    assert len(entries) == 50
    assert entries[0].facts == {"method": "GET", "endpoint": "needs.show"}
    assert entries[0].actor_id == world.sme_user.id


def test_the_trail_is_had_as_a_file_as_it_is_narrowed(session: Session, world: World, sign_in: Any) -> None:
    record(session, Event.EXPORTED, actor_id=world.sme_admin.id, organisation_id=world.sme.id, facts={"rows": 7})
    record(session, Event.EXPORTED, actor_id=world.researcher.id, organisation_id=world.university.id)
    session.commit()
    admin = sign_in(world.sme_admin)
    [entry] = admin.get(f"/organisations/{world.sme.public_id}/audit.json?event=exported").json
    assert (entry["event"], entry["actor"], entry["facts"]) == ("exported", world.sme_admin.display_name, "rows 7")
    page = admin.get(f"/organisations/{world.sme.public_id}/audit?event=exported").get_data(as_text=True)
    assert f'href="/organisations/{world.sme.public_id}/audit.csv?event=exported"' in page
    assert admin.get("/audit.csv").status_code == 404
    assert len(sign_in(world.platform_admin).get("/audit.json?event=exported").json) == 2
