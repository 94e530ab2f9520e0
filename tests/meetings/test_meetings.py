"""Two who are introduced find a time, and say afterwards whether they met."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.db import db, utcnow
from matchmaker.introductions.models import Introduction
from matchmaker.meetings.models import Held, Meeting, MeetingState
from matchmaker.privacy import operations as erasing
from tests.introductions.conftest import Person


def local(days: int, hour: int = 10) -> str:
    moment = datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=days)
    return moment.replace(hour=hour, minute=30).strftime("%Y-%m-%dT%H:%M")


def propose(person: Person, introduction: Introduction, *times: str, **more: str) -> Any:
    form = {f"times-{n}": time for n, time in enumerate(times)}
    form |= {"zone": "Europe/Berlin", "minutes": "45", "place": "https://video.example/room", **more}
    return person.browser.post(f"/introductions/{introduction.public_id}/meetings/", data=form, follow_redirects=True)


def only(session: Session) -> Meeting:
    session.expire_all()
    return session.scalars(select(Meeting)).one()


def act(person: Person, meeting: Meeting, verb: str, **form: Any) -> Any:
    address = f"/introductions/{meeting.introduction.public_id}/meetings/{meeting.public_id}/{verb}"
    return person.browser.post(address, data=form, follow_redirects=True)


def invitations(app: Flask) -> list[Any]:
    found = []
    for mail in app.extensions["mailman"].outbox:
        for part in mail.attachments:
            found.append((mail.to, Calendar.from_ical(part.get_payload(decode=True))))
    return found


def test_a_time_is_picked_moved_and_cancelled_in_both_calendars(
    sme: Person, researcher: Person, introduced: Introduction, session: Session, app: Flask, world: Any
) -> None:
    propose(sme, introduced, local(3), local(4))
    assert only(session).state == MeetingState.PROPOSED
    act(sme, only(session), "pick", slot=only(session).slots[0].id)
    assert only(session).state == MeetingState.PROPOSED, "nobody picks their own proposal"
    expected = only(session).slots[1].starts_at
    act(researcher, only(session), "pick", slot=only(session).slots[1].id)
    assert only(session).starts_at == expected
    sent = invitations(app)
    assert sorted(to for to, _calendar in sent) == sorted([[world.sme_user.email], [world.researcher.email]])
    [event] = sent[0][1].walk("VEVENT")
    assert (sent[0][1]["METHOD"], event["SEQUENCE"], event["DTSTART"].dt) == ("REQUEST", 0, expected.astimezone(UTC))
    uid = str(event["UID"])

    propose(researcher, introduced, local(9))
    act(sme, only(session), "pick", slot=only(session).slots[0].id)
    [moved] = invitations(app)[-1][1].walk("VEVENT")
    assert (str(moved["UID"]), moved["SEQUENCE"]) == (uid, 1)
    act(researcher, only(session), "cancel")
    last = invitations(app)[-1][1]
    [gone] = last.walk("VEVENT")
    assert (last["METHOD"], gone["STATUS"], str(gone["UID"]), gone["SEQUENCE"]) == ("CANCEL", "CANCELLED", uid, 2)


def test_at_most_five_times_all_ahead(sme: Person, introduced: Introduction, session: Session) -> None:
    assert "Name at least one time" in propose(sme, introduced).text
    assert "lie ahead" in propose(sme, introduced, local(-1)).text
    assert not session.scalars(select(Meeting)).all()


def test_both_are_asked_once_whether_it_took_place_and_a_no_show_stays_between_them(
    sme: Person, researcher: Person, person: Any, introduced: Introduction, session: Session, app: Flask, world: Any
) -> None:
    propose(sme, introduced, local(3))
    act(researcher, only(session), "pick", slot=only(session).slots[0].id)
    app.extensions["mailman"].outbox.clear()
    jobs.run(app, "meetings")
    assert not app.extensions["mailman"].outbox, "it has not been yet"
    only(session).starts_at = utcnow() - timedelta(hours=3)
    session.commit()
    for _ in range(2):
        jobs.run(app, "meetings")
    asked = [mail.to for mail in app.extensions["mailman"].outbox]
    assert sorted(asked) == sorted([[world.sme_user.email], [world.researcher.email]])
    act(sme, only(session), "held", held="missed_them")
    act(researcher, only(session), "held", held="we_could_not")
    assert {answer.held for answer in only(session).answers} == {Held.MISSED_THEM, Held.WE_COULD_NOT}
    assert "btn-kept" in sme.read(introduced)
    address = f"/introductions/{introduced.public_id}"
    assert person(world.manager).browser.get(address).status_code == 404


def test_nobody_proposes_without_an_introduction(
    sme: Person, researcher: Person, introduced: Introduction, session: Session
) -> None:
    sme.withdraw(introduced)
    assert "moved on" in propose(researcher, introduced, local(3)).text
    assert not session.scalars(select(Meeting)).all()


def test_taking_the_introduction_back_clears_both_calendars(
    sme: Person, researcher: Person, introduced: Introduction, session: Session, app: Flask, world: Any
) -> None:
    propose(sme, introduced, local(3))
    act(researcher, only(session), "pick", slot=only(session).slots[0].id)
    [invited, *_] = [calendar for _to, calendar in invitations(app)]
    app.extensions["mailman"].outbox.clear()

    researcher.withdraw(introduced)

    assert (only(session).state, only(session).under_way) == (MeetingState.CANCELLED, False)
    sent = invitations(app)
    assert sorted(to for to, _calendar in sent) == sorted([[world.sme_user.email], [world.researcher.email]])
    for _to, calendar in sent:
        [gone], [was] = calendar.walk("VEVENT"), invited.walk("VEVENT")
        assert (calendar["METHOD"], gone["UID"], gone["SEQUENCE"]) == ("CANCEL", was["UID"], was["SEQUENCE"] + 1)


def test_what_was_only_proposed_ends_quietly(
    sme: Person, researcher: Person, introduced: Introduction, session: Session, app: Flask
) -> None:
    propose(sme, introduced, local(3))
    sme.withdraw(introduced)
    assert (only(session).state, invitations(app)) == (MeetingState.CANCELLED, [])


def test_a_meeting_that_is_over_is_not_called_off(
    sme: Person, researcher: Person, introduced: Introduction, session: Session, app: Flask
) -> None:
    propose(sme, introduced, local(3))
    act(researcher, only(session), "pick", slot=only(session).slots[0].id)
    only(session).starts_at = utcnow() - timedelta(hours=3)
    session.commit()
    app.extensions["mailman"].outbox.clear()
    sme.withdraw(introduced)
    assert (only(session).state, invitations(app)) == (MeetingState.FIXED, [])


@pytest.mark.parametrize("gone", ["person", "organisation"])
def test_whoever_is_erased_leaves_the_calendar_of_the_other_side(
    sme: Person, researcher: Person, introduced: Introduction, session: Session, app: Flask, world: Any, gone: str
) -> None:
    propose(sme, introduced, local(3))
    act(researcher, only(session), "pick", slot=only(session).slots[0].id)
    app.extensions["mailman"].outbox.clear()
    with app.app_context():
        if gone == "person":
            erasing.erase_user(db.session, db.session.get_one(User, world.sme_user.id), actor_id=None)
        else:
            erasing.erase_organisation(db.session, db.session.get_one(Organisation, world.sme.id), actor_id=None)
        db.session.commit()
    jobs.run(app, "mail")
    [(to, calendar)] = invitations(app)
    assert (to, str(calendar["method"])) == ([world.researcher.email], "CANCEL")
    written = calendar.to_ical().decode()
    assert world.sme_user.email not in written
    assert world.sme_user.display_name not in written
    page = researcher.read(introduced)
    assert ("Taken back by the other side." in page) == (gone == "person")
    assert world.sme_user.email not in page
