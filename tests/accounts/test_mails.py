"""The mails around an account: in the reader's language, and worth nothing once their link is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.mail.models import OutboxMessage
from tests import factories


@pytest.mark.parametrize(
    ("locale", "browser", "subject"),
    [
        ("de", "sv", "Ein neues Passwort für matchmaker"),
        ("", "sv", "Ett nytt lösenord till matchmaker"),
        ("", "fi", "A new password for matchmaker"),
    ],
)
def test_a_mail_speaks_the_language_that_was_chosen_else_the_browsers(
    app: Flask,
    client: FlaskClient,
    world: factories.World,
    session: Session,
    locale: str,
    browser: str,
    subject: str,
) -> None:
    world.sme_user.locale = locale
    session.commit()
    client.post("/recover", data={"email": world.sme_user.email}, headers={"Accept-Language": browser})
    (mail,) = app.extensions["mailman"].outbox
    assert mail.subject == subject
    assert "/recover/" in mail.body


def test_a_link_for_a_new_password_is_not_sent_after_it_has_expired(
    client: FlaskClient, world: factories.World, session: Session
) -> None:
    client.post("/recover", data={"email": world.sme_user.email})
    written = session.scalars(select(OutboxMessage)).one()
    assert written.expires_at is not None
    assert written.expires_at - written.created_at < timedelta(hours=1, seconds=5)
