"""``matchmaker privacy``: for whoever answers a letter on paper, or restores a backup."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.privacy import ledger, operations
from matchmaker.privacy.models import Erased, Erasure
from matchmaker.privacy.register import register
from tests.factories import World


@pytest.fixture
def command(app: Flask) -> Callable[..., Any]:
    return lambda *arguments: app.test_cli_runner().invoke(args=["privacy", *arguments])


def test_the_register_is_printed_a_table_a_line(command: Callable[..., Any]) -> None:
    lines = command("register").output.splitlines()
    assert len(lines) == len(register())
    assert any(line.startswith("user\t") and "email" in line for line in lines)


def test_a_person_and_an_organisation_are_erased_by_command_and_noted(
    command: Callable[..., Any], world: World, session: Session, tmp_path: Path
) -> None:
    gone = {world.researcher.public_id, world.host.public_id}
    assert command("erase-user", world.researcher.email).exit_code == 1, "it asks first"
    assert "noted in the ledger" in command("erase-user", world.researcher.email, "--yes").output
    assert "noted in the ledger" in command("erase-organisation", world.host.public_id, "--yes").output
    assert "found none with nowhere" in command("erase-organisation", "nowhere", "--yes").output
    session.expire_all()
    assert session.scalar(select(User).where(User.public_id.in_(gone))) is None
    assert session.scalar(select(Organisation).where(Organisation.public_id.in_(gone))) is None
    assert {public_id for _kind, public_id in ledger.read(tmp_path / ledger.NAME)} == gone
    assert "2 erasures in the ledger, 0 of them done again" in command("reapply").output


def test_a_ledger_from_elsewhere_is_repeated_and_a_damaged_one_is_refused(
    command: Callable[..., Any], world: World, session: Session, tmp_path: Path
) -> None:
    gone = world.newcomer.public_id
    session.add(Erasure(kind=Erased.USER, public_id=gone))
    session.commit()
    elsewhere = tmp_path / "elsewhere"
    ledger.write(session, elsewhere)
    assert "1 erasures in the ledger, 1 of them done again" in command("reapply", "--from", str(elsewhere)).output
    session.expire_all()
    assert session.scalar(select(User).where(User.public_id == gone)) is None
    noted = select(func.count(Erasure.id)).where(Erasure.public_id == gone)
    assert session.scalar(noted) == 1, "what stands in the ledger is not noted twice"
    elsewhere.write_text("no ledger\n", encoding="utf-8")
    told = command("reapply", "--from", str(elsewhere))
    assert told.exit_code == 1
    assert "Error:" in told.output


def test_an_erasure_that_is_on_the_ledger_already_stands_there_once(world: World, session: Session) -> None:
    session.add(Erasure(kind=Erased.ORGANISATION, public_id=world.sme.public_id))
    session.flush()
    operations.erase_organisation(session, session.get_one(Organisation, world.sme.id), actor_id=None)
    assert session.scalar(select(func.count(Erasure.id))) == 1
