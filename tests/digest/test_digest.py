"""The digest: only if there is something good, only to those who have not been here, and never twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.accounts.models import SignIn, User
from matchmaker.db import db, reading, utcnow
from matchmaker.digest import operations, queries
from matchmaker.notifications.kinds import KINDS, ByMail, Frequency
from matchmaker.notifications.models import DigestRhythm, Notification
from matchmaker.notifications.operations import prefer, tell
from matchmaker.notifications.queries import Way
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence
from tests import factories

WISH = "Lytic bacteriophages against biofilm on titanium implants"


def mails(app: Flask) -> list[Any]:
    return getattr(app.extensions["mailman"], "outbox", [])


@pytest.fixture
def need(world: factories.World, session: Session) -> Any:
    """The SME seeks what the university offers; everybody signed up long ago, and only the SME's user is asked."""
    made = factories.need(session, world.sme, title=WISH, description=WISH, expected_result=WISH)
    factories.competence(session, world.university, title=WISH, description=WISH)
    session.execute(update(User).values(created_at=utcnow() - timedelta(days=60)))
    session.execute(update(User).where(User.id != world.sme_user.id).values(confirmed_at=None))
    session.commit()
    return made


def pass_time(session: Session, days: float) -> None:
    """Let everything about digests and visits lie so much further back."""
    for table, columns in ((DigestRhythm, ("looked_at", "written_at")), (SignIn, ("last_seen_at",))):
        for row in session.scalars(select(table)):
            for column in columns:
                moment = getattr(row, column)
                if moment is not None:
                    setattr(row, column, moment - timedelta(days=days))
    session.commit()


