"""Notifications: telling a user that something happened, in the inbox and by mail, as the user prefers.

A *kind* is one sort of news, registered by the slice that has it in its ``notifications.py``::

    KNOCK = register(
        Kind(
            name="membership-asked",
            group=Group.ORGANISATION,
            label=_("Somebody asks to join my organisation"),
            sentence=lambda facts: gettext("%(asker)s asks to join %(organisation)s.", **facts),
            endpoint="clusters.people",
            arguments={"public_id": "organisation_id"},
            template="clusters/email/asked",
        )
    )

and told inside the transaction that makes it true, ``operations.tell(session, user, kind="membership-asked",
facts={...}, key=...)``. What is rolled back was never told; what carries a key is told once.

*Facts* are the ids, names and days that the sentence, the mail and the link are made of; never a text somebody wrote.
What a confidential thing is about stands neither in a sentence nor in a mail, only behind the link, where rights are
asked again. The mail is written once in every language, ``<template>.txt`` (English), ``.de.txt``, ``.sv.txt``; it
gets the ``reader``, the facts by their names, and the ``link``; its end (why it came, how to stop it) is added here.
"""

from __future__ import annotations

from flask import Flask

from matchmaker.notifications.kinds import day


def init_app(app: Flask) -> None:
    """Let mails write days as people read them."""
    app.jinja_env.filters["day"] = day
