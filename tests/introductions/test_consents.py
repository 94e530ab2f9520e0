"""Each way in which a consent is given and ends, one step at a time: what is kept, what is forgotten, who is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.audit.models import AuditEntry, Event
from matchmaker.db import utcnow
from matchmaker.introductions import endings, operations, queries
from matchmaker.introductions.disclosure import TEXT_VERSION, digest_of, full_text
from matchmaker.introductions.models import About, DeclineReason, Introduction, IntroductionState, Side
from matchmaker.introductions.operations import Agreement, Answers, Moved
from matchmaker.introductions.things import Target
from matchmaker.notifications.models import Notification
from matchmaker.permissions import Viewer
from matchmaker.privacy.operations import erase_organisation, erase_user
from tests import factories


@pytest.fixture(autouse=True)
def _context(app: Flask, session: Session) -> Iterator[None]:
    with app.app_context():
        yield


def agreement(session: Session, introduction: Introduction, side: Side, person: Any) -> Agreement:
    return Agreement(person, queries.offer_of(session, introduction, side, person).digest)


def asked(session: Session, asker: Any, person: Any, organisation: Any) -> Introduction:
    """The person asks the organisation in the asker's name."""
    target = Target(organisation)
    agreed = agreement(session, operations.planned(asker, target), Side.ASKER, person)
    made, _new = operations.request(
        session, asker=asker, target=target, answers=Answers("A joint trial."), agreement=agreed
    )
    return made


def accepted(session: Session, introduction: Introduction, person: Any) -> Introduction:
    operations.accept(session, introduction, Side.ASKED, agreement(session, introduction, Side.ASKED, person))
    return introduction


def told(session: Session, user: Any) -> list[str]:
    rows = session.scalars(select(Notification).where(Notification.user_id == user.id).order_by(Notification.id))
    return [row.kind for row in rows]


def disclosed(introduction: Introduction) -> list[Side]:
    """The sides whose values are still kept."""
    assert all(bool(consent.disclosed) == (consent.ended_at is None) for consent in introduction.consents)
    return [consent.side for consent in introduction.consents if consent.disclosed]


def test_an_answer_counts_only_from_whom_it_is_wanted_and_once(session: Session, world: Any) -> None:
    introduction = asked(session, world.sme, world.sme_user, world.university)

    people = {Side.ASKER: world.sme_user, Side.ASKED: world.researcher}
    verbs: dict[str, Callable[[Side], None]] = {
        "accept": lambda side: operations.accept(
            session, introduction, side, agreement(session, introduction, side, people[side])
        ),
        "renew": lambda side: operations.renew_consent(
            session, introduction, side, agreement(session, introduction, side, people[side])
        ),
        "decline": lambda side: operations.decline(session, introduction, side, person=people[side], reason=None),
        "withdraw": lambda side: operations.withdraw(session, introduction, side, person=people[side]),
    }

    def possible() -> dict[str, list[Side]]:
        """What each side can do now; whatever else is refused, with the introduction as it is."""
        found: dict[str, list[Side]] = {}
        refused: list[Introduction] = []
        for name, verb in verbs.items():
            for side in Side:
                tried = session.begin_nested()
                try:
                    verb(side)
                    found.setdefault(name, []).append(side)
                except Moved as moved:
                    refused.append(moved.introduction)
                tried.rollback()
                session.refresh(introduction)
        assert refused == [introduction] * len(refused)
        return found

    assert possible() == {"accept": [Side.ASKED], "decline": [Side.ASKED], "withdraw": [Side.ASKER]}
    accepted(session, introduction, world.researcher)
    assert possible() == {"renew": [Side.ASKER, Side.ASKED], "withdraw": [Side.ASKER, Side.ASKED]}
    operations.withdraw(session, introduction, Side.ASKED, person=world.researcher)
    assert possible() == {}


def test_a_no_with_a_reason_ends_it_for_both_and_a_silent_one_only_for_who_said_it(
    session: Session, world: Any
) -> None:
    aloud = asked(session, world.sme, world.sme_user, world.university)
    operations.decline(
        session, aloud, Side.ASKED, person=world.researcher, reason=DeclineReason.NO_CAPACITY, kind_words="In spring."
    )
    assert (aloud.state, aloud.ended_by, aloud.active) == (IntroductionState.DECLINED, Side.ASKED, False)
    assert (aloud.kind_words, aloud.to_user, disclosed(aloud)) == ("In spring.", world.researcher, [])
    assert utcnow() - aloud.ended_at < timedelta(minutes=5)
    assert told(session, world.sme_user) == ["introduction-declined"]
    assert told(session, world.researcher) == [], "nothing waits any more"

    silent = asked(session, world.sme, world.sme_user, world.university)
    colleague = factories.user(session, of=world.university)
    operations.decline(session, silent, Side.ASKED, person=colleague, reason=None, kind_words="Nobody hears it.")
    assert (silent.kind_words, disclosed(silent), silent.active) == ("", [Side.ASKER], True)
    assert silent.state_for(Side.ASKER) == IntroductionState.REQUESTED
    assert silent.state_for(Side.ASKED) == IntroductionState.DECLINED
    assert silent.is_open_to(Side.ASKER)
    assert not silent.waits_for(Side.ASKED)
    assert queries.people_of(session, silent, Side.ASKED) == [colleague], "who answered speaks for it"
    assert told(session, world.sme_user) == ["introduction-declined"]
    with pytest.raises(Moved):
        operations.decline(session, silent, Side.ASKED, person=world.researcher, reason=DeclineReason.UNCLEAR)
    assert told(session, world.sme_user) == ["introduction-declined"]


