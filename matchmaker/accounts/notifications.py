"""The mails around an account; Flask-Security writes them through here."""

from __future__ import annotations

from typing import Any

from flask import after_this_request, current_app, has_request_context
from flask_babel import get_locale
from flask_security import MailUtil
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.accounts.models import User
from matchmaker.db import db
from matchmaker.mail import letters
from matchmaker.mail.operations import enqueue

#: How long the link in a mail works, by the setting that says so: later the mail is not sent any more.
LINK_WORKS = {
    "security/email/change_email_instructions": "SECURITY_CHANGE_EMAIL_WITHIN",
    "security/email/confirmation_instructions": "SECURITY_CONFIRM_EMAIL_WITHIN",
    "security/email/reset_instructions": "SECURITY_RESET_PASSWORD_WITHIN",
    "security/email/welcome": "SECURITY_CONFIRM_EMAIL_WITHIN",
}


class Mails(MailUtil):
    """Writes what Flask-Security wants to say into the outbox, in the reader's language."""

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
        # The stored address, whatever was typed; only to confirm another one a mail goes to that other one.
        elsewhere = user is None or template.endswith("change_email_instructions")
        address = str(recipient) if elsewhere else user.email
        letter = letters.compose(template, locale=_language(user), **kwargs)
        works = LINK_WORKS.get(template)
        lifetime = current_app.config[works] if works else None
        enqueue(db.session, to=address, kind=template.rpartition("/")[2], lifetime=lifetime, **letter)
        if has_request_context():
            # Some of Flask-Security's views change nothing themselves and so would not commit.
            after_this_request(_commit)


def _language(user: User | None) -> str:
    """The language the reader chose; else that of the page, which is probably open before the reader."""
    if user is not None and user.locale:
        return user.locale
    return str(get_locale()) if has_request_context() else ""


def _commit(response: Response) -> Response:
    db.session.commit()
    return response


def tell_of_move(session: Session, user: User, old_address: str) -> None:
    """Tell the address an account had until now that it has another one."""
    letter = letters.compose("security/email/change_email_notice", locale=user.locale, user=user)
    enqueue(session, to=old_address, kind="change_email_notice", **letter)


def tell_of_suspension(session: Session, user: User) -> None:
    """Tell a user that they are shut out, and why."""
    letter = letters.compose("accounts/email/suspended", locale=user.locale, user=user)
    enqueue(session, to=user.email, kind="suspended", **letter)
