"""Whatever happens in whatever order, a side sees the other's contact exactly while both consents hold, and never more
than the other agreed to; nobody reads a text, or learns whose a teaser is, who may not at that moment. Hypothesis looks
for an order in which that is not so.

Everything goes through the pages, as people use them; only time is moved by hand. After every step a fresh connection
looks into the database.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from typing import Any, ClassVar

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, create_engine, select, update
from sqlalchemy.orm import Session, selectinload

from matchmaker import jobs
from matchmaker.accounts.models import User
from matchmaker.db import today, utcnow
from matchmaker.introductions.models import Introduction, IntroductionState, pair_of
from matchmaker.items.models import ItemState, Teaser
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from tests import factories
from tests.clients import signed_in
from tests.introductions.conftest import ANSWERS, hidden

#: Orders that are tried from each beginning, and how long each is at most; ``ORDERS=20x30`` tries more by hand.
EXAMPLES, STEPS = map(int, os.environ.get("ORDERS", "3x30").split("x"))
#: Words that stand only in the confidential text, one for every version of it.
CANARY = "zirconium-canary-{}"
#: What others may know of it while it is confidential.
TEASER = "A maker of implants seeks a way to keep germs off a surface. Experience with salt water is welcome."
OFFER = "Coatings are tried in salt water of any strength. Makers of implants are welcome."
TITLES = ("Engineer", "Head of Surfaces", "Professor")
#: The two sides: an SME, whose need it is about, and a researcher. Either may ask the other.
SME, UNIVERSITY = "sme", "university"
BOTH = (SME, UNIVERSITY)


def other(side: str) -> str:
    return UNIVERSITY if side == SME else SME


@dataclass
class Agreed:
    """What a side agreed to disclose, as this test's own book-keeping has it."""

    email: str
    title: str
    text: int | None


@dataclass
class Book:
    """An introduction as it should be."""

    public_id: str
    #: The need that it is about, '' for none.
    need: str
    #: Whether the SME asked by the teaser of what the researcher offers in confidence.
    blind: bool = False
    consents: dict[str, Agreed] = field(default_factory=dict)


#: Rules about an introduction wait until there is one, rules about the need while there is none.
asked = precondition(lambda machine: bool(machine.books))
written = precondition(lambda machine: bool(machine.need))


@dataclass(frozen=True)
class Start:
    """How a run begins: with what need, who asks, and what happens next."""

    visibility: Visibility
    asker: str = SME
    published: bool = True
    agreed: bool = False
    deleted: bool = False


STARTS = (
    Start(Visibility.PRIVATE, agreed=True),
    Start(Visibility.TEASER, asker=UNIVERSITY),
    Start(Visibility.MEMBERS, published=False, deleted=True),
)