def test_who_is_brought_together_says_no_for_the_own_side(session: Session, world: Any) -> None:
    made, _new = operations.propose(session, one=world.sme, other=world.university, manager=world.manager)
    made.to_user = None
    operations.decline(session, made, Side.ASKER, person=world.sme_user, reason=DeclineReason.UNCLEAR)
    assert (made.to_user, made.kind_words) == (None, "")
    assert told(session, world.researcher) == ["introduction-declined"]

    both, _new = operations.propose(session, one=world.sme, other=world.university, manager=world.manager)
    operations.accept(session, both, Side.ASKER, agreement(session, both, Side.ASKER, world.sme_user))
    assert (both.state, both.answered_at, both.from_user) == (IntroductionState.PROPOSED, None, world.sme_user)
    accepted(session, both, world.researcher)
    assert (both.state, both.to_user) == (IntroductionState.ACCEPTED, world.researcher)
    assert told(session, world.sme_user)[-1] == "introduction-accepted"
    operations.withdraw(session, both, Side.ASKER, person=world.sme_user)

    silent, _new = operations.propose(session, one=world.sme, other=world.university, manager=world.manager)
    operations.decline(session, silent, Side.ASKER, person=world.sme_user, reason=None)
    accepted(session, silent, world.researcher)
    assert (silent.state, silent.answered_at) == (IntroductionState.DECLINED, None)
    assert silent.state_for(Side.ASKED) == IntroductionState.PROPOSED, "the answer changes nothing and shows nothing"
    assert disclosed(silent) == [Side.ASKED]


def test_what_is_taken_back_is_told_to_whoever_knew_of_it(session: Session, world: Any) -> None:
    operations.set_limits(session, world.host, per_week=None, paused=True)
    for organisation, person, knew in ((world.university, world.researcher, True), (world.host, None, False)):
        introduction = asked(session, world.sme, world.sme_user, organisation)
        assert introduction.waits_for(Side.ASKED) is knew
        assert introduction.side_of(frozenset({organisation.id})) is (Side.ASKED if knew else None)
        operations.withdraw(session, introduction, Side.ASKER, person=world.sme_user)
        assert (introduction.state, introduction.ended_by) == (IntroductionState.WITHDRAWN, Side.ASKER)
        assert (introduction.active, disclosed(introduction)) == (False, [])
        if person is not None:
            assert told(session, person) == (["introduction-withdrawn"] if knew else [])
        assert (introduction.kind_words, introduction.reason) == ("", None)
    silent = asked(session, world.sme, world.sme_user, world.university)
    operations.decline(session, silent, Side.ASKED, person=world.researcher, reason=None)
    operations.withdraw(session, silent, Side.ASKER, person=world.sme_user)
    assert told(session, world.researcher) == ["introduction-withdrawn"], "who said no is told of nothing more"
    held = accepted(session, asked(session, world.sme, world.sme_user, world.university), world.researcher)
    operations.withdraw(session, held, Side.ASKED, person=world.researcher)
    assert told(session, world.sme_user) == ["introduction-accepted", "introduction-withdrawn"]


