"""Whatever happens in whatever order, a side sees the other's contact exactly while both consents hold, and never more
than the other agreed to. Hypothesis looks for an order in which that is not so.

Everything goes through the pages, as people use them; after every step a fresh connection looks into the database.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar

from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session

from embeddings import HashingEncoder
from matchmaker import create_app, jobs
from matchmaker.accounts.models import User
from matchmaker.config import load
from matchmaker.db import db, utcnow
from matchmaker.introductions.models import Introduction, IntroductionState, Side
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from tests import factories
from tests.clients import signed_in
from tests.conftest import CHEAP_ARGON2, SECRET_KEY
from tests.introductions.conftest import ANSWERS, hidden

#: Words that stand only in the confidential text, one for every version of it.
CANARY = "zirconium-canary-{}"


@dataclass
class Agreed:
    """What a side agreed to disclose, as this test's own book-keeping has it."""

    email: str
    title: str
    text: int | None


@dataclass
class Book:
    """The introduction under way as it should be."""

    public_id: str
    consents: dict[Side, Agreed] = field(default_factory=dict)
    delivered: bool = True


#: Rules about an introduction wait until there is one.
asked = precondition(lambda machine: machine.book is not None)


class AnyOrder(RuleBasedStateMachine):
    """An SME with a need, a researcher, and everything that either may do."""

    template: Path
    #: Whether contact was disclosed, and whether it was not, in any of the orders that were tried.
    reached: ClassVar[set[bool]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="any-order-"))
        database = self.folder / "matchmaker.sqlite3"
        shutil.copy(self.template, database)
        self.url = f"sqlite:///{database}"
        made = load(
            {
                "MATCHMAKER_DATA_DIR": str(self.folder),
                "MATCHMAKER_SECRET_KEY": SECRET_KEY,
                "MATCHMAKER_DATABASE_URL": self.url,
            }
        )
        self.app = create_app(
            replace(made, log_level="CRITICAL"),
            TESTING=True,
            WTF_CSRF_ENABLED=False,
            MAIL_BACKEND="locmem",
            ENCODER=HashingEncoder(),
            SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=CHEAP_ARGON2,
        )
        self.engine = create_engine(self.url).execution_options(observer=True)
        with Session(self.engine, expire_on_commit=False) as session:
            world = factories.world(session)
            need = factories.need(
                session, world.sme, author=world.sme_user, title="A coating that keeps germs off",
                description=CANARY.format(0), expected_result="", visibility=Visibility.PRIVATE,
            )  # fmt: skip
            session.commit()
            self.need_id, self.need = need.id, need.public_id
            self.users = {Side.ASKER: world.sme_user, Side.ASKED: world.researcher}
            self.organisations = {Side.ASKER: world.sme, Side.ASKED: world.university}
        self.browsers: dict[Side, FlaskClient] = {side: signed_in(self.app, user) for side, user in self.users.items()}
        self.titles = dict.fromkeys(Side, "")
        self.version = 0
        self.visibility = Visibility.PRIVATE
        self.blocked = False
        self.book: Book | None = None

    def teardown(self) -> None:
        with self.app.app_context():
            for engine in db.engines.values():
                engine.dispose()
        self.engine.dispose()
        shutil.rmtree(self.folder)

    # --- What people do

    @initialize(discloses_text=st.booleans(), agreed=st.booleans())
    def begin(self, discloses_text: bool, agreed: bool) -> None:
        """Hypothesis leaves some rules out of some runs; every run begins with a request all the same."""
        self.request(discloses_text, twice=False)
        if agreed:
            self.accept(discloses_text)

    @rule(discloses_text=st.booleans(), twice=st.booleans())
    def request(self, discloses_text: bool, twice: bool) -> None:
        address = f"/introductions/ask/{self.organisations[Side.ASKED].public_id}?for={self.need}"
        page = self.browsers[Side.ASKER].get(address)
        if page.status_code != 200:
            assert self.book is not None
            return
        form = {**ANSWERS, **{name: hidden(page.text, name) for name in ("shown", "key", "explanation")}}
        form["optional"] = ["title", *(["text"] if discloses_text else [])]
        sent = [self.browsers[Side.ASKER].post(address, data=form) for _ in range(2 if twice else 1)]
        assert len({answer.location for answer in sent}) == 1
        public_id = sent[0].location.rpartition("/")[2]
        if self.book is None or self.book.public_id != public_id:
            self.book = Book(public_id, {Side.ASKER: self._agreed(Side.ASKER, discloses_text)}, not self.blocked)

    def _agreed(self, side: Side, discloses_text: bool) -> Agreed:
        confidential = side is Side.ASKER and self.visibility == Visibility.PRIVATE
        text = self.version if confidential and discloses_text else None
        return Agreed(self.users[side].email, self.titles[side], text)

    @asked
    @rule(discloses_text=st.booleans())
    def accept(self, discloses_text: bool) -> None:
        for side in Side:
            self._consent(side, "accept", discloses_text)

    @asked
    @rule(side=st.sampled_from(Side), discloses_text=st.booleans())
    def renew(self, side: Side, discloses_text: bool) -> None:
        self._consent(side, "renew", discloses_text)

    def _consent(self, side: Side, verb: str, discloses_text: bool) -> None:
        assert self.book is not None
        address = f"/introductions/{self.book.public_id}/{verb}"
        page = self.browsers[side].get(address)
        if page.status_code != 200:
            return
        optional = ["title", *(["text"] if discloses_text else [])]
        answer = self.browsers[side].post(address, data={"shown": hidden(page.text, "shown"), "optional": optional})
        assert answer.status_code == 302
        self.book.consents[side] = self._agreed(side, discloses_text)

    @asked
    @rule(silently=st.booleans())
    def decline(self, silently: bool) -> None:
        assert self.book is not None
        address = f"/introductions/{self.book.public_id}/decline"
        reason = "" if silently else "no_capacity"
        if self.browsers[Side.ASKED].get(address).status_code == 200:
            self.browsers[Side.ASKED].post(address, data={"reason": reason})
            self.book.consents.clear()

    @asked
    @rule(side=st.sampled_from(Side))
    def withdraw(self, side: Side) -> None:
        assert self.book is not None
        answer = self.browsers[side].post(f"/introductions/{self.book.public_id}/withdraw", follow_redirects=True)
        if "Nothing is disclosed any more" in answer.text:
            self.book.consents.clear()

    @rule()
    def block(self) -> None:
        self.browsers[Side.ASKED].post(f"/introductions/blocks/{self.organisations[Side.ASKER].public_id}")
        self.blocked = True

    @precondition(lambda self: self.blocked)
    @rule()
    def lift(self) -> None:
        self.browsers[Side.ASKED].post(f"/introductions/blocks/{self.organisations[Side.ASKER].public_id}/lift")
        self.blocked = False
        jobs.run(self.app, "introductions")

    @rule(visibility=st.sampled_from([Visibility.PRIVATE, Visibility.MEMBERS, Visibility.PUBLIC]))
    def change_visibility(self, visibility: Visibility) -> None:
        self._write(update(Need).where(Need.id == self.need_id).values(visibility=visibility))
        self.visibility = visibility

    @rule()
    def edit_the_text(self) -> None:
        self.version += 1
        self._write(update(Need).where(Need.id == self.need_id).values(description=CANARY.format(self.version)))

    @rule(side=st.sampled_from(Side), title=st.sampled_from(["Engineer", "Head of Surfaces", "Professor"]))
    def edit_a_person(self, side: Side, title: str) -> None:
        self._write(update(User).where(User.id == self.users[side].id).values(title=title))
        self.titles[side] = title

    @rule(state=st.sampled_from([ItemState.PUBLISHED, ItemState.MET, ItemState.WITHDRAWN]))
    def publish_meet_or_close(self, state: ItemState) -> None:
        self._write(update(Need).where(Need.id == self.need_id).values(state=state))

    @asked
    @rule()
    def time_runs_out(self) -> None:
        self._write(update(Introduction).values(expires_at=utcnow() - timedelta(minutes=1)))
        jobs.run(self.app, "introductions")
        if self.book is not None and self._stored().state != IntroductionState.ACCEPTED:
            self.book.consents.clear()

    def _write(self, change: Any) -> None:
        with Session(self.engine) as session:
            session.execute(change)
            session.commit()

    # --- What must hold

    def _stored(self) -> Introduction:
        assert self.book is not None
        with Session(self.engine, expire_on_commit=False) as fresh:
            found = fresh.scalar(select(Introduction).where(Introduction.public_id == self.book.public_id))
            assert found is not None
            assert list(found.consents) is not None
            return found

    @invariant()
    def contact_is_disclosed_exactly_while_both_consents_hold(self) -> None:
        if self.book is None:
            return
        stored = self._stored()
        both = set(self.book.consents) == set(Side)
        self.reached.add(both)
        assert (stored.state == IntroductionState.ACCEPTED) == both
        for side in Side:
            page = self.browsers[side].get(f"/introductions/{self.book.public_id}")
            text = unescape(page.text) if page.status_code == 200 else ""
            main = text[text.index("<main") : text.index("</main>")] if text else ""
            theirs = main.partition('aria-label="Who sees what"')[0]
            self._sees_only_what_was_agreed(theirs, side, both)

    def _sees_only_what_was_agreed(self, page: str, side: Side, both: bool) -> None:
        assert self.book is not None
        other = side.other
        agreed = self.book.consents.get(other) if both else None
        assert (self.users[other].email in page) == (agreed is not None)
        if side is Side.ASKER:
            return
        shown = {version for version in range(self.version + 1) if CANARY.format(version) in page}
        assert shown == ({agreed.text} if agreed is not None and agreed.text is not None else set())
        if agreed is not None:
            for title in ("Engineer", "Head of Surfaces", "Professor"):
                assert (title in page) == (title == agreed.title)

    @invariant()
    def there_is_one_introduction_at_a_time(self) -> None:
        with Session(self.engine) as fresh:
            active = fresh.scalars(select(Introduction.matter).where(Introduction.active)).all()
            assert len(active) == len(set(active))

    @invariant()
    def nothing_that_ended_still_holds_what_was_disclosed(self) -> None:
        with Session(self.engine) as fresh:
            for introduction in fresh.scalars(select(Introduction)):
                for consent in introduction.consents:
                    assert bool(consent.disclosed) == (consent.ended_at is None)


def test_whatever_happens_in_whatever_order(migrated_database: Path, app: Any) -> None:
    # ``app`` makes the hash of the factories' password once.
    machine = type("Machine", (AnyOrder,), {"template": migrated_database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=16, stateful_step_count=16, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert AnyOrder.reached == {True, False}, "some orders disclose and some do not; else nothing was tried"
