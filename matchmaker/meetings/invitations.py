"""Invitations for calendars, sent to both sides at the addresses that each agreed to disclose to the other."""

from __future__ import annotations

from flask import current_app
from flask_babel import force_locale
from icalendar import Calendar, Event, vCalAddress, vText
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.db import utcnow
from matchmaker.introductions.models import Side
from matchmaker.mail.letters import absolute_url, compose
from matchmaker.mail.operations import enqueue
from matchmaker.meetings import times
from matchmaker.meetings.models import Meeting
from matchmaker.translations import LANGUAGES


def send(session: Session, meeting: Meeting, *, cancelled: bool = False, erased: Side | None = None) -> None:
    """Invite both sides, or call the invitation off; goes into the outbox of the caller's transaction.

    A side that is being erased is left out.
    """
    method = "CANCEL" if cancelled else "REQUEST"
    guests = {side: guest for side, guest in _guests(meeting).items() if side is not erased}
    written = as_calendar(meeting, method, guests)
    for _side, (person, address, _name) in guests.items():
        with force_locale(person.locale if person.locale in LANGUAGES else LANGUAGES[0]):
            assert meeting.starts_at is not None  # noqa: S101 - a meeting without a time is never sent.
            when, day = times.spoken(meeting.starts_at, meeting.zone), times.day(meeting.starts_at, meeting.zone)
        letter = compose(
            "meetings/email/cancelled" if cancelled else "meetings/email/fixed",
            locale=person.locale,
            reader=person,
            day=day,
            when=when,
            minutes=meeting.minutes,
            place=meeting.place,
            link=absolute_url("introductions.index") if erased else _page(meeting),
        )
        enqueue(session, to=address, calendar=written, calendar_method=method, **letter)


def _guests(meeting: Meeting) -> dict[Side, tuple[User, str, str]]:
    """Who comes: on each side whoever agreed, by the name and address in that consent."""
    found = {}
    for side in Side:
        consent = meeting.introduction.consent_of(side)
        if consent is not None:
            found[side] = (consent.user, consent.disclosed["email"], consent.disclosed["name"])
    return found


def as_calendar(meeting: Meeting, method: str, guests: dict[Side, tuple[User, str, str]]) -> str:
    """The meeting in the calendars' own language (RFC 5545, 5546)."""
    event = Event()
    event.add("uid", f"{meeting.public_id}@matchmaker")
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", utcnow())
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.ends_at)
    names = [name for _person, _address, name in guests.values()]
    event.add("summary", " · ".join(names))
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    if meeting.place:
        event.add("location", meeting.place)
    event.add("url", _page(meeting))
    organizer = vCalAddress(f"mailto:{_own_address()}")
    organizer.params["CN"] = vText("matchmaker")
    event.add("organizer", organizer)
    for _person, address, name in guests.values():
        attendee = vCalAddress(f"mailto:{address}")
        attendee.params.update({"CN": vText(name), "ROLE": vText("REQ-PARTICIPANT"), "RSVP": vText("FALSE")})
        event.add("attendee", attendee, encode=0)
    calendar = Calendar()
    calendar.add("prodid", "-//matchmaker//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return str(calendar.to_ical().decode("utf-8"))


def _page(meeting: Meeting) -> str:
    return absolute_url("introductions.show", public_id=meeting.introduction.public_id)


def _own_address() -> str:
    sender = current_app.config["MAIL_DEFAULT_SENDER"]
    written = sender[1] if isinstance(sender, tuple) else str(sender)
    return written.rpartition("<")[2].rstrip(">")