def test_contact_is_what_the_other_side_agreed_to_as_it_was_and_stands_on_record(session: Session, world: Any) -> None:
    introduction = asked(session, world.sme, world.sme_user, world.university)
    sides = {Side.ASKER: world.sme, Side.ASKED: world.university}
    viewers = {side: Viewer(1, organisation_ids=frozenset({one.id})) for side, one in sides.items()}
    assert [queries.contact_for(introduction, viewer) for viewer in viewers.values()] == [None, None]
    offered = queries.offer_of(session, introduction, Side.ASKED, world.researcher)
    assert not {"phone", "text"} & set(offered.values)
    agreed = replace(
        agreement(session, introduction, Side.ASKED, world.researcher), optional=("phone",), phone="040 1234"
    )
    operations.accept(session, introduction, Side.ASKED, agreed)
    theirs = queries.contact_for(introduction, viewers[Side.ASKER])
    assert theirs is not None
    assert all(queries.names_side(session, introduction, side) for side in Side)
    always = {"organisation": world.university.name, "name": world.researcher.name, "email": world.researcher.email}
    assert (theirs.side, dict(theirs.values)) == (Side.ASKED, {**always, "phone": "040 1234"})
    assert (theirs["phone"], theirs["title"]) == ("040 1234", "")
    ours = queries.contact_for(introduction, viewers[Side.ASKED])
    assert ours is not None
    assert (ours["organisation"], ours["email"]) == (world.sme.name, world.sme_user.email)
    given = introduction.consent_of(Side.ASKED)
    assert given is not None
    assert (theirs.since, given.user, given.text_version) == (given.given_at, world.researcher, TEXT_VERSION)
    assert given.digest == digest_of(given.disclosed) != digest_of(always)
    assert (introduction.from_user, introduction.to_user) == (world.sme_user, world.researcher)
    assert introduction.answered_at is not None
    digests = {consent.side: consent.digest for consent in introduction.consents}
    attempt = session.begin_nested()
    session.delete(given)
    session.flush()
    session.expire(introduction)
    for viewer in viewers.values():
        assert queries.contact_for(introduction, viewer) is None, "not while one consent is missing"
    attempt.rollback()
    operations.withdraw(session, introduction, Side.ASKER, person=world.sme_user)
    assert [queries.contact_for(introduction, viewer) for viewer in viewers.values()] == [None, None]
    session.commit()
    events = (Event.CONSENT_GIVEN, Event.CONSENT_WITHDRAWN)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.event.in_(events)).order_by(AuditEntry.number)).all()
    fields = {Side.ASKER: [*always], Side.ASKED: [*always, "phone"]}
    on_record = [(entry.event, entry.actor_id, entry.organisation_id, entry.thing_id, entry.facts) for entry in entries]
    people = {Side.ASKER: world.sme_user, Side.ASKED: world.researcher}
    assert on_record == [
        *(
            (
                Event.CONSENT_GIVEN, people[side].id, sides[side].id, introduction.public_id,
                {"side": side, "fields": fields[side], "digest": digests[side], "text": TEXT_VERSION},
            )
            for side in Side
        ),
        *(
            (
                Event.CONSENT_WITHDRAWN, None, sides[side].id, introduction.public_id,
                {"side": side, "digest": digests[side], "state": "withdrawn"},
            )
            for side in Side
        ),
    ]  # fmt: skip


def test_a_test_field_is_spoken_for_by_whom_it_names_and_by_whoever_answers_when_they_are_gone(
    session: Session, world: Any
) -> None:
    colleague, whoever_answers = (factories.user(session, of=world.host) for _ in range(2))
    ward = factories.test_field(session, world.host, contact=colleague)
    asked_with = (About.NEED, factories.need(session, world.sme))
    introduction = operations.planned(world.sme, Target(world.host, About.TEST_FIELD, ward), asked_with)

    def spoken_for(side: Side, person: Any) -> tuple[str, str]:
        offered = queries.offer_of(session, introduction, side, person).values
        return offered["organisation"], offered["name"]

    assert spoken_for(Side.ASKED, whoever_answers) == (world.host.name, colleague.name)
    assert spoken_for(Side.ASKER, world.sme_user) == (world.sme.name, world.sme_user.name)
    colleague.active = False
    assert spoken_for(Side.ASKED, whoever_answers) == (world.host.name, whoever_answers.name)


