"""What a user is told, and how: a matrix of kinds, in which what must be known has no switch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker.notifications import queries
from matchmaker.notifications.kinds import KINDS, ByMail, Frequency
from matchmaker.notifications.queries import Way
from tests import factories

Browsers = Callable[..., FlaskClient]


def as_shown(page: str) -> dict[str, str]:
    """The form as a browser would send it back."""
    form = dict.fromkeys(re.findall(r'name="(inbox-[\w-]+)"[^>]* checked', page), "1")
    for name, options in re.findall(r'<select[^>]*name="([\w-]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option (?:selected )?value="([\w]+)"(?: selected)?>', options)
        marked = re.search(r'value="(\w+)" selected|selected value="(\w+)"', options)
        assert chosen is not None
        form[name] = (marked[1] or marked[2]) if marked else chosen[1]
    return form


@pytest.fixture
def page(world: factories.World, sign_in: Browsers) -> tuple[FlaskClient, str]:
    browser = sign_in(world.sme_user)
    return browser, browser.get("/account/notifications").text


def test_every_kind_has_a_row_and_what_must_be_known_no_switch(page: tuple[FlaskClient, str]) -> None:
    for kind in KINDS.values():
        assert f'id="kind-{kind.name}"' in page[1]
        assert (f'name="mail-{kind.name}"' in page[1]) is kind.optional


def test_saving_the_page_as_it_is_changes_nothing(
    page: tuple[FlaskClient, str], world: factories.World, session: Session
) -> None:
    before = queries.ways(session, world.sme_user.id)
    assert page[0].post("/account/notifications", data=as_shown(page[1])).status_code == 302
    assert queries.ways(session, world.sme_user.id) == before
    assert queries.rhythm(session, world.sme_user.id) is Frequency.WEEKLY


def test_a_choice_is_kept_and_shown(page: tuple[FlaskClient, str], world: factories.World, session: Session) -> None:
    browser, shown = page
    form = as_shown(shown)
    del form["inbox-membership-accepted"]
    form |= {"mail-membership-accepted": "digest", "mail-membership-refused": "never", "every": "monthly"}
    browser.post("/account/notifications", data=form)
    ways = queries.ways(session, world.sme_user.id)
    assert ways["membership-accepted"] == Way(False, ByMail.DIGEST)
    assert ways["membership-refused"] == Way(True, ByMail.NEVER)
    assert queries.rhythm(session, world.sme_user.id) is Frequency.MONTHLY
    assert queries.ways(session, world.sme_admin.id)["membership-accepted"] == Way(True, ByMail.AT_ONCE)
    assert as_shown(browser.get("/account/notifications").text) == form


def test_no_form_switches_off_what_must_be_known(
    page: tuple[FlaskClient, str], world: factories.World, session: Session
) -> None:
    page[0].post("/account/notifications", data={"every": "weekly", "mail-membership-asked": "never"})
    assert queries.ways(session, world.sme_user.id)["membership-asked"] == Way(True, ByMail.AT_ONCE)


@pytest.mark.parametrize("wrong", [{"every": "hourly"}, {"every": "weekly", "mail-membership-refused": "by pigeon"}])
def test_what_the_form_does_not_offer_is_refused(
    page: tuple[FlaskClient, str], world: factories.World, session: Session, wrong: dict[str, Any]
) -> None:
    assert page[0].post("/account/notifications", data=wrong).status_code == 422
    assert queries.ways(session, world.sme_user.id)["membership-refused"] == Way(True, ByMail.AT_ONCE)
