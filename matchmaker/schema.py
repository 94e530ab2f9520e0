"""The database's schema: create, upgrade, compare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_babel import gettext as _
from sqlalchemy import Engine


def alembic_config() -> Config:
    """Alembic's configuration; there is no ini file, because nothing in it would differ between installations."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to a revision, in one transaction."""
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to a revision, in one transaction."""
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def current(engine: Engine) -> str | None:
    """The revision the database is at; None where it was never initialised."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """The revision this code expects."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


@dataclass(frozen=True)
class Mismatch:
    """Why this code can't work on a database: what was found there, and what to do."""

    found: str
    advice: str
    #: Whether a newer version made it, so that this one can't bring it up to date.
    newer: bool = False

    def __str__(self) -> str:
        return f"{self.found}. {self.advice}"


def mismatch(revision: str | None) -> Mismatch | None:
    """What stands between this code and a database at that revision; None where they fit."""
    if revision == newest():
        return None
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if revision is None or revision in known:
        found = (
            _("the database has schema %(found)s, expected schema %(expected)s", found=revision, expected=newest())
            if revision
            else _("the database has no tables, expected schema %(expected)s", expected=newest())
        )
        return Mismatch(found, _("Run `matchmaker init`."))
    return Mismatch(
        _(
            "the database has schema %(found)s, which a newer version made; this one knows schemas up to %(expected)s",
            found=revision,
            expected=newest(),
        ),
        _("Start the newer version, or restore a backup from before."),
        newer=True,
    )


def new_revision(engine: Engine, message: str) -> None:
    """Write a migration for what the models have and the database has not; a developer's command."""
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True)