def test_who_is_erased_leaves_what_they_stood_for_and_nothing_else(app: Flask, session: Session, world: Any) -> None:
    there = [factories.organisation(session, within=world.cluster) for _ in range(8)]
    people = [factories.user(session, of=one) for one in there]
    operations.set_limits(session, there[1], per_week=None, paused=True)
    renewed = accepted(session, asked(session, world.sme, world.sme_user, there[6]), people[6])
    again = agreement(session, renewed, Side.ASKER, world.sme_admin)
    operations.renew_consent(session, renewed, Side.ASKER, again)
    theirs = accepted(session, asked(session, there[7], people[7], world.sme), world.sme_user)
    agreed, waiting, open_, silent, colleague, ended = (
        asked(session, world.sme, world.sme_admin if number == 4 else world.sme_user, one)
        for number, one in enumerate(there[:6])
    )
    accepted(session, agreed, people[0])
    operations.decline(session, silent, Side.ASKED, person=people[3], reason=None)
    operations.decline(session, ended, Side.ASKED, person=people[5], reason=DeclineReason.UNCLEAR)
    acts: list[tuple[int, Side | None]] = []
    endings.before_each(app, lambda _session, one, side: acts.append((one.id, side)))
    numbers = [one.id for one in (agreed, waiting, open_, silent, colleague, ended)]
    renewed_id, theirs_id = renewed.id, theirs.id

    erase_user(session, session.merge(world.sme_user), actor_id=None)
    session.commit()

    session.expire_all()
    after = [session.get_one(Introduction, number) for number in numbers]
    gone, stays = IntroductionState.WITHDRAWN, IntroductionState.REQUESTED
    assert [one.state for one in after] == [gone, gone, gone, gone, stays, IntroductionState.DECLINED]
    assert [one.active for one in after] == [False, False, False, False, True, False]
    assert [one.ended_by for one in after[:4]] == [Side.ASKER] * 4
    assert all(utcnow() - one.ended_at < timedelta(minutes=5) for one in after[:4])
    assert [one.side for one in after[4].consents] == [Side.ASKER], "a colleague's stands"
    stands, back = session.get_one(Introduction, renewed_id), session.get_one(Introduction, theirs_id)
    assert (stands.state, sorted(disclosed(stands))) == (IntroductionState.ACCEPTED, [Side.ASKED, Side.ASKER])
    assert (back.state, back.ended_by, disclosed(back)) == (gone, Side.ASKED, [])
    assert sorted(acts) == sorted([(theirs_id, Side.ASKED), (numbers[0], Side.ASKER)]), "with who must not be named"
    assert told(session, people[6]) == ["introduction-requested"], "what stands is taken back from nobody"
    assert told(session, people[7]) == ["introduction-accepted", "introduction-withdrawn"]
    news = [told(session, person) for person in people[:6]]
    assert [("introduction-withdrawn" in kinds) for kinds in news] == [True, False, True, False, False, False]
    assert news[2] == ["introduction-withdrawn"], "nothing waits for an answer any more"
    assert news[4] == ["introduction-requested"]


def test_a_text_is_disclosed_in_its_paragraphs() -> None:
    assert full_text(SimpleNamespace(paragraphs=lambda: ["Wanted: flow.", "", "For bone."])) == (
        "Wanted: flow.\n\nFor bone."
    )


def test_before_an_organisation_is_erased_what_held_is_ended_and_what_waits_is_taken_back(
    app: Flask, session: Session, world: Any
) -> None:
    others = [factories.organisation(session, within=world.cluster) for _ in range(4)]
    people = [factories.user(session, of=one) for one in others]
    held = accepted(session, asked(session, world.sme, world.sme_user, others[0]), people[0])
    asked(session, world.sme, world.sme_user, others[1])
    theirs = asked(session, others[2], people[2], world.sme)
    accepted(session, theirs, world.sme_user)
    elsewhere = accepted(session, asked(session, others[1], people[1], others[0]), people[0])
    acts: list[tuple[int, Side | None]] = []
    endings.before_each(app, lambda _session, one, side: acts.append((one.id, side)))
    wanted = [(held.id, Side.ASKER), (theirs.id, Side.ASKED)]
    operations.propose(session, one=others[3], other=world.sme, manager=world.manager)
    assert told(session, people[1]).count("introduction-requested") == 1
    assert told(session, people[3]) == ["introduction-proposed"]

    erase_organisation(session, session.merge(world.sme), actor_id=None)
    session.commit()

    assert acts == wanted
    assert "introduction-requested" not in told(session, people[1])
    assert told(session, people[3]) == []
    assert session.scalars(select(Introduction.id)).all() == [elsewhere.id]


def test_what_nobody_answered_ends_at_its_time_and_what_was_agreed_does_not(session: Session, world: Any) -> None:
    now = utcnow()
    there = [factories.organisation(session, within=world.cluster) for _ in range(4)]
    people = [factories.user(session, of=one) for one in there]
    held, silent, due, early = (asked(session, world.sme, world.sme_user, one) for one in there)
    accepted(session, held, people[0])
    operations.decline(session, silent, Side.ASKED, person=people[1], reason=None)
    for one, expires_at in ((held, now), (silent, now), (due, now), (early, now + timedelta(microseconds=1))):
        one.expires_at = expires_at
    session.flush()
    assert operations.expire_due(session, now) == 2
    assert operations.expire_due(session, now) == 0
    assert [one.state for one in (held, due, early)] == [
        IntroductionState.ACCEPTED, IntroductionState.EXPIRED, IntroductionState.REQUESTED,
    ]  # fmt: skip
    assert silent.state_for(Side.ASKER) == IntroductionState.EXPIRED
    assert [(one.active, one.ended_at, disclosed(one)) for one in (silent, due)] == [(False, now, [])] * 2
    assert all(consent.ended_at == now for one in (silent, due) for consent in one.consents)
    assert told(session, world.sme_user) == ["introduction-accepted", *["introduction-expired"] * 2]
