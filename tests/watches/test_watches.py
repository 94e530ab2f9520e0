"""Kept searches: their owner is told of what is new and may be read, once for each thing."""

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
from matchmaker.db import utcnow
from matchmaker.notifications.models import Notification
from matchmaker.permissions import Visibility
from matchmaker.suggestions.models import ItemKind
from matchmaker.watches import operations
from matchmaker.watches.models import Find, Watch
from tests import factories

Browsers = Callable[..., FlaskClient]
PHAGES = "Bacteriophages against biofilm on implants"


@pytest.fixture
def keep(app: Flask, world: factories.World, sign_in: Browsers, session: Session) -> Callable[..., Watch]:
    """Keeps a search of the SME's user, as the button on the search page does."""

    def keep(search: str) -> Watch:
        assert sign_in(world.sme_user).post("/searches", data={"search": search}).status_code == 302
        session.expire_all()
        return session.scalars(select(Watch).order_by(Watch.id.desc())).first()

    return keep


@pytest.fixture
def look(app: Flask, session: Session) -> Callable[[], list[str]]:
    """Lets the job look as if a quarter of an hour had passed; gives what is in the inboxes, the oldest first."""

    def look() -> list[str]:
        session.execute(update(Watch).values(looked_at=utcnow() - timedelta(hours=1)))
        session.commit()
        jobs.run(app, "watches")
        session.expire_all()
        told = session.scalars(select(Notification).where(Notification.kind == "watch-found").order_by(Notification.id))
        return [f"{one.facts['count']} for {one.facts['watch']}" for one in told]

    return look


def publish(session: Session, of: Any, **values: Any) -> Any:
    made = factories.competence(session, of, **{"title": PHAGES, "description": PHAGES, "fields": ["atmp"], **values})
    session.commit()
    return made


def test_what_is_new_is_told_once(
    world: factories.World, session: Session, keep: Callable[..., Watch], look: Callable[[], list[str]]
) -> None:
    publish(session, world.university)
    keep("q=bacteriophages+biofilm+implants&what=competence")
    assert look() == [], "what fitted from the beginning is known"
    publish(session, world.host)
    publish(session, world.host, title="Accounting", description="Book-keeping for shipyards.")
    assert look() == ["1 for bacteriophages biofilm implants"]
    assert look() == ["1 for bacteriophages biofilm implants"]


def test_what_takes_the_number_of_something_deleted_is_told_of(
    world: factories.World, session: Session, keep: Callable[..., Watch], look: Callable[[], list[str]]
) -> None:
    first = publish(session, world.university)
    keep("q=bacteriophages+biofilm+implants&what=competence")
    assert look() == []
    number = first.id
    session.delete(first)
    session.flush()
    assert publish(session, world.host).id == number
    assert look() == ["1 for bacteriophages biofilm implants"]


def test_a_field_is_watched_without_words(
    world: factories.World, session: Session, keep: Callable[..., Watch], look: Callable[[], list[str]]
) -> None:
    keep("field=atmp")
    publish(session, world.host)
    publish(session, world.host, fields=["diagnostics"])
    factories.need(session, world.university, fields=["atmp"])
    session.commit()
    (told,) = look()
    assert told.startswith("2 for ")


def test_nothing_is_told_of_what_its_owner_may_not_read_until_the_day_it_may_be_read(
    world: factories.World, session: Session, keep: Callable[..., Watch], look: Callable[[], list[str]]
) -> None:
    keep("q=bacteriophages+biofilm+implants")
    hidden = [
        publish(session, world.university, visibility=Visibility.PRIVATE),
        publish(session, world.stranger, visibility=Visibility.MEMBERS),
    ]
    assert look() == []
    assert session.scalars(select(Find).where(Find.item_id.in_([one.id for one in hidden]))).all() == []
    hidden[0].visibility = Visibility.MEMBERS
    session.commit()
    assert look() == ["1 for bacteriophages biofilm implants"]


def test_the_own_organisations_things_are_no_news(
    world: factories.World, session: Session, keep: Callable[..., Watch], look: Callable[[], list[str]]
) -> None:
    keep("q=bacteriophages+biofilm+implants")
    publish(session, world.sme)
    assert look() == []


