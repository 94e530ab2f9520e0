"""Telling: in the transaction that makes it true, once, as the reader prefers, and in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.db import db
from matchmaker.mail.models import OutboxMessage
from matchmaker.notifications import operations, queries
from matchmaker.notifications.kinds import KINDS, ByMail, Group, Kind, day, register
from matchmaker.notifications.models import Notification
from matchmaker.notifications.queries import Way
from tests import factories

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def mails(app: Flask) -> list[Any]:
    return getattr(app.extensions["mailman"], "outbox", [])


@pytest.fixture
def tide(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kind]:
    """A kind of news that may be switched off; its mail is one of the clusters'."""
    kind = Kind(
        name="tide-turned",
        group=Group.CLUSTER,
        label="The tide has turned",
        sentence=lambda facts: f"The tide at {facts['organisation']} turned on {day(facts['on'])}.",
        endpoint="clusters.start",
        template="clusters/email/accepted",
    )
    register(kind)
    yield kind
    del KINDS[kind.name]


@pytest.fixture
def writer(app: Flask, world: factories.World) -> Iterator[Session]:
    """A session as an operation gets it: it waits for a commit."""
    with app.app_context(), Session(db.engine, expire_on_commit=False) as made:
        yield made


FACTS = {"organisation": "Knochenwerk GmbH", "on": date(2026, 3, 1)}


def reader(writer: Session, world: factories.World) -> User:
    return writer.get_one(User, world.sme_user.id)


def test_what_is_told_stands_in_the_inbox_and_in_the_mailbox_after_the_commit(
    app: Flask, world: factories.World, tide: Kind, writer: Session
) -> None:
    operations.tell(writer, reader(writer, world), tide.name, FACTS)
    assert mails(app) == []
    writer.commit()
    (told,) = queries.inbox(writer, world.sme_user.id).items
    assert tide.sentence(told.facts) == "The tide at Knochenwerk GmbH turned on March 1, 2026."
    (mail,) = mails(app)
    assert mail.to == [world.sme_user.email]
    assert f"http://127.0.0.1:8000/inbox/{told.public_id}" in mail.body
    assert queries.unread(writer, world.sme_user.id) == 1
    assert queries.unread(writer, world.sme_admin.id) == 0


def test_what_is_rolled_back_was_never_told(app: Flask, world: factories.World, tide: Kind, writer: Session) -> None:
    operations.tell(writer, reader(writer, world), tide.name, FACTS)
    writer.rollback()
    assert queries.inbox(writer, world.sme_user.id).items == []
    assert mails(app) == []


def test_the_same_news_is_told_once_and_the_transaction_goes_on(
    app: Flask, world: factories.World, tide: Kind, writer: Session
) -> None:
    assert operations.tell(writer, reader(writer, world), tide.name, FACTS, key="a") is not None
    assert operations.tell(writer, reader(writer, world), tide.name, FACTS, key="a") is None
    assert operations.tell(writer, reader(writer, world), tide.name, FACTS, key="b") is not None
    writer.commit()
    assert len(queries.inbox(writer, world.sme_user.id).items) == len(mails(app)) == 2


@pytest.mark.parametrize(
    ("way", "in_inbox", "mailed", "for_digest"),
    [
        (Way(True, ByMail.NEVER), 1, 0, False),
        (Way(False, ByMail.AT_ONCE), 0, 1, False),
        (Way(True, ByMail.DIGEST), 1, 0, True),
        (Way(False, ByMail.NEVER), 0, 0, False),
    ],
)
def test_the_reader_decides_how(
    app: Flask,
    world: factories.World,
    tide: Kind,
    writer: Session,
    way: Way,
    in_inbox: int,
    mailed: int,
    for_digest: bool,
) -> None:
    operations.prefer(writer, world.sme_user.id, tide, way)
    told = operations.tell(writer, reader(writer, world), tide.name, FACTS)
    writer.commit()
    assert told is not None
    assert len(queries.inbox(writer, world.sme_user.id).items) == in_inbox
    assert len(mails(app)) == mailed
    assert told.for_digest is for_digest


def test_what_must_be_known_can_not_be_switched_off(world: factories.World, writer: Session) -> None:
    with pytest.raises(ValueError, match="always comes"):
        operations.prefer(writer, world.sme_admin.id, KINDS["membership-asked"], Way(False, ByMail.NEVER))


