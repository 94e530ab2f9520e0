"""The words for meetings."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.items.labels import name
from matchmaker.meetings.models import Held, MeetingState

name(
    MeetingState,
    {
        MeetingState.PROPOSED: _("Times proposed"),
        MeetingState.FIXED: _("Fixed"),
        MeetingState.CANCELLED: _("Cancelled"),
    },
)
name(
    Held,
    {
        Held.YES: _("We met"),
        Held.WE_COULD_NOT: _("We could not make it"),
        Held.MISSED_THEM: _("We missed each other"),
    },
)