def test_the_page_of_finds_forgets_what_may_no_longer_be_read(
    world: factories.World,
    session: Session,
    keep: Callable[..., Watch],
    look: Callable[[], list[str]],
    sign_in: Browsers,
) -> None:
    watch = keep("q=bacteriophages+biofilm+implants")
    found = publish(session, world.university)
    look()
    browser = sign_in(world.sme_user)
    inbox = browser.get("/inbox").text
    assert "1 new find for" in inbox
    assert PHAGES not in inbox, "the inbox says that there is something, and not what"
    link = re.search(r"/inbox/\w+", inbox)
    assert link is not None
    page = browser.get(link[0], follow_redirects=True).text
    assert PHAGES in page
    found.visibility = Visibility.PRIVATE
    session.commit()
    assert PHAGES not in browser.get(f"/searches/{watch.public_id}").text


def test_a_search_is_renamed_and_dropped_and_its_news_go_with_it(
    world: factories.World,
    session: Session,
    keep: Callable[..., Watch],
    look: Callable[[], list[str]],
    sign_in: Browsers,
) -> None:
    watch = keep("q=bacteriophages+biofilm+implants&what=competence")
    browser = sign_in(world.sme_user)
    browser.post(f"/searches/{watch.public_id}/rename", data={"name": "Phages"})
    assert browser.post(f"/searches/{watch.public_id}/rename", data={"name": " "}).status_code == 422
    publish(session, world.university)
    assert look() == ["1 for Phages"]
    browser.post(f"/searches/{watch.public_id}/drop")
    assert "No search is kept yet" in browser.get("/searches").text
    assert look() == []


def test_nobody_opens_or_changes_what_others_keep(
    world: factories.World, keep: Callable[..., Watch], sign_in: Browsers, client: FlaskClient, session: Session
) -> None:
    watch = keep("q=phages")
    colleague = sign_in(world.sme_admin)
    assert "phages" not in colleague.get("/searches").text
    assert colleague.get(f"/searches/{watch.public_id}").status_code == 404
    assert colleague.post(f"/searches/{watch.public_id}/rename", data={"name": "Mine"}).status_code == 404
    assert colleague.post(f"/searches/{watch.public_id}/drop").status_code == 404
    assert client.get("/searches").location.startswith("/sign-in")
    assert session.get(Watch, watch.id) is not None


def test_an_address_is_kept_as_it_was_searched_and_nothing_else(
    world: factories.World, keep: Callable[..., Watch], sign_in: Browsers
) -> None:
    watch = keep("q=implants&what=need&field=atmp&country=DE&country=SE&sme=1&evil=1&page=3")
    assert (watch.words, watch.kind) == ("implants", ItemKind.NEED)
    page = sign_in(world.sme_user).get("/searches").text
    address = re.search(r'href="(/search\?[^"]+)"', page)
    assert address is not None
    assert set(address[1].replace("&amp;", "&").partition("?")[2].split("&")) == {
        "q=implants",
        "what=need",
        "field=atmp",
        "country=DE",
        "country=SE",
        "sme=1",
    }


def test_an_empty_search_is_not_kept(world: factories.World, sign_in: Browsers, session: Session) -> None:
    answer = sign_in(world.sme_user).post("/searches", data={"search": "page=2"}, follow_redirects=True)
    assert "Type a few words" in answer.text
    assert session.scalars(select(Watch)).all() == []


def test_the_search_page_offers_to_keep_a_search_to_members_only(
    world: factories.World, sign_in: Browsers, client: FlaskClient
) -> None:
    assert "Keep this search" in sign_in(world.sme_user).get("/search?q=implants").text
    assert "Keep this search" not in sign_in(world.sme_user).get("/search").text
    assert "Keep this search" not in client.get("/search?q=implants").text


def test_a_job_that_fails_in_the_middle_tells_nothing_twice(
    app: Flask,
    world: factories.World,
    session: Session,
    keep: Callable[..., Watch],
    look: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep("q=bacteriophages+biofilm+implants")
    publish(session, world.university)
    tell = operations.tell

    def tell_and_die(*arguments: Any, **named: Any) -> None:
        tell(*arguments, **named)
        raise RuntimeError("killed")

    monkeypatch.setattr(operations, "tell", tell_and_die)
    with pytest.raises(RuntimeError):
        look()
    monkeypatch.setattr(operations, "tell", tell)
    assert look() == ["1 for bacteriophages biofilm implants"]


def test_teasers_are_not_watched_since_news_would_tell_when_a_confidential_need_came(
    world: factories.World,
    session: Session,
    keep: Callable[..., Watch],
    look: Callable[[], list[str]],
    sign_in: Browsers,
) -> None:
    keep("q=bacteriophages+biofilm+implants")
    factories.need(
        session, world.university, title="Secret", visibility=Visibility.TEASER, teaser=PHAGES, description=PHAGES
    )
    session.commit()
    assert look() == []
    assert "Keep this search" not in sign_in(world.sme_user).get("/search?q=implants&what=teaser").text
