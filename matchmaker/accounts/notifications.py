"""The mails around an account; Flask-Security writes them through here."""

from __future__ import annotations

from typing import Any

from flask import after_this_request, has_request_context
from flask_security import MailUtil
from werkzeug.wrappers import Response

from matchmaker.accounts.models import User
from matchmaker.db import db
from matchmaker.mail import letters
from matchmaker.mail.operations import enqueue


class Mails(MailUtil):
    """Puts what Flask-Security wants to send into the outbox. The first line of a template is the subject."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        """Enqueue the mail, and see to it that the request commits it."""
        user: User | None = kwargs.get("user")
        address = user.email if user is not None else str(recipient)
        enqueue(db.session, to=address, **letters.split(body or ""))
        if has_request_context():
            # Some of Flask-Security's views change nothing themselves and so would not commit.
            after_this_request(_commit)


def _commit(response: Response) -> Response:
    db.session.commit()
    return response