def test_whoever_was_away_hears_of_good_partners_once(
    app: Flask, world: factories.World, need: Any, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    jobs.run(app, "digest")
    (mail,) = mails(app)
    assert mail.to == [world.sme_user.email]
    assert f"For “{WISH}”: Universität Elbstrand" in mail.body
    link = re.search(rf"http://127.0.0.1:8000(/\S*{need.public_id}\S*)", mail.body)
    assert link is not None
    assert "Universität Elbstrand" in sign_in(world.sme_user).get(link[1]).text
    pass_time(session, 8)
    jobs.run(app, "digest")
    pass_time(session, 8)
    jobs.run(app, "digest")
    assert len(mails(app)) == 1, "the same partner is not named again"
    factories.competence(session, world.host, title=WISH, description=WISH)
    pass_time(session, 1)
    jobs.run(app, "digest")
    assert len(mails(app)) == 2
    assert "Mälardalens Testbädd AB" in mails(app)[1].body
    assert "Elbstrand" not in mails(app)[1].body


def test_whoever_looks_in_gets_no_suggestions_by_mail(
    app: Flask, world: factories.World, need: Any, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    sign_in(world.sme_user)
    jobs.run(app, "digest")
    assert mails(app) == []
    pass_time(session, 8)
    jobs.run(app, "digest")
    assert len(mails(app)) == 1


def test_nothing_good_is_no_mail(app: Flask, world: factories.World, session: Session, need: Any) -> None:
    need.title = need.description = need.expected_result = "Tax advice for shipyards"
    need.keywords = []
    session.commit()
    jobs.run(app, "digest")
    assert mails(app) == []


def test_the_rights_of_the_moment_count(app: Flask, world: factories.World, session: Session, need: Any) -> None:
    session.scalars(select(Competence)).one().visibility = Visibility.PRIVATE
    session.commit()
    jobs.run(app, "digest")
    assert mails(app) == []


def test_the_title_of_a_confidential_need_stands_in_no_mail(
    app: Flask, world: factories.World, session: Session, need: Any
) -> None:
    need.visibility = Visibility.PRIVATE
    session.commit()
    jobs.run(app, "digest")
    (mail,) = mails(app)
    assert "For one of your needs: Universität Elbstrand" in mail.body
    assert WISH not in mail.body
    assert WISH not in str(mail.alternatives)


@pytest.mark.parametrize(
    ("every", "after_days", "written"),
    [
        (Frequency.NEVER, 400, False),
        (Frequency.DAILY, 1.1, True),
        (Frequency.DAILY, 0.5, False),
        (Frequency.WEEKLY, 6, False),
        (Frequency.WEEKLY, 7.1, True),
        (Frequency.MONTHLY, 29, False),
        (Frequency.MONTHLY, 30.1, True),
    ],
)
def test_it_comes_as_often_as_its_reader_wants(
    app: Flask, world: factories.World, session: Session, need: Any, every: Frequency, after_days: float, written: bool
) -> None:
    session.add(DigestRhythm(user_id=world.sme_user.id, every=every, written_at=utcnow(), looked_at=utcnow()))
    session.commit()
    pass_time(session, after_days)
    jobs.run(app, "digest")
    assert bool(mails(app)) is written


def test_news_for_the_digest_come_in_it_in_its_readers_language_unless_they_were_read(
    app: Flask, world: factories.World, session: Session, sign_in: Callable[..., FlaskClient], need: Any
) -> None:
    user = session.get_one(User, world.sme_user.id)
    user.locale = "de"
    session.commit()
    with app.app_context(), Session(db.engine) as writer:
        reader = writer.get_one(User, user.id)
        prefer(writer, reader.id, KINDS["membership-accepted"], Way(True, ByMail.DIGEST))
        tell(writer, reader, "membership-accepted", {"organisation": "Werft Nord"})
        read = tell(writer, reader, "membership-accepted", {"organisation": "Werft Süd"})
        assert read is not None
        read.read_at = utcnow()
        writer.commit()
    sign_in(world.sme_user)
    jobs.run(app, "digest")
    (mail,) = mails(app)
    assert mail.subject == "Neues für Sie"
    assert "- Sie handeln jetzt für Werft Nord" in mail.body
    assert "Werft Süd" not in mail.body
    assert WISH not in mail.body, "who was here gets the news and no suggestions"
    session.expire_all()
    assert [told.for_digest for told in session.scalars(select(Notification).order_by(Notification.id))] == [
        False,
        True,
    ]


def test_one_click_ends_the_digest(
    app: Flask, world: factories.World, session: Session, need: Any, client: FlaskClient
) -> None:
    jobs.run(app, "digest")
    url = mails(app)[0].extra_headers["List-Unsubscribe"].strip("<>")
    assert client.post(url.removeprefix("http://127.0.0.1:8000")).status_code == 200
    session.expire_all()
    assert session.get_one(DigestRhythm, world.sme_user.id).every is Frequency.NEVER


def test_a_job_killed_in_the_middle_has_written_nothing_and_the_next_writes_it_once(
    app: Flask, world: factories.World, session: Session, need: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue = operations.enqueue

    def enqueue_and_die(*arguments: Any, **named: Any) -> None:
        enqueue(*arguments, **named)
        raise RuntimeError("killed")

    monkeypatch.setattr(operations, "enqueue", enqueue_and_die)
    with pytest.raises(RuntimeError):
        jobs.run(app, "digest")
    assert mails(app) == []
    monkeypatch.setattr(operations, "enqueue", enqueue)
    jobs.run(app, "digest")
    jobs.run(app, "digest")
    assert len(mails(app)) == 1


def test_two_workers_with_the_same_findings_write_one_digest(
    app: Flask, world: factories.World, session: Session, need: Any
) -> None:
    now = utcnow()
    with app.app_context():
        with reading(), Session(db.engine) as reader:
            found = queries.contents(reader, reader.get_one(User, world.sme_user.id), now=now)
        assert found.ideas
        written = []
        for _worker in range(2):
            with Session(db.engine) as writer:
                written.append(operations.write(writer, writer.get_one(User, world.sme_user.id), found, now=now))
                writer.commit()
    assert written == [True, False]
    assert len(mails(app)) == 1
