"""What every test may ask for: an application on a fresh database, clients, and a small world of people."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Commands speak as the terminal asks; in the tests it asks for nothing.
os.environ["LC_ALL"] = "C.UTF-8"

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from embeddings import HashingEncoder
from matchmaker import create_app, schema
from matchmaker.config import Settings, load
from matchmaker.db import db
from tests import factories
from tests.clients import signed_in
from tests.databases import Postgres, PostgresMissing
from tests.economies import CompiledTemplates, write_addresses_when_asked
from tests.servers import Servers

#: The cheapest argon2 there is: the tests prove behaviour, not resistance.
CHEAP_ARGON2 = {"argon2__memory_cost": 8, "argon2__time_cost": 1, "argon2__parallelism": 1}
COMPILED_TEMPLATES = CompiledTemplates()
write_addresses_when_asked()
SECRET_KEY = "the tests share one secret of more than 32 characters"


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One SQLite file brought to the newest schema by the migrations; each test works on a copy."""
    path = tmp_path_factory.mktemp("schema") / "template.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    schema.upgrade(engine)
    # Closing the last connection folds the write-ahead log into the file.
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server; a machine on which it can't start skips, except in CI, where that is a failure."""
    try:
        server = Postgres()
    except PostgresMissing as reason:
        if os.environ.get("CI"):
            pytest.fail(f"PostgreSQL can't be started here: {reason}")
        pytest.skip(f"PostgreSQL can't be started here: {reason}")
    yield server
    server.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked ``every_database`` on SQLite and on PostgreSQL."""
    if metafunc.definition.get_closest_marker("every_database") and "database_url" in metafunc.fixturenames:
        both = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
        metafunc.parametrize("database_url", both, indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of the test's own database, at the newest schema: SQLite, unless the test asks for another."""
    if getattr(request, "param", "sqlite") == "sqlite":
        database = tmp_path / "matchmaker.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_database"), database)
        yield f"sqlite:///{database}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.migrated()
        yield url
        server.drop(url)


@pytest.fixture
def elsewhere(migrated_database: Path, tmp_path: Path) -> Iterator[Session]:
    """An empty installation."""
    shutil.copy(migrated_database, tmp_path / "elsewhere.sqlite3")
    engine = create_engine(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    with Session(engine) as made:
        yield made
    engine.dispose()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of an installation of the test's own."""
    made = load(
        {
            "MATCHMAKER_DATA_DIR": str(tmp_path),
            "MATCHMAKER_SECRET_KEY": SECRET_KEY,
            "MATCHMAKER_DATABASE_URL": database_url,
        }
    )
    return replace(made, log_level="ERROR")


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Makes applications on the test's database: call it twice to stand for two workers."""
    made: list[Flask] = []

    def make(**overrides: Any) -> Flask:
        app = create_app(
            settings,
            **{
                "TESTING": True,
                "WTF_CSRF_ENABLED": False,
                "MAIL_BACKEND": "locmem",
                "ENCODER": HashingEncoder(),
                "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": CHEAP_ARGON2,
                **overrides,
            },
        )
        app.jinja_env.bytecode_cache = COMPILED_TEMPLATES
        made.append(app)
        if not factories.password_hash:
            with app.app_context():
                factories.password_hash = hash_password(factories.PASSWORD)
        return app

    yield make
    for app in made:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A database session of the test's own, apart from any request's. It writes at once and holds no locks."""
    with app.app_context():
        observer = db.engine.execution_options(observer=True)
    # Outside the context: a request made while one is open would share it, and with it the user of the request before.
    with Session(observer, expire_on_commit=False) as made:
        yield made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., FlaskClient]:
    """Gives a browser in which the user is signed in."""
    return partial(signed_in, app)


@pytest.fixture
def world(session: Session) -> factories.World:
    return factories.world(session)


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Starts installations; ``serve(MATCHMAKER_WORKERS="4")`` takes settings. All are stopped at the end."""
    servers = Servers(lambda: tmp_path_factory.mktemp("installation"))
    yield servers
    servers.stop()
