"""Times of meetings as people type and read them: in a place's own time."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import format_datetime

#: Where the clusters' people sit, by the name of the time zone.
ZONES = ("Europe/Berlin", "Europe/Stockholm", "Europe/London", "Europe/Helsinki", "UTC")


def in_zone(typed: datetime, zone: str) -> datetime:
    """A moment from a time that was typed without its zone."""
    return typed.replace(tzinfo=ZoneInfo(zone))


def spoken(moment: datetime, zone: str) -> str:
    """A moment as people read it, with the place whose clock shows it."""
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    place = zone.rpartition("/")[2]
    return f"{format_datetime(local, 'EEEE d MMMM y, HH:mm', rebase=False)} ({place})"


def day(moment: datetime, zone: str) -> str:
    """The day alone."""
    return str(format_datetime(moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None), "d MMMM y", rebase=False))
