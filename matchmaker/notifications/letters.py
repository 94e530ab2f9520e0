"""From a notification to its mail: the slice's own words, the link, and how to stop such mails."""

from __future__ import annotations

from typing import Any, TypedDict

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from matchmaker.accounts.models import User
from matchmaker.mail.letters import absolute_url, compose
from matchmaker.notifications.kinds import DIGEST, KINDS, Kind
from matchmaker.notifications.models import Notification


class Mail(TypedDict):
    """What goes into the outbox, beside the address."""

    subject: str
    text: str
    html: str
    kind: str
    unsubscribe_url: str


def write(reader: User, kind: Kind, told: Notification) -> Mail:
    """The mail that tells a reader. Its link leads through the inbox, so it names nothing but the notification."""
    return finish(
        kind.template,
        kind.name,
        reader,
        stop_url=unsubscribe_url(reader, kind.name) if kind.optional else "",
        link=absolute_url("notifications.open_one", public_id=told.public_id),
        **told.facts,
    )


def finish(template: str, kind: str, reader: User, *, stop_url: str, **context: Any) -> Mail:
    """A mail with our end under it: why it came, and how to stop it where it may be stopped."""
    letter = compose(
        template, ending="notifications/email/ending", locale=reader.locale, reader=reader, stop_url=stop_url, **context
    )
    return Mail(**letter, kind=kind, unsubscribe_url=stop_url)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="unsubscribe")


def unsubscribe_url(reader: User, kind: str) -> str:
    """The address that stops mails of a kind, without signing in. It stays valid: a mail may be read years later."""
    return absolute_url("notifications.unsubscribe", token=_signer().dumps([reader.public_id, kind]))


def unsubscriber(token: str) -> tuple[str, str] | None:
    """Whose mails of which kind an address stops: the user's public id and the kind's name; None if it is not ours."""
    try:
        public_id, kind = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    known = KINDS.get(kind)
    return (public_id, kind) if kind == DIGEST or (known is not None and known.optional) else None
