"""The spine: an application starts on a migrated database and denies by default."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, inspect
from sqlalchemy.orm import Session

from matchmaker import schema, web
from matchmaker.clusters.models import Cluster
from matchmaker.db import Model, db
from matchmaker.permissions import Permission, permits
from tests import factories


def test_an_endpoint_without_a_permission_keeps_the_application_from_starting(app: Flask) -> None:
    app._got_first_request = False
    app.add_url_rule("/forgotten", "forgotten", lambda: "open door")

    with pytest.raises(RuntimeError, match="forgotten"):
        web.check_permissions(app)


def test_a_request_that_only_reads_cannot_write(app: Flask) -> None:
    @permits(Permission.BROWSE)
    def careless() -> str:
        db.session.add(Cluster(slug="x", name="x"))
        db.session.commit()
        return "written"

    app._got_first_request = False
    app.add_url_rule("/careless", "careless", careless, methods=["GET", "POST"])
    browser = app.test_client()

    assert browser.get("/careless").status_code == 500
    with app.app_context():
        assert db.session.query(Cluster).count() == 0
    assert browser.post("/careless").data == b"written"


def test_what_is_not_there_is_answered_in_the_form_that_was_asked_for(client: FlaskClient) -> None:
    page = client.get("/no-such-page")
    assert page.status_code == 404
    assert "text/html" in page.content_type

    api = client.get("/api/v1/no-such-thing")
    assert api.status_code == 404
    assert api.json["error"]["code"] == "not_found"


def test_a_signed_in_page_is_never_kept_by_a_cache(world: factories.World, sign_in: Callable[..., FlaskClient]) -> None:
    answer = sign_in(world.sme_user).get("/")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_migrations_make_exactly_the_tables_of_the_models(session: Session) -> None:
    tables = set(inspect(session.get_bind()).get_table_names()) - {"alembic_version"}
    assert tables == set(Model.metadata.tables)


def test_the_migrations_go_down_again(tmp_path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'down.sqlite3'}")
    schema.upgrade(engine)
    schema.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    schema.upgrade(engine)
    assert schema.current(engine) == schema.newest()
    engine.dispose()


def test_a_refused_method_is_answered_with_those_that_are_taken(client: FlaskClient) -> None:
    answer = client.put("/search")
    assert answer.status_code == 405
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].replace(" ", "").split(","))
