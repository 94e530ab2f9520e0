"""The words for introductions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.introductions.models import About, DeclineReason, Disclosed, IntroductionState
from matchmaker.items.labels import name

name(
    IntroductionState,
    {
        IntroductionState.BROKERED: _("With the cluster manager"),
        IntroductionState.PROPOSED: _("Proposed"),
        IntroductionState.REQUESTED: _("Requested"),
        IntroductionState.ACCEPTED: _("Introduced"),
        IntroductionState.DECLINED: _("Declined"),
        IntroductionState.WITHDRAWN: _("Taken back"),
        IntroductionState.EXPIRED: _("Not answered"),
    },
)
name(
    About,
    {
        About.NEED: _("Need"),
        About.COMPETENCE: _("Competence"),
        About.TEST_FIELD: _("Test field"),
        About.PROFILE: _("Profile"),
    },
)
name(
    DeclineReason,
    {
        DeclineReason.NO_CAPACITY: _("We have no capacity at the moment"),
        DeclineReason.NOT_OUR_FIELD: _("This is not quite our field"),
        DeclineReason.WRONG_STAGE: _("Too early or too late for us"),
        DeclineReason.ALREADY_COOPERATING: _("We already work on this with somebody"),
        DeclineReason.UNCLEAR: _("We would have to know more first"),
        DeclineReason.CONFLICT: _("It would conflict with other obligations"),
    },
)
name(
    Disclosed,
    {
        Disclosed.ORGANISATION: _("Organisation"),
        Disclosed.NAME: _("Name"),
        Disclosed.TITLE: _("Function"),
        Disclosed.EMAIL: _("E-mail"),
        Disclosed.PHONE: _("Telephone"),
        Disclosed.TEXT: _("The confidential text"),
    },
)
