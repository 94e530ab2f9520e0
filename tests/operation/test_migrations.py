"""The schema: migrations go up and down, agree with the models, and a foreign schema is refused in a sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from matchmaker import schema, tables
from tests.servers import PROGRAMS, ROOT, environment, run_command


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path):
    """An empty database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    else:
        url = request.getfixturevalue("postgres").empty()
    engine = create_engine(url)
    yield engine
    engine.dispose()
    if request.param == "postgresql":
        request.getfixturevalue("postgres").drop(url)


def names(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_migrations_go_up_down_and_up_again(empty: Engine) -> None:
    schema.upgrade(empty)
    assert names(empty) == set(tables.metadata.tables)
    assert schema.current(empty) == schema.newest()
    schema.downgrade(empty, "base")
    assert names(empty) == set()
    schema.upgrade(empty)
    assert names(empty) == set(tables.metadata.tables)


def test_the_migrations_make_exactly_what_the_models_say(empty: Engine) -> None:
    schema.upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_an_upgrade_that_was_done_is_done_once(empty: Engine) -> None:
    schema.upgrade(empty)
    schema.upgrade(empty)
    assert schema.current(empty) == schema.newest()


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation whose database is there."""
    made = environment(tmp_path, MATCHMAKER_MODEL="none")
    assert run_command(made, "init").returncode == 0
    return made


def pretend(folder: str, revision: str | None) -> None:
    """Make the database look as if another version had made it."""
    engine = create_engine(f"sqlite:///{Path(folder) / 'matchmaker.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if revision:
            connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
    engine.dispose()


def test_a_newer_schema_than_the_code_knows_is_told_by_every_command_and_by_the_start(
    installed: dict[str, str],
) -> None:
    pretend(installed["MATCHMAKER_DATA_DIR"], "9999_from_tomorrow")

    doctor = run_command(installed, "doctor")
    assert doctor.returncode == 1
    assert "FAIL database" in doctor.stdout
    assert "9999_from_tomorrow, which a newer version made" in doctor.stdout
    assert "Start the newer version" in doctor.stdout

    init = run_command(installed, "init")
    assert init.returncode == 1
    assert "9999_from_tomorrow, which a newer version made" in init.stderr
    assert "Traceback" not in init.stderr

    said = start(installed)
    assert "9999_from_tomorrow, which a newer version made" in said
    assert "Traceback" not in said


def test_a_database_that_was_never_initialised_keeps_the_server_from_starting(tmp_path: Path) -> None:
    said = start(environment(tmp_path))
    assert "matchmaker: the database has no tables" in said
    assert "Run `matchmaker init`." in said


def start(environment: dict[str, str]) -> str:
    """Start the server, which must refuse; gives what it said."""
    run = subprocess.run(
        [str(PROGRAMS / "gunicorn"), "-c", "python:matchmaker.serving", "--chdir", str(ROOT), "wsgi:app"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode != 0
    return run.stderr
