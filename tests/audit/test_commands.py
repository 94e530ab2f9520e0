"""``matchmaker audit verify``: what whoever looks after the installation is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker import audit
from matchmaker.audit import Event
from matchmaker.audit.models import AuditChain, AuditEntry
from matchmaker.audit.operations import digest_of
from matchmaker.audit.queries import faults, head


@pytest.fixture
def verify(app: Flask) -> Callable[..., Any]:
    return lambda *arguments: app.test_cli_runner().invoke(args=["audit", "verify", *arguments])


def written(session: Session, *events: Event) -> None:
    for event in events:
        audit.record(session, event, actor_id=1)
        session.commit()


def test_a_trail_as_it_was_written_is_told_with_what_to_note(verify: Callable[..., Any], session: Session) -> None:
    assert "0 entries" in verify().output, "nothing has happened yet"
    written(session, Event.EXPORTED, Event.ERASED)
    told = verify()
    assert told.exit_code == 0
    noted = str(head(session))
    assert told.output == f"2 entries, none altered. Note this elsewhere: {noted}\n"
    written(session, Event.EXPORTED)
    assert verify("--noted", noted).exit_code == 0, "what was noted is still there"


def test_an_altered_entry_and_a_head_that_is_gone_are_faults(verify: Callable[..., Any], session: Session) -> None:
    written(session, Event.EXPORTED, Event.ERASED)
    told = verify("--noted", "2:" + "0" * 64)
    assert (told.exit_code, told.output) == (1, "entry 2: not the one that was noted\n")
    session.execute(update(AuditEntry).where(AuditEntry.number == 1).values(actor_id=2))
    session.commit()
    told = verify()
    assert (told.exit_code, told.output) == (1, "entry 1: altered\n")
    assert "expected NUMBER:DIGEST, found “yesterday”" in verify("--noted", "yesterday").output


def test_an_end_that_names_another_entry_is_a_fault(session: Session) -> None:
    written(session, Event.EXPORTED, Event.ERASED)
    session.execute(update(AuditChain).values(digest="0" * 64))
    session.commit()
    assert list(faults(session)) == ["entry 2: the chain's end does not name it as the latest"]


def test_an_entry_that_was_replaced_together_with_its_digest_does_not_follow(session: Session) -> None:
    written(session, *[Event.EXPORTED] * 3)
    second = session.scalars(select(AuditEntry).where(AuditEntry.number == 2)).one()
    second.actor_id = 9
    digest = digest_of(second, number=2, previous=second.previous)
    session.expunge(second)
    session.execute(update(AuditEntry).where(AuditEntry.number == 2).values(actor_id=9, digest=digest))
    session.commit()
    assert list(faults(session)) == ["entry 3: does not follow entry 2, one of them was replaced"]


def test_one_entry_and_several_that_were_taken_out_are_told_apart(session: Session) -> None:
    written(session, *[Event.EXPORTED] * 6)
    for gone, said in ((2, "entry 2: taken out"), (3, "entry 2: taken out, with those up to 3")):
        session.query(AuditEntry).filter_by(number=gone).delete()
        session.commit()
        assert list(faults(session)) == [said]


def test_what_was_undone_within_a_transaction_leaves_no_gap(session: Session) -> None:
    written(session, Event.EXPORTED)
    undone = session.begin_nested()
    audit.record(session, Event.ERASED, actor_id=1)
    undone.rollback()
    session.commit()
    assert list(faults(session)) == []
    assert head(session).number == 1