def test_a_text_is_no_fact(world: factories.World, tide: Kind, writer: Session) -> None:
    with pytest.raises(ValueError, match="expected a name, a number or a day"):
        operations.tell(writer, reader(writer, world), tide.name, {"organisation": "word " * 50})
    with pytest.raises(ValueError, match="got list"):
        operations.tell(writer, reader(writer, world), tide.name, {"organisation": ["a", "b"]})


def test_what_is_taken_back_leaves_the_inbox_and_the_outbox(
    make_app: Callable[..., Flask], world: factories.World, tide: Kind
) -> None:
    # Nobody listens at this port, so the mail stays in the outbox.
    app = make_app(MAIL_BACKEND="smtp", MAIL_SERVER="127.0.0.1", MAIL_PORT=1)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as writer:
        operations.tell(writer, reader(writer, world), tide.name, FACTS, key="a")
        writer.commit()
        kept = operations.tell(writer, reader(writer, world), tide.name, FACTS, key="b")
        operations.retract(writer, tide.name, "a")
        writer.commit()
        assert writer.scalars(select(Notification)).all() == [kept]
        assert kept is not None
        assert writer.scalars(select(OutboxMessage.id)).all() == [kept.mail_id]


def test_every_kind_has_its_mail() -> None:
    for kind in KINDS.values():
        assert (TEMPLATES / f"{kind.template}.txt").is_file(), kind.name


@pytest.mark.parametrize(
    ("locale", "subject", "end"),
    [
        ("en", "You now act for", "No more mails of this kind"),
        ("de", "Sie handeln jetzt für", "Keine solchen Mails mehr"),
        ("sv", "Du företräder nu", "Inga fler sådana mejl"),
        ("", "You now act for", "No more mails of this kind"),
        ("fi", "You now act for", "No more mails of this kind"),
    ],
)
def test_a_mail_speaks_its_readers_language(
    app: Flask, world: factories.World, tide: Kind, writer: Session, locale: str, subject: str, end: str
) -> None:
    user = reader(writer, world)
    user.locale = locale
    operations.tell(writer, user, tide.name, FACTS)
    writer.commit()
    (mail,) = mails(app)
    assert mail.subject == f"{subject} Knochenwerk GmbH"
    assert end in mail.body


def tell_in_a_transaction(app: Flask, world: factories.World, kind: Kind) -> None:
    with app.app_context(), Session(db.engine) as writer:
        operations.tell(writer, reader(writer, world), kind.name, FACTS)
        writer.commit()


def test_mails_that_may_be_stopped_can_be_stopped_with_one_click(
    app: Flask, world: factories.World, tide: Kind, session: Session, client: FlaskClient
) -> None:
    tell_in_a_transaction(app, world, tide)
    (mail,) = mails(app)
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = mail.extra_headers["List-Unsubscribe"].strip("<>")
    assert url in mail.body
    path = url.removeprefix("http://127.0.0.1:8000")

    asked = client.get(path)
    assert "Stop these mails?" in asked.text
    assert world.sme_user.email not in asked.text, "the page does not tell whose link it is"
    assert queries.way(session, world.sme_user.id, tide).by_mail is ByMail.AT_ONCE, "looking changes nothing"

    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    session.expire_all()
    assert queries.way(session, world.sme_user.id, tide) == Way(True, ByMail.NEVER)
    tell_in_a_transaction(app, world, tide)
    assert len(mails(app)) == 1
    assert queries.unread(session, world.sme_user.id) == 2


@pytest.mark.parametrize("token", ["nonsense", "WyJhIiwidGlkZS10dXJuZWQiXQ.bad", "%00"])
def test_a_made_up_link_stops_nothing(client: FlaskClient, tide: Kind, token: str) -> None:
    assert client.get(f"/unsubscribe/{token}").status_code in (400, 404)
    assert client.post(f"/unsubscribe/{token}").status_code in (400, 404)


def test_what_somebody_has_to_answer_carries_no_way_to_stop_it(
    app: Flask, world: factories.World, sign_in: Callable[..., FlaskClient]
) -> None:
    sign_in(world.newcomer).post(f"/organisations/{world.sme.public_id}/ask", data={"message": "hello"})
    (mail,) = mails(app)
    assert "List-Unsubscribe" not in mail.extra_headers
    assert "/unsubscribe/" not in mail.body
