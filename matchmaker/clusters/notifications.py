"""What is told about joining an organisation."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters import queries
from matchmaker.clusters.models import Invitation, Membership, Organisation
from matchmaker.mail.letters import compose
from matchmaker.mail.operations import enqueue
from matchmaker.notifications.kinds import Group, Kind, register
from matchmaker.notifications.operations import retract, tell

ASKED = register(
    Kind(
        name="membership-asked",
        group=Group.ORGANISATION,
        label=_("Somebody asks to join my organisation"),
        sentence=lambda facts: gettext("%(asker)s asks to join %(organisation)s.", **facts),
        endpoint="clusters.people",
        arguments={"public_id": "organisation_id"},
        template="clusters/email/asked",
        # Somebody waits, and only these readers can answer.
        optional=False,
    )
)
ACCEPTED = register(
    Kind(
        name="membership-accepted",
        group=Group.ORGANISATION,
        label=_("My request to join was accepted"),
        sentence=lambda facts: gettext("You now act for %(organisation)s.", **facts),
        endpoint="clusters.arrive",
        template="clusters/email/accepted",
    )
)
REFUSED = register(
    Kind(
        name="membership-refused",
        group=Group.ORGANISATION,
        label=_("My request to join was not accepted"),
        sentence=lambda facts: gettext("Your request to act for %(organisation)s was not accepted.", **facts),
        endpoint="clusters.start",
        template="clusters/email/refused",
    )
)


def tell_of_request(session: Session, membership: Membership) -> None:
    """Tell those who look after the organisation's people that somebody asks to join."""
    facts = {
        "asker": membership.user.display_name,
        "organisation": membership.organisation.name,
        "organisation_id": membership.organisation.public_id,
    }
    for reader in queries.admins_of(session, membership.organisation):
        tell(session, reader, ASKED.name, facts, key=membership.public_id)


def forget_request(session: Session, membership: Membership) -> None:
    """Nobody has to answer any more: the request was answered or taken back."""
    retract(session, ASKED.name, membership.public_id)


def tell_accepted(session: Session, membership: Membership) -> None:
    """Tell the user that they may act for the organisation."""
    tell(session, membership.user, ACCEPTED.name, {"organisation": membership.organisation.name})


def tell_refused(session: Session, user: User, organisation: Organisation) -> None:
    """Tell the user that the request was turned down."""
    tell(session, user, REFUSED.name, {"organisation": organisation.name})


def send_invitation(session: Session, invitation: Invitation, inviter: User) -> None:
    """Write to an address, of whom we may know nothing, in the language of whoever invites."""
    letter = compose(
        "clusters/email/invited",
        locale=inviter.locale,
        inviter=inviter,
        organisation=invitation.organisation,
        invitation=invitation,
    )
    enqueue(
        session, to=invitation.email, kind="invited", lifetime=invitation.expires_at - invitation.created_at, **letter
    )
