"""The inbox: what waits first, opened by its owner only, marked as read by opening it or by hand."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.db import db, utcnow
from matchmaker.notifications import operations
from matchmaker.notifications.models import Notification
from tests import factories

Browsers = Callable[..., FlaskClient]


@pytest.fixture
def tell(app: Flask, world: factories.World) -> Callable[..., str]:
    """Tells the SME's user that they may act for an organisation; gives the notification's public id."""

    def tell(organisation: str, *, read: bool = False) -> str:
        with app.app_context(), Session(db.engine) as session:
            user = session.get_one(User, world.sme_user.id)
            told = operations.tell(session, user, "membership-accepted", {"organisation": organisation})
            assert told is not None
            if read:
                operations.mark_read(session, told, now=utcnow())
            public_id = told.public_id
            session.commit()
        return public_id

    return tell


def sentences(page: str) -> list[str]:
    return re.findall(r"You now act for ([^.]+)\.", page)


def test_an_empty_inbox_says_what_it_is_for(world: factories.World, sign_in: Browsers) -> None:
    page = sign_in(world.sme_user).get("/inbox").text
    assert "Nothing here yet" in page
    assert "unread" not in page


def test_what_waits_stands_before_what_was_read(
    world: factories.World, tell: Callable[..., str], sign_in: Browsers
) -> None:
    tell("Old")
    tell("Read", read=True)
    tell("New")
    page = sign_in(world.sme_user).get("/inbox").text
    assert sentences(page) == ["New", "Old", "Read"]
    assert 'aria-label="Inbox, 2 unread"' in page


def test_opening_leads_to_the_thing_and_counts_as_read(
    world: factories.World, tell: Callable[..., str], sign_in: Browsers, session: Session
) -> None:
    public_id = tell("Harbour")
    browser = sign_in(world.sme_user)
    assert browser.get(f"/inbox/{public_id}").location == "/arrive"
    assert 'aria-label="Inbox"' in browser.get("/inbox").text
    browser.post(f"/inbox/{public_id}/unread")
    assert 'aria-label="Inbox, 1 unread"' in browser.get("/inbox").text
    browser.post(f"/inbox/{public_id}/read")
    assert session.scalars(select(Notification.read_at)).one() is not None


def test_all_read_spares_what_came_after_the_page_was_made(
    world: factories.World, tell: Callable[..., str], sign_in: Browsers
) -> None:
    tell("First")
    seen = tell("Second")
    tell("Third")
    browser = sign_in(world.sme_user)
    answer = browser.post("/inbox", data={"newest": seen}, follow_redirects=True).text
    assert "2 notifications marked as read." in answer
    assert "1 unread" in answer


def test_the_inbox_has_pages(world: factories.World, tell: Callable[..., str], sign_in: Browsers) -> None:
    for number in range(23):
        tell(f"Organisation {number:02}")
    browser = sign_in(world.sme_user)
    first, second = browser.get("/inbox").text, browser.get("/inbox?page=2").text
    assert len(sentences(first)) == 20
    assert sentences(second) == ["Organisation 02", "Organisation 01", "Organisation 00"]
    assert sentences(browser.get("/inbox?page=99").text) == sentences(second)


def test_nobody_opens_or_marks_what_others_were_told(
    world: factories.World, tell: Callable[..., str], sign_in: Browsers, client: FlaskClient, session: Session
) -> None:
    public_id = tell("Secret")
    colleague = sign_in(world.sme_admin)
    assert "Secret" not in colleague.get("/inbox").text
    for path in (f"/inbox/{public_id}/read", f"/inbox/{public_id}/unread"):
        assert colleague.post(path).status_code == 404
    assert colleague.get(f"/inbox/{public_id}").status_code == 404
    assert colleague.post("/inbox", data={"newest": public_id}).status_code == 404
    assert client.get(f"/inbox/{public_id}").location.startswith("/sign-in")
    assert session.scalars(select(Notification.read_at)).one() is None


def test_a_request_to_join_leaves_the_inbox_once_it_is_answered(world: factories.World, sign_in: Browsers) -> None:
    newcomer, admin = sign_in(world.newcomer), sign_in(world.sme_admin)
    newcomer.post(f"/organisations/{world.sme.public_id}/ask", data={"message": "I know a secret"})
    page = admin.get("/inbox").text
    assert f"{world.newcomer.name} asks to join Knochenwerk GmbH." in page
    assert "I know a secret" not in page
    assert admin.get("/inbox").text.count("asks to join") == 1
    withdraw = re.search(r"/memberships/\w+/withdraw", newcomer.get("/start").text)
    assert withdraw is not None
    newcomer.post(withdraw[0])
    assert "asks to join" not in admin.get("/inbox").text
