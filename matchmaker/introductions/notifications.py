"""What is told about introductions.

Sentences and mails name neither organisations nor texts: before consent that would give a side away, and a mail lies
in more hands than a page. They say that something waits, and lead to the page, where rights are asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from matchmaker.introductions import queries
from matchmaker.introductions.models import Introduction, IntroductionState, Side
from matchmaker.notifications.kinds import Group, Kind, register
from matchmaker.notifications.operations import retract, tell


def _kind(
    name: str,
    label: Any,
    sentence: Callable[..., str],
    template: str,
    *,
    endpoint: str = "introductions.show",
    group: Group = Group.INTRODUCTIONS,
    optional: bool = True,
) -> Kind:
    return register(
        Kind(
            name=name,
            group=group,
            label=label,
            sentence=sentence,
            endpoint=endpoint,
            arguments={"public_id": "introduction"},
            template=template,
            optional=optional,
        )
    )


REQUESTED = _kind(
    "introduction-requested",
    _("Somebody asks for an introduction"),
    lambda facts: gettext("Somebody asks for an introduction to you."),
    "introductions/email/requested",
    # Somebody waits, and only these readers can answer.
    optional=False,
)
REMINDER = _kind(
    "introduction-reminder",
    _("A request that I have not answered ends soon"),
    lambda facts: gettext("An introduction still waits for your answer."),
    "introductions/email/reminder",
)
PROPOSED = _kind(
    "introduction-proposed",
    _("I am brought together with somebody"),
    lambda facts: gettext("You are brought together with somebody. Would you like to be introduced?"),
    "introductions/email/proposed",
    optional=False,
)
ACCEPTED = _kind(
    "introduction-accepted",
    _("I am introduced"),
    lambda facts: gettext("You are introduced: both sides agreed."),
    "introductions/email/accepted",
    optional=False,
)
DECLINED = _kind(
    "introduction-declined",
    _("A request of mine was declined"),
    lambda facts: gettext("Your request for an introduction was declined."),
    "introductions/email/declined",
)
WITHDRAWN = _kind(
    "introduction-withdrawn",
    _("An introduction was taken back"),
    lambda facts: gettext("An introduction was taken back by the other side."),
    "introductions/email/withdrawn",
)
EXPIRED = _kind(
    "introduction-expired",
    _("A request of mine was not answered in time"),
    lambda facts: gettext("Your request for an introduction was not answered in time."),
    "introductions/email/expired",
)
BROKERING = _kind(
    "introduction-brokering",
    _("A request for an introduction waits for me"),
    lambda facts: gettext("A request for an introduction waits for you to pass it on."),
    "introductions/email/brokering",
    endpoint="introductions.brokered",
    group=Group.CLUSTER,
    optional=False,
)
NOBODY = register(
    Kind(
        name="introduction-nobody",
        group=Group.CLUSTER,
        label=_("A member of my cluster is asked where nobody has an account"),
        sentence=lambda facts: gettext(
            "A member of your cluster is asked for an introduction, and nobody there can answer."
        ),
        endpoint="clusters.people",
        arguments={"public_id": "organisation"},
        template="introductions/email/nobody",
    )
)


def _tell_side(session: Session, introduction: Introduction, side: Side, kind: Kind) -> None:
    for reader in queries.people_of(session, introduction, side):
        tell(session, reader, kind.name, {"introduction": introduction.public_id}, key=introduction.public_id)


def _ask_side(session: Session, introduction: Introduction, side: Side, kind: Kind) -> None:
    """Tell a side that its answer is wanted; where nobody can give one, tell those who can invite somebody.

    Who was asked blindly is nobody's business: that this very organisation is asked now could tell whose a teaser is.
    """
    _tell_side(session, introduction, side, kind)
    organisation = introduction.organisation_of(side)
    if introduction.blind or queries.has_people(session, organisation.id):
        return
    for manager in queries.managers_around(session, organisation):
        tell(session, manager, NOBODY.name, {"organisation": organisation.public_id}, key=introduction.public_id)


def tell_requested(session: Session, introduction: Introduction) -> None:
    """Tell those who were asked."""
    _ask_side(session, introduction, Side.ASKED, REQUESTED)


def tell_managers(session: Session, introduction: Introduction) -> None:
    """Tell the managers who may pass a request on."""
    for manager in queries.managers_of(session, introduction.cluster_id or 0):
        tell(session, manager, BROKERING.name, {"introduction": introduction.public_id}, key=introduction.public_id)


def tell_proposed(session: Session, introduction: Introduction) -> None:
    """Tell both sides that somebody brought them together."""
    for side in Side:
        _ask_side(session, introduction, side, PROPOSED)


def tell_answered(session: Session, introduction: Introduction, side: Side) -> None:
    """Tell a side what the other answered."""
    accepted = introduction.state == IntroductionState.ACCEPTED
    _tell_side(session, introduction, side, ACCEPTED if accepted else DECLINED)


def tell_withdrawn(session: Session, introduction: Introduction, side: Side) -> None:
    """Tell a side that the other took it back."""
    _tell_side(session, introduction, side, WITHDRAWN)


def tell_expired(session: Session, introduction: Introduction) -> None:
    """Tell the asker that nobody answered in time."""
    _tell_side(session, introduction, Side.ASKER, EXPIRED)


def remind(session: Session, introduction: Introduction, side: Side) -> None:
    """Remind a side that it has not answered."""
    _tell_side(session, introduction, side, REMINDER)


def forget(session: Session, introduction: Introduction) -> None:
    """Nobody has to answer any more: take back what asked for it."""
    for kind in (REQUESTED, PROPOSED, REMINDER, BROKERING, NOBODY):
        retract(session, kind.name, introduction.public_id)
