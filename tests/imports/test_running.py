"""An import on a page: every row once, whatever is killed or paused, within the manager's cluster, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.clusters.models import ClusterMembership, Organisation
from matchmaker.db import utcnow
from matchmaker.imports import running
from matchmaker.imports.models import Duplicates, ImportedRow, ImportRun, Outcome, RunState
from matchmaker.imports.readers import UnreadableFile
from matchmaker.needs.models import Need
from matchmaker.notifications.models import Notification
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence, Evidence, Profile, ProfileKind
from tests.factories import World, competence, organisation
from tests.imports import samples

pytestmark = pytest.mark.every_database


def table(*rows: str, header: str = "Firma;Art;Stadt;Land;Web") -> bytes:
    return "\n".join([header, *rows]).encode()


def many(count: int) -> bytes:
    return table(*(f"Werk {n} GmbH;KMU;Kiel;Deutschland;" for n in range(count)))


@pytest.fixture
def upload(session: Session, world: World) -> Callable[..., ImportRun]:
    def upload(content: bytes, kind: str = "organisations", name: str = "Mitglieder.csv", **values: Any) -> ImportRun:
        run = running.upload(session, world.cluster, world.manager, kind=kind, filename=name, content=content)  # type: ignore[arg-type]
        for attribute, value in values.items():
            setattr(run, attribute, value)
        session.commit()
        return run

    return upload


def finish(app: Flask, session: Session, run: ImportRun) -> dict[str, int]:
    running.start(run)
    session.commit()
    jobs.run(app, "imports")
    session.expire_all()
    assert run.state is RunState.DONE
    counted = select(ImportedRow.outcome, func.count()).where(ImportedRow.run_id == run.id).group_by("outcome")
    return {str(outcome): count for outcome, count in session.execute(counted)}


def named(session: Session, name: str) -> list[Organisation]:
    return list(session.scalars(select(Organisation).where(Organisation.name == name)))


def test_every_row_ends_as_one_outcome_with_its_line(app: Flask, session: Session, upload: Any) -> None:
    run = upload(table("Zellwerk AB;KMU;Umeå;Sverige;", "Tauchboot;U-Boot;Kiel;DE;", "zu;wenig"))
    assert finish(app, session, run) == {"created": 1, "refused": 2}
    lines = session.execute(select(ImportedRow.line, ImportedRow.outcome, ImportedRow.reason).order_by("line")).all()
    assert [(line, outcome) for line, outcome, _ in lines] == [
        (2, Outcome.CREATED),
        (3, Outcome.REFUSED),
        (4, Outcome.REFUSED),
    ]
    assert "“U-Boot”" in str(lines[1].reason)
    assert "expected 5 cells" in str(lines[2].reason)
    (made,) = named(session, "Zellwerk AB")
    assert (made.country, made.city, made.is_sme, made.cluster_ids) == ("SE", "Umeå", True, {run.cluster_id})


def test_the_same_file_again_creates_nothing(app: Flask, session: Session, upload: Any) -> None:
    assert finish(app, session, upload(many(3))) == {"created": 3}
    assert finish(app, session, upload(many(3))) == {"unchanged": 3}


def test_an_import_killed_after_any_batch_goes_on_and_doubles_nothing(
    app: Flask, session: Session, upload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = running.BATCH * 3 + 7
    run = upload(many(rows))
    running.start(run)
    session.commit()
    advance, calls = running.advance, []

    def dies(*arguments: Any) -> None:
        advance(*arguments)
        calls.append(1)
        if len(calls) in (1, 3):
            raise SystemExit("killed before the commit")

    monkeypatch.setattr(running, "advance", dies)
    for _ in range(2):
        with pytest.raises(SystemExit):
            jobs.run(app, "imports")
    jobs.run(app, "imports")
    session.expire_all()
    assert (run.state, run.position) == (RunState.DONE, rows)
    assert session.scalar(select(func.count()).select_from(ImportedRow)) == rows
    assert session.scalar(select(func.count()).where(Organisation.name.like("Werk %"))) == rows


def test_whoever_started_an_import_is_told_once_that_it_has_ended(
    app: Flask, session: Session, world: World, upload: Any
) -> None:
    run = upload(many(2))
    finish(app, session, run)
    jobs.run(app, "imports")
    told = session.scalars(select(Notification).where(Notification.kind == "import-ended")).all()
    assert [(one.user_id, one.facts["import_id"]) for one in told] == [(world.manager.id, run.public_id)]


def test_a_paused_import_rests_and_goes_on_where_it_was(app: Flask, session: Session, upload: Any) -> None:
    run = upload(many(5))
    running.start(run)
    running.pause(run)
    session.commit()
    jobs.run(app, "imports")
    session.expire_all()
    assert (run.state, run.position) == (RunState.PAUSED, 0)
    running.resume(run)
    session.commit()
    jobs.run(app, "imports")
    session.expire_all()
    assert (run.state, run.position) == (RunState.DONE, 5)


def test_an_organisation_that_is_here_is_left_alone_or_has_its_blanks_filled(
    app: Flask, session: Session, world: World, upload: Any
) -> None:
    here = organisation(session, within=world.cluster, name="Knochenbank", website="https://www.bank.example", city="")
    session.commit()
    row = table("Knochenbank Nord GmbH;KMU;Lübeck;DE;bank.example")

    assert finish(app, session, upload(row)) == {"unchanged": 1}
    session.refresh(here)
    assert here.city == ""
    assert finish(app, session, upload(row, duplicates=Duplicates.FILL)) == {"changed": 1}
    session.refresh(here)
    assert (here.name, here.city) == ("Knochenbank", "Lübeck")


def test_a_manager_changes_nobody_who_looks_after_themselves_or_belongs_elsewhere(
    app: Flask, session: Session, world: World, upload: Any
) -> None:
    rows = table(f"{world.university.name};Universität;Kiel;DE;", f"{world.stranger.name};KMU;Oslo;NO;")
    assert finish(app, session, upload(rows, duplicates=Duplicates.FILL)) == {"refused": 2}
    joined = select(ClusterMembership.cluster_id).where(ClusterMembership.organisation_id == world.stranger.id)
    assert world.cluster.id not in session.scalars(joined).all()

    rows = table(
        f"competence;{world.university.name};Words put into their mouth",
        f"need;{world.stranger.name};A need that is not theirs",
        header="kind;organisation;title",
    )
    assert finish(app, session, upload(rows, kind="statements")) == {"refused": 2}
    assert not session.scalars(select(Competence)).all()
    assert not session.scalars(select(Need)).all()


def test_records_of_registries_come_in_for_those_of_their_organisations_that_are_here(
    app: Flask, session: Session, world: World, upload: Any
) -> None:
    clinic = organisation(session, within=world.cluster, name="Klinik", ror=samples.ROR_ID)
    organisation(session, within=world.cluster, name="Universitätsklinikum Nordmark")
    session.commit()

    assert finish(app, session, upload(samples.OPENALEX, "statements", "works.json")) == {"created": 1, "refused": 1}
    (work,) = session.scalars(select(Evidence))
    assert (work.title, work.organisation_id, work.organisations, work.source) == (
        "Printed bone heals",
        clinic.id,
        [clinic],
        "OpenAlex",
    )
    # Another registry's record of a person who works there, by ROR id; then again.
    assert finish(app, session, upload(samples.ORCID_JSON, "people", "record.json")) == {"created": 1}
    (person,) = session.scalars(select(Profile).where(Profile.name == "Åsa Öberg"))
    assert (person.organisation_id, person.orcid, person.visibility) == (
        clinic.id,
        "0000-0002-1825-0097",
        Visibility.PRIVATE,
    )
    again = upload(samples.OPENALEX, "people", "authors.json", duplicates=Duplicates.FILL)
    assert finish(app, session, again) == {"unchanged": 1, "refused": 1}


def test_rows_that_name_nobody_belong_to_whom_the_manager_says(
    app: Flask, session: Session, world: World, upload: Any
) -> None:
    here = organisation(session, within=world.cluster, name="Knochenbank")
    session.commit()
    run = upload(samples.ORCID_XML, "statements", "record.xml", organisation="Knochenbank")
    assert finish(app, session, run) == {"created": 1}
    assert session.scalars(select(Evidence)).one().organisation_id == here.id


def test_a_person_whom_a_manager_may_not_write_for_is_as_if_not_there(
    app: Flask, session: Session, world: World, upload: Any
) -> None:
    elsewhere = Profile(
        organisation=world.stranger, kind=ProfileKind.PERSON, name="Åsa Öberg", orcid="0000-0002-1825-0097"
    )
    session.add(elsewhere)
    organisation(session, within=world.cluster, name="Knochenbank")
    session.commit()
    row = b"name;organisation;orcid;headline\nOberg;Knochenbank;0000-0002-1825-0097;New words\n"
    assert finish(app, session, upload(row, "people", "people.csv", duplicates=Duplicates.FILL)) == {"created": 1}
    session.refresh(elsewhere)
    assert elsewhere.headline == ""


def test_a_row_cannot_take_over_by_its_key_what_belongs_to_another_cluster(
    app: Flask, session: Session, world: World, upload: Any
) -> None:
    theirs = competence(session, world.stranger, title="Theirs since long", source_key=":competence:7")
    organisation(session, within=world.cluster, name="Knochenbank")
    session.commit()
    row = table("7;competence;Knochenbank;Ours from now on", header="key;kind;organisation;title")
    assert finish(app, session, upload(row, kind="statements")) == {"refused": 1}
    session.refresh(theirs)
    assert (theirs.title, theirs.organisation_id) == ("Theirs since long", world.stranger.id)


def test_undoing_takes_away_what_was_created_and_restores_what_was_changed(
    app: Flask, session: Session, world: World, upload: Any
) -> None:
    here = organisation(session, within=world.cluster, name="Knochenbank", city="", headline="")
    session.commit()
    run = upload(table("Knochenbank;KMU;Lübeck;DE;", "Zellwerk AB;KMU;Umeå;SE;"), duplicates=Duplicates.FILL)
    assert finish(app, session, run) == {"changed": 1, "created": 1}

    assert running.undo(session, run) == 0
    session.commit()
    session.refresh(here)
    assert here.city == ""
    assert named(session, "Zellwerk AB") == []
    assert run.state is RunState.UNDONE


def test_undoing_spares_what_somebody_has_worked_on_since(app: Flask, session: Session, upload: Any) -> None:
    run = upload(table("Zellwerk AB;KMU;Umeå;SE;", "Hudwerk AB;KMU;Umeå;SE;", "Benwerk AB;KMU;Umeå;SE;"))
    finish(app, session, run)
    (edited,) = named(session, "Zellwerk AB")
    edited.headline = "In our own words."
    (used,) = named(session, "Hudwerk AB")
    competence(session, used)
    session.commit()

    assert running.undo(session, run) == 2
    session.commit()
    assert [len(named(session, name)) for name in ("Zellwerk AB", "Hudwerk AB", "Benwerk AB")] == [1, 1, 0]


def test_an_import_can_be_undone_for_a_day_and_once(app: Flask, session: Session, upload: Any) -> None:
    run = upload(many(2))
    with pytest.raises(running.NotNow):
        running.undo(session, run)
    finish(app, session, run)
    run.ended_at = utcnow() - timedelta(days=1, minutes=1)
    with pytest.raises(running.NotNow):
        running.undo(session, run)
    run.ended_at = utcnow()
    running.undo(session, run)
    with pytest.raises(running.NotNow):
        running.undo(session, run)


def test_a_file_without_rows_is_refused_in_a_sentence(session: Session, world: World) -> None:
    with pytest.raises(UnreadableFile, match="at least one row"):
        running.upload(
            session,
            world.cluster,
            None,
            kind="organisations",  # type: ignore[arg-type]
            filename="empty.csv",
            content=b"name;type\n",
        )


def test_files_are_forgotten_a_day_after_the_end(app: Flask, session: Session, upload: Any) -> None:
    old, recent = upload(many(1)), upload(many(1))
    finish(app, session, old)
    finish(app, session, recent)
    old.ended_at = utcnow() - timedelta(days=2)
    session.commit()
    jobs.run(app, "import-files")
    session.expire_all()
    assert (old.content, recent.content == b"") == (b"", False)
