"""The mails about joining an organisation; they go into the outbox of the same transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters import queries
from matchmaker.clusters.models import Membership, Organisation
from matchmaker.mail.letters import compose
from matchmaker.mail.operations import enqueue


def tell_of_request(session: Session, membership: Membership) -> None:
    """Tell those who look after the organisation's people that somebody asks to join."""
    for reader in queries.admins_of(session, membership.organisation):
        letter = compose(
            "clusters/email/asked",
            locale=reader.locale,
            reader=reader,
            asker=membership.user,
            organisation=membership.organisation,
            message=membership.message,
        )
        enqueue(session, to=reader.email, **letter)


def tell_accepted(session: Session, membership: Membership) -> None:
    """Tell the user that they may act for the organisation."""
    _tell(session, "clusters/email/accepted", membership.user, membership.organisation)


def tell_refused(session: Session, user: User, organisation: Organisation) -> None:
    """Tell the user that the request was turned down."""
    _tell(session, "clusters/email/refused", user, organisation)


def _tell(session: Session, template: str, reader: User, organisation: Organisation) -> None:
    enqueue(
        session,
        to=reader.email,
        **compose(template, locale=reader.locale, reader=reader, organisation=organisation),
    )
