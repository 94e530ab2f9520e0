"""What happens is on record once, in order, and whoever alters the record is found out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars, clear_contextvars

from matchmaker import audit
from matchmaker.accounts.models import Role
from matchmaker.audit import Event, TextRefused
from matchmaker.audit.models import AuditChain, AuditEntry
from matchmaker.audit.operations import KEPT, digest_of, drop_old, hash_of
from matchmaker.audit.queries import Head, faults, head
from matchmaker.clusters.models import Membership, MembershipState
from matchmaker.clusters.operations import appoint_manager, dismiss_manager
from matchmaker.db import db, utcnow
from matchmaker.permissions import Visibility
from tests import factories
from tests.factories import World

SignIn = Callable[..., FlaskClient]


def told(session: Session) -> list[tuple[Any, ...]]:
    """What the trail says, in order: event, actor, what it was done to, facts."""
    session.expire_all()
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
    return [(e.event, e.actor_id, e.thing_kind, e.thing_id, e.facts) for e in entries]


@pytest.fixture
def trail(app: Flask) -> Iterator[Session]:
    """A session, with transactions as in production, that has committed five entries."""
    with app.app_context():
        engine = db.engine
    with Session(engine) as made:
        for number in range(5):
            audit.record(made, Event.EXPORTED, actor_id=number, facts={"rows": number})
            made.commit()
        assert list(faults(made)) == []
        yield made


@pytest.mark.parametrize("fact", ["a sentence", "ulf@clinic.example", 1.5, {"a": 1}, ["two words"], "x" * 129])
def test_no_text_gets_into_the_trail(fact: Any, session: Session) -> None:
    with pytest.raises(TextRefused, match=f"got {type(fact[0] if isinstance(fact, list) else fact).__name__}"):
        audit.record(session, Event.EXPORTED, actor_id=1, facts={"what": fact})


def test_an_entry_names_things_by_their_ids_and_keeps_lists_in_order(session: Session) -> None:
    role = Role(name="a role")
    unsaved = audit.record(session, Event.EXPORTED, actor_id=1, thing=role)
    assert (unsaved.thing_kind, unsaved.thing_id) == ("role", "")
    session.add(role)
    session.flush()
    facts = {"list": ["b", "a"], "pair": ("b", 1), "set": {"b", "a"}, "event": Event.ERASED, "none": None, "yes": True}
    entry = audit.record(session, Event.EXPORTED, actor_id=1, thing=role, organisation_id=6, cluster_id=7, facts=facts)
    assert (entry.thing_id, entry.organisation_id, entry.cluster_id) == (str(role.id), 6, 7)
    told = {"list": ["b", "a"], "pair": ["b", 1], "set": ["a", "b"], "event": "erased", "none": None, "yes": True}
    assert entry.facts == told

    thing = SimpleNamespace(__tablename__="verdict", public_id="k7m2pq4t9xwz", organisation_id=8, cluster_id=9)
    with bound_contextvars(request="r1"):
        entry = audit.record(session, Event.EXPORTED, actor_id=1, thing=thing)
    assert (entry.thing_id, entry.organisation_id, entry.cluster_id) == ("k7m2pq4t9xwz", 8, 9)
    assert entry.request == "r1"
    # What a request of another test has left in this thread.
    clear_contextvars()
    alone = audit.record(session, Event.EXPORTED, actor_id=1)
    assert (alone.thing_kind, alone.thing_id, alone.organisation_id, alone.request) == ("", "", None, "")


def test_what_is_rolled_back_never_happened(trail: Session) -> None:
    audit.record(trail, Event.ERASED, actor_id=1)
    trail.flush()
    trail.rollback()
    audit.record(trail, Event.EXPORTED, actor_id=1)
    trail.commit()
    assert [number for (number,) in trail.execute(select(AuditEntry.number).order_by("number"))] == [1, 2, 3, 4, 5, 6]
    assert list(faults(trail)) == []


def test_a_savepoint_that_is_rolled_back_takes_its_entries_along(trail: Session) -> None:
    audit.record(trail, Event.EXPORTED, actor_id=7)
    with trail.begin_nested() as savepoint:
        audit.record(trail, Event.ERASED, actor_id=7)
        savepoint.rollback()
    trail.commit()
    assert [entry[0] for entry in told(trail)][5:] == [Event.EXPORTED]
    assert list(faults(trail)) == []


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (update(AuditEntry).where(AuditEntry.number == 3).values(actor_id=99), "entry 3: altered"),
        (update(AuditEntry).where(AuditEntry.number == 3).values(at=utcnow()), "entry 3: altered"),
        (update(AuditEntry).where(AuditEntry.number == 3).values(facts={"rows": 9}), "entry 3: altered"),
        (update(AuditEntry).where(AuditEntry.number == 3).values(digest="0" * 64), "entry 3: altered"),
        (delete(AuditEntry).where(AuditEntry.number == 3), "entry 3: taken out"),
        (delete(AuditEntry).where(AuditEntry.number == 5), "entry 5: taken out, with all behind it up to 5"),
        (delete(AuditEntry).where(AuditEntry.number == 1), "entry 1: taken out"),
        (delete(AuditEntry), "entry 1: taken out, with all behind it up to 5"),
    ],
)
def test_the_check_names_the_entry_that_somebody_altered(tamper: Any, fault: str, trail: Session) -> None:
    trail.execute(tamper)
    trail.commit()
    assert next(faults(trail)) == fault


def test_an_entry_slipped_in_past_the_chain_is_named(trail: Session) -> None:
    trail.execute(AuditEntry.__table__.insert().values(event=Event.EXPORTED, facts={}))
    trail.execute(update(AuditChain).values(number=5))
    trail.commit()
    [fault] = faults(trail)
    assert fault == "row 6: written without a place in the chain"


def test_an_end_cut_off_with_the_chain_mended_shows_against_what_was_noted(trail: Session) -> None:
    noted = head(trail)
    fourth = trail.scalars(select(AuditEntry).where(AuditEntry.number == 4)).one()
    trail.execute(update(AuditChain).values(number=4, digest=fourth.digest))
    trail.execute(delete(AuditEntry).where(AuditEntry.number == 5))
    trail.commit()
    assert list(faults(trail)) == []
    assert list(faults(trail, expected=noted)) == ["entry 5: not the one that was noted"]


def test_the_session_refuses_to_change_an_entry(trail: Session) -> None:
    entry = trail.scalars(select(AuditEntry)).first()
    entry.actor_id = 99
    with pytest.raises(RuntimeError, match="never changed"):
        trail.flush()
    trail.rollback()
    trail.delete(entry)
    with pytest.raises(RuntimeError, match="never changed"):
        trail.flush()


def test_entries_are_dropped_when_their_time_is_over_and_the_rest_still_holds(trail: Session) -> None:
    later = utcnow() + KEPT
    assert drop_old(trail, now=later - timedelta(days=1)) == 0
    assert drop_old(trail, now=later + timedelta(days=1)) == 5
    audit.record(trail, Event.EXPORTED, actor_id=1)
    trail.commit()
    assert [number for (number,) in trail.execute(select(AuditEntry.number))] == [6]
    assert list(faults(trail)) == []


def test_only_what_lies_before_the_oldest_that_is_kept_is_dropped(trail: Session) -> None:
    now = utcnow()
    # As two transactions may write them: the third was begun before the second, and the fourth is just kept.
    ages = (KEPT * 2, KEPT * 2, KEPT * 2, KEPT, KEPT * 2)
    for number, age in enumerate(ages, 1):
        trail.execute(update(AuditEntry).where(AuditEntry.number == number).values(at=now - age))
    assert drop_old(trail, now=now) == 3
    assert trail.scalars(select(AuditEntry.number).order_by("number")).all() == [4, 5]
    trail.execute(update(AuditEntry).where(AuditEntry.number == 5).values(at=now - KEPT * 2 - timedelta(days=1)))
    assert drop_old(trail, now=now) == 0, "one behind it that is older stays with it"
    trail.execute(update(AuditEntry).where(AuditEntry.number == 4).values(at=now))
    trail.execute(update(AuditEntry).where(AuditEntry.number == 5).values(at=now - KEPT))
    assert drop_old(trail, now=now) == 0, "the first that is kept counts, not the oldest"
    assert trail.scalar(select(AuditChain.dropped)) == 3


def test_the_digest_is_made_of_these_words_for_good_or_older_trails_would_not_hold() -> None:
    entry = AuditEntry(
        event=Event.EXPORTED, actor_id=3, thing_kind="need", thing_id="k7m2pq4t9xwz", organisation_id=None,
        cluster_id=5, facts={"rows": 2, "b": ["x"]}, request="r1", at=datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
    )  # fmt: skip
    said = (
        '[7,"before",{"actor_id":3,"at":"2026-11-24T09:30:00+00:00","cluster_id":5,"event":"exported",'
        '"facts":{"b":["x"],"rows":2},"organisation_id":null,"request":"r1","thing_id":"k7m2pq4t9xwz","thing_kind":"need"}]'
    )
    assert digest_of(entry, number=7, previous="before") == sha256(said.encode()).hexdigest()


def test_a_text_that_no_encoding_knows_has_a_hash_all_the_same() -> None:
    assert hash_of("a lone half \ud800") != hash_of("a lone half \ud801")


def test_the_check_follows_the_places_whatever_the_rows_are_numbered(trail: Session) -> None:
    trail.execute(update(AuditEntry).where(AuditEntry.number == 1).values(id=100))
    assert list(faults(trail)) == []
    trail.execute(delete(AuditChain))
    assert list(faults(trail)) == ["entry 5: the chain's end does not name it as the latest"]
    assert head(trail) == Head(0, "")


@pytest.mark.every_database
def test_writers_at_the_same_time_make_one_chain(app: Flask, session: Session) -> None:
    world = factories.world(session)
    failures: list[BaseException] = []
    together = threading.Barrier(4)

    def write(actor: int) -> None:
        try:
            with app.app_context():
                engine = db.engine
            together.wait()
            for _ in range(15):
                with Session(engine) as writer:
                    audit.record(writer, Event.EXPORTED, actor_id=actor, organisation_id=world.sme.id)
                    # Locks other rows as well, as real work does, in an order of its own.
                    writer.execute(update(factories.User).where(factories.User.id == actor).values(title=str(_)))
                    writer.commit()
        except BaseException as error:
            failures.append(error)

    users = (world.sme_user, world.researcher, world.manager, world.outsider)
    threads = [threading.Thread(target=write, args=(user.id,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with app.app_context():
        made = db.session.scalars(select(AuditEntry.number).where(AuditEntry.event == Event.EXPORTED)).all()
        assert len(made) == 60
        assert list(faults(db.session)) == []


def test_a_change_of_visibility_is_recorded_with_who_made_it(session: Session, world: World, sign_in: SignIn) -> None:
    need = factories.need(session, world.sme, visibility=Visibility.PRIVATE)
    session.commit()
    before = len(told(session))
    member = sign_in(world.sme_user)
    page = {"title": need.title, "description": need.description, "visibility": "members", "version": "1"}
    assert member.post(f"/needs/{need.public_id}/edit", data={**page, "action": "save"}).status_code == 302
    assert told(session)[before:] == [
        (
            Event.VISIBILITY_CHANGED,
            world.sme_user.id,
            "need",
            need.public_id,
            {"column": "visibility", "from": "private", "to": "members"},
        )
    ]
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert entry.organisation_id == world.sme.id
    assert len(entry.request) == 16, "the request's name, as in the log"
    # Saving again what stands there already is no change.
    assert member.post(f"/needs/{need.public_id}/edit", data={**page, "version": "2"}).status_code in (302, 422)
    assert len(told(session)) == before + 1


def test_roles_in_an_organisation_are_recorded_from_asking_to_leaving(
    session: Session, world: World, sign_in: SignIn
) -> None:
    before = len(told(session))
    sign_in(world.newcomer).post(f"/organisations/{world.sme.public_id}/ask", data={"message": "I work here."})
    membership = session.scalars(select(Membership).where(Membership.state == MembershipState.ASKED)).one()
    admin = sign_in(world.sme_admin)
    for step in ("accept", "make-admin", "remove"):
        assert admin.post(f"/memberships/{membership.public_id}/{step}").status_code == 302
    entries = told(session)[before:]
    seen = [(actor, kind, facts.get("change") or facts.get("to")) for _, actor, kind, _, facts in entries]
    newcomer, boss = world.newcomer.id, world.sme_admin.id
    assert seen == [
        (newcomer, "membership", "added"),
        (boss, "membership", "active"),
        (boss, "membership", "admin"),
        (boss, "membership", "removed"),
    ]
    assert all(facts["user_id"] == newcomer for *_, facts in entries)
    assert "I work here" not in repr(entries)


def test_appointing_and_dismissing_a_manager_is_recorded(session: Session, world: World) -> None:
    before = len(told(session))
    appoint_manager(session, world.newcomer, world.cluster)
    dismiss_manager(session, world.newcomer, world.cluster)
    session.commit()
    assert [(event, facts["change"]) for event, *_, facts in told(session)[before:]] == [
        (Event.ROLE_CHANGED, "added"),
        (Event.ROLE_CHANGED, "removed"),
    ]
    assert list(faults(session)) == [], "what a table had recorded has its place too"


def test_two_texts_can_be_compared_by_their_hashes() -> None:
    assert hash_of("Wir suchen") == hash_of("Wir suchen") != hash_of("Wir suchen ")
