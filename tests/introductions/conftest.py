"""Two sides who can ask and answer through their browsers, and a way to look at what the database holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matchmaker.introductions.models import Introduction

ANSWERS = {
    "sought": "A joint trial of our scaffolds under flow.",
    "unclear": "Whether you have room before summer.",
    "about_us": "We print bone and have seven patents on it.",
}


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""


@dataclass
class Person:
    """Somebody at a browser."""

    browser: FlaskClient

    def ask(self, thing: Any, /, _form: dict[str, Any] | None = None, **query: str) -> TestResponse:
        """Open the form and send it."""
        address = f"/introductions/ask/{thing.public_id}"
        page = self.browser.get(address, query_string=query)
        if page.status_code != 200:
            return page
        form = {name: hidden(page.text, name) for name in ("shown", "key", "explanation")}
        return self.browser.post(address, query_string=query, data={**form, **ANSWERS, **(_form or {})})

    def accept(self, introduction: Any, **form: Any) -> TestResponse:
        """Look at the consent screen and agree."""
        address = f"/introductions/{introduction.public_id}/accept"
        page = self.browser.get(address)
        return self.browser.post(address, data={"shown": hidden(page.text, "shown"), **form})

    def decline(self, introduction: Any, reason: str = "", kind_words: str = "") -> TestResponse:
        address = f"/introductions/{introduction.public_id}/decline"
        return self.browser.post(address, data={"reason": reason, "kind_words": kind_words})

    def withdraw(self, introduction: Any) -> TestResponse:
        return self.browser.post(f"/introductions/{introduction.public_id}/withdraw")

    def read(self, introduction: Any) -> str:
        """The introduction's page."""
        answer = self.browser.get(f"/introductions/{introduction.public_id}")
        return answer.text if answer.status_code == 200 else ""


@pytest.fixture
def person(sign_in: Callable[..., FlaskClient]) -> Callable[[Any], Person]:
    return lambda user: Person(sign_in(user))


@pytest.fixture
def sme(person: Callable[[Any], Person], world: Any) -> Person:
    return person(world.sme_user)


@pytest.fixture
def researcher(person: Callable[[Any], Person], world: Any) -> Person:
    return person(world.researcher)


@pytest.fixture
def latest(session: Session) -> Callable[[], Introduction]:
    """The introduction that was asked for last, as the database holds it now."""

    def read() -> Introduction:
        session.expire_all()
        found = session.scalar(select(Introduction).order_by(Introduction.id.desc()).limit(1))
        assert found is not None
        return found

    return read
