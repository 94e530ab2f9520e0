"""The manager's desk: open needs first, gaps, and members whom nobody can find."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.db import today
from matchmaker.items.models import Field
from matchmaker.permissions import Visibility
from matchmaker.suggestions.catalogue import Catalogue
from tests.factories import World, competence, need

SignIn = Callable[..., FlaskClient]


def desk(client: FlaskClient) -> str:
    answer = client.get("/desk/")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_needs_without_a_verdict_come_first_then_the_nearest_deadline(
    session: Session, world: World, sign_in: SignIn
) -> None:
    late = need(session, world.sme, title="Need with time", deadline=today() + timedelta(days=200))
    decided = need(session, world.sme, title="Need that was looked at", deadline=today() + timedelta(days=2))
    need(session, world.sme, title="Need in a hurry", deadline=today() + timedelta(days=9))
    session.add(
        Verdict(cluster=world.cluster, kind=VerdictKind.PIN, reason="x", need=decided, partner=world.university)
    )
    session.commit()

    page = desk(sign_in(world.manager))

    assert page.index("Need in a hurry") < page.index(late.title) < page.index("Need that was looked at")


def test_a_manager_does_not_read_what_a_member_keeps_private(session: Session, world: World, sign_in: SignIn) -> None:
    need(session, world.sme, title="Secret alloy", visibility=Visibility.PRIVATE)
    session.commit()
    assert "Secret alloy" not in desk(sign_in(world.manager))


def test_the_needs_of_another_cluster_are_not_this_managers_business(
    session: Session, world: World, sign_in: SignIn
) -> None:
    need(session, world.stranger, title="Need from far away")
    session.commit()
    assert "Need from far away" not in desk(sign_in(world.manager))


def test_gaps_name_fields_that_are_sought_more_than_offered(session: Session, world: World, sign_in: SignIn) -> None:
    need(session, world.sme, fields=[Field.ATMP, Field.CARE])
    competence(session, world.university, fields=[Field.CARE])
    session.commit()

    page = desk(sign_in(world.manager))

    gaps = page[page.index('id="gaps"') : page.index('id="silent"')]
    assert "Cell and gene therapy" in gaps
    assert ">Care<" not in gaps


def test_members_who_offer_nothing_are_named(session: Session, world: World, sign_in: SignIn) -> None:
    competence(session, world.university)
    session.commit()
    page = desk(sign_in(world.manager))
    silent = page[page.index('id="silent"') :]
    assert world.sme.name in silent
    assert world.university.name not in silent
    assert world.stranger.name not in silent


def test_nobody_but_a_manager_knows_that_there_is_a_desk(client: FlaskClient, world: World, sign_in: SignIn) -> None:
    assert sign_in(world.sme_admin).get("/desk/").status_code == 404
    assert client.get("/desk/").status_code == 302


def test_the_desk_tells_how_far_a_large_import_is_read(
    app: Flask, sign_in: SignIn, session: Session, world: World
) -> None:
    manager = sign_in(world.manager)
    assert "read for meaning" not in desk(manager)
    with app.app_context():
        held = app.extensions["catalogue"]
        app.extensions["catalogue"] = Catalogue(None)
        for n in range(40):
            competence(session, world.university, title=f"Assay {n}")
        session.commit()
        app.extensions["catalogue"] = held
    assert re.search(r"read for meaning: \d+ % are done", desk(manager))
    jobs.run(app, "vectors")
    assert "read for meaning" not in desk(manager)