class AnyOrder(RuleBasedStateMachine):
    """An SME with a need, a researcher, and everything that either may do."""

    app: Flask
    engine: Engine
    start: Start
    #: Whether contact was disclosed, and whether it was not, in any of the orders that were tried.
    reached: ClassVar[set[bool]] = set()

    def __init__(self) -> None:
        super().__init__()
        name = f"Knochenwerk {secrets.token_hex(4)} GmbH"
        with Session(self.engine, expire_on_commit=False) as session:
            cluster = factories.cluster(session)
            sme = factories.organisation(session, within=cluster, name=name)
            university = factories.organisation(session, within=cluster, name=f"Universität {secrets.token_hex(4)}")
            offer = factories.competence(session, university, visibility=Visibility.TEASER, teaser=OFFER)
            self.users = {SME: factories.user(session, of=sme), UNIVERSITY: factories.user(session, of=university)}
            session.commit()
            #: The researcher's competence in confidence, as others know it.
            self.offer = offer.shown_as.public_id
        self.organisations = {SME: sme, UNIVERSITY: university}
        self.pair = pair_of(sme.id, university.id)
        self.browsers: dict[str, FlaskClient] = {side: signed_in(self.app, user) for side, user in self.users.items()}
        self.titles = dict.fromkeys(BOTH, "")
        #: The need's public id; '' before it is written and after it is deleted. The words it holds now.
        self.need, self.version, self.visibility = "", 0, Visibility.PRIVATE
        #: The versions of its text that were no secret when somebody asked.
        self.opened: set[int] = set()
        self.blockers: set[str] = set()
        self.books: list[Book] = []

    # --- What people do with the need

    @initialize()
    def begin(self) -> None:
        """Hypothesis leaves some rules out of some runs; every run begins with a request all the same."""
        start = self.start
        self.write(start.visibility, start.published)
        self.ask(start.asker, discloses_text=True, twice=False, blind=False)
        assert self.books, "the first request went its way"
        if start.agreed:
            self.accept(discloses_text=True)
        if start.deleted:
            self.delete()
            assert not self.need

    @precondition(lambda self: not self.need)
    @rule(visibility=st.sampled_from(Visibility), published=st.booleans())
    def write(self, visibility: Visibility, published: bool) -> None:
        self.version, self.visibility = self.version + 1, visibility
        answer = self._send("/needs/new", action="publish" if published else "save")
        self.need = answer.location.rpartition("/")[2]

    @written
    @rule(visibility=st.sampled_from(Visibility))
    def change_visibility(self, visibility: Visibility) -> None:
        self.visibility = visibility
        self._edit()

    @written
    @rule()
    def edit_the_text(self) -> None:
        self.version += 1
        self._edit()

    @written
    @rule(verb=st.sampled_from(["publish", "met", "close", "renew"]))
    def move(self, verb: str) -> None:
        assert self.browsers[SME].post(f"/needs/{self.need}/{verb}").status_code == 302

    @written
    @rule()
    def delete(self) -> None:
        self.browsers[SME].post(f"/needs/{self.need}/delete")
        if self._stored_need() is None:
            self.need = ""

    @written
    @rule()
    def need_expires(self) -> None:
        ended = today() - timedelta(days=1)
        self._write(update(Need).where(Need.public_id == self.need).values(expires_on=ended))
        # Its teaser ends on the same day.
        of_need = select(Need.id).where(Need.public_id == self.need).scalar_subquery()
        self._write(update(Teaser).where(Teaser.need_id == of_need).values(expires_on=ended))

    def _edit(self) -> None:
        stored = self._stored_need()
        assert stored is not None
        self._send(f"/needs/{self.need}/edit", action="save", version=str(stored.version))

    def _send(self, address: str, **more: str) -> Any:
        form = {
            "title": "A coating that keeps germs off",
            "description": f"Our coating lets go of the metal in salt water: {CANARY.format(self.version)}.",
            "expected_result": "It stays on for thirty days.",
            "visibility": str(self.visibility),
            "teaser": TEASER,
            **more,
        }
        answer = self.browsers[SME].post(address, data=form)
        assert answer.status_code == 302, unescape(answer.text)
        return answer

    # --- What people do with introductions

    @rule(side=st.sampled_from(BOTH), discloses_text=st.booleans(), twice=st.booleans(), blind=st.booleans())
    def ask(self, side: str, discloses_text: bool, twice: bool, blind: bool) -> None:
        """The SME asks the researcher, or whoever is behind the teaser of what the researcher offers in confidence,
        with its need where there is one; the researcher asks about need or teaser.
        """
        if side == SME:
            asked = self.offer if blind else self.organisations[UNIVERSITY].public_id
            address = f"/introductions/ask/{asked}?for={self.need}"
        else:
            stored = self._stored_need()
            if stored is None:
                return
            teased = stored.shown_as if stored.visibility == Visibility.TEASER else None
            address = f"/introductions/ask/{teased.public_id if teased else self.need}"
        if self.need and not self._confidential(self.need):
            self.opened.add(self.version)
        page = self.browsers[side].get(address)
        if page.status_code != 200:
            return
        form = {**ANSWERS, **{name: hidden(page.text, name) for name in ("shown", "key", "explanation")}}
        form["optional"] = ["title", *(["text"] if discloses_text else [])]
        sent = [self.browsers[side].post(address, data=form) for _ in range(2 if twice else 1)]
        assert len({answer.location for answer in sent}) == 1
        public_id = sent[0].location.rpartition("/")[2]
        if "?" not in public_id and public_id not in {book.public_id for book in self.books}:
            agreed = {side: self._agreed(side, discloses_text)}
            self.books.append(Book(public_id, self.need, blind and side == SME, agreed))

    def _agreed(self, side: str, discloses_text: bool) -> Agreed:
        confidential = side == SME and self._confidential(self.need)
        return Agreed(
            self.users[side].email, self.titles[side], self.version if confidential and discloses_text else None
        )

    @asked
    @rule(discloses_text=st.booleans())
    def accept(self, discloses_text: bool) -> None:
        for side in BOTH:
            self._consent(side, "accept", discloses_text)

    @asked
    @rule(side=st.sampled_from(BOTH), discloses_text=st.booleans())
    def renew(self, side: str, discloses_text: bool) -> None:
        self._consent(side, "renew", discloses_text)

    def _consent(self, side: str, verb: str, discloses_text: bool) -> None:
        book = self.books[-1]
        address = f"/introductions/{book.public_id}/{verb}"
        page = self.browsers[side].get(address)
        if page.status_code != 200:
            return
        optional = ["title", *(["text"] if discloses_text else [])]
        answer = self.browsers[side].post(address, data={"shown": hidden(page.text, "shown"), "optional": optional})
        assert answer.status_code == 302
        agreed = self._agreed(side, discloses_text)
        # Of a need that is gone there is no text any more to disclose.
        book.consents[side] = agreed if book.need == self.need and book.need else replace(agreed, text=None)

    @asked
    @rule(silently=st.booleans())
    def decline(self, silently: bool) -> None:
        book = self.books[-1]
        address = f"/introductions/{book.public_id}/decline"
        for side in BOTH:
            if self.browsers[side].get(address).status_code == 200:
                self.browsers[side].post(address, data={"reason": "" if silently else "no_capacity"})
                book.consents.clear()

    @asked
    @rule(side=st.sampled_from(BOTH))
    def withdraw(self, side: str) -> None:
        book = self.books[-1]
        answer = self.browsers[side].post(f"/introductions/{book.public_id}/withdraw", follow_redirects=True)
        if "Nothing is disclosed any more" in answer.text:
            book.consents.clear()

    @rule(side=st.sampled_from(BOTH))
    def block(self, side: str) -> None:
        address = f"/introductions/blocks/{self.organisations[other(side)].public_id}"
        # The page that follows names whom one blocked; the next one must not.
        self.browsers[side].post(address, follow_redirects=True)
        self.blockers.add(side)

    @precondition(lambda self: bool(self.blockers))
    @rule()
    def lift(self) -> None:
        for side in self.blockers:
            address = f"/introductions/blocks/{self.organisations[other(side)].public_id}/lift"
            assert "may ask you again" in self.browsers[side].post(address, follow_redirects=True).text
        self.blockers.clear()
        jobs.run(self.app, "introductions")

    @rule(side=st.sampled_from(BOTH), title=st.sampled_from(TITLES))
    def edit_a_person(self, side: str, title: str) -> None:
        self._write(update(User).where(User.id == self.users[side].id).values(title=title))
        self.titles[side] = title

    @asked
    @rule()
    def time_runs_out(self) -> None:
        self._write(
            update(Introduction)
            .where(Introduction.pair == self.pair)
            .values(expires_at=utcnow() - timedelta(minutes=1))
        )
        jobs.run(self.app, "introductions")
        for book in self.books:
            if self._stored(book).state != IntroductionState.ACCEPTED:
                book.consents.clear()

    def _write(self, change: Any) -> None:
        with Session(self.engine) as session:
            session.execute(change)
            session.commit()

    # --- What must hold

    def _stored(self, book: Book) -> Introduction:
        with Session(self.engine, expire_on_commit=False) as fresh:
            return fresh.scalars(select(Introduction).where(Introduction.public_id == book.public_id)).one()

    def _stored_need(self) -> Need | None:
        with Session(self.engine, expire_on_commit=False) as fresh:
            wanted = select(Need).where(Need.public_id == self.need).options(selectinload(Need.shown_as))
            return fresh.scalar(wanted)

    def _confidential(self, need: str) -> bool:
        """Whether the researcher may not read a need by its visibility, or it is gone and was a draft."""
        if not need:
            return False
        stored = self._stored_need() if need == self.need else None
        hides = (Visibility.PRIVATE, Visibility.TEASER)
        return stored is None or stored.state == ItemState.DRAFT or stored.visibility in hides

    def _main(self, side: str, book: Book) -> str:
        page = self.browsers[side].get(f"/introductions/{book.public_id}")
        text = unescape(page.text) if page.status_code == 200 else ""
        return text[text.index("<main") : text.index("</main>")] if text else ""

    def teardown(self) -> None:
        self._look_at(self.books)

    @invariant()
    def contact_is_disclosed_exactly_while_both_consents_hold(self) -> None:
        """Of the latest two after every step; of all at the end, since only time moves what came before."""
        self._look_at(self.books[-2:])

    def _look_at(self, books: list[Book]) -> None:
        for book in books:
            both = set(book.consents) == set(BOTH)
            self.reached.add(both)
            assert (self._stored(book).state == IntroductionState.ACCEPTED) == both
            for side in BOTH:
                main = self._main(side, book)
                theirs = main.partition('aria-label="Who sees what"')[0]
                self._sees_only_what_was_agreed(theirs, side, book.consents.get(other(side)) if both else None)
                if side == SME and book.blind and not both:
                    assert self.organisations[UNIVERSITY].name not in main, "the SME does not know yet whose it is"
            if not both and self._confidential(book.need):
                assert self.organisations[SME].name not in main, "the researcher does not know yet whose it is"

    def _sees_only_what_was_agreed(self, page: str, side: str, agreed: Agreed | None) -> None:
        assert (self.users[other(side)].email in page) == (agreed is not None)
        if side == SME:
            return
        shown = {version for version in range(self.version + 1) if CANARY.format(version) in page}
        disclosed = {agreed.text} if agreed is not None and agreed.text is not None else set()
        # Why it was suggested may quote what was no secret then.
        assert disclosed <= shown <= disclosed | self.opened
        if agreed is not None:
            for title in TITLES:
                assert (title in page) == (title == agreed.title)

    @invariant()
    def the_need_and_its_teaser_are_read_by_whom_they_are_shown_to(self) -> None:
        need = self._stored_need()
        if need is None:
            return
        live = need.state == ItemState.PUBLISHED and (need.expires_on is None or need.expires_on >= today())
        page = self.browsers[UNIVERSITY].get(f"/needs/{self.need}")
        assert (page.status_code == 200) == (live and need.visibility in (Visibility.MEMBERS, Visibility.PUBLIC))
        assert (CANARY.format(self.version) in page.text) == (page.status_code == 200)
        if need.shown_as is None:
            return
        teased = self.browsers[UNIVERSITY].get(f"/teasers/{need.shown_as.public_id}")
        assert (teased.status_code == 200) == (live and need.visibility == Visibility.TEASER)
        main = unescape(teased.text).partition("<main")[2]
        assert "canary" not in main
        assert self.organisations[SME].name not in main

    @invariant()
    def there_is_one_introduction_at_a_time(self) -> None:
        with Session(self.engine) as fresh:
            active = fresh.scalars(
                select(Introduction.matter).where(Introduction.active, Introduction.pair == self.pair)
            ).all()
            assert len(active) == len(set(active))

    @invariant()
    def nothing_that_ended_still_holds_what_was_disclosed(self) -> None:
        with Session(self.engine) as fresh:
            for introduction in fresh.scalars(select(Introduction).where(Introduction.pair == self.pair)):
                for consent in introduction.consents:
                    assert bool(consent.disclosed) == (consent.ended_at is None)


def test_whatever_happens_in_whatever_order(app: Flask, database_url: str) -> None:
    """One application serves all beginnings: making it, and its first pages, would cost more than many steps do."""
    engine = create_engine(database_url).execution_options(observer=True)
    for start in STARTS:
        machine = type(f"From {start}", (AnyOrder,), {"app": app, "engine": engine, "start": start, "reached": set()})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
        assert start.agreed in machine.reached
    engine.dispose()
