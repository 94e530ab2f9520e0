"""A reader reports, managers decide, and what is down stays down until somebody lets it be shown again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.audit import Event
from matchmaker.audit.models import AuditEntry
from matchmaker.db import utcnow
from matchmaker.items.models import ItemState
from matchmaker.items.operations import publish
from matchmaker.needs.models import Need
from matchmaker.notifications.models import Notification
from matchmaker.permissions import Visibility
from matchmaker.privacy.operations import erase_user
from matchmaker.profiles.models import Competence
from matchmaker.reports import operations
from matchmaker.reports.guard import TakenDown
from matchmaker.reports.jobs import forget_reports
from matchmaker.reports.models import Complaint, Decision, Report
from matchmaker.reports.queries import taken_down
from tests import factories
from tests.clients import Program

SignIn = Callable[..., FlaskClient]
WHY = "They never ran this trial."
BECAUSE = "Nobody could show us the trial."


def reported(browser: FlaskClient, thing: Any, **form: str) -> str:
    """Report a thing; gives the address of the report."""
    answer = browser.post(f"/reports/about/{thing.public_id}", data={"complaint": "untrue", "text": WHY, **form})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def decide(browser: FlaskClient, address: str, decision: str = "taken_down") -> str:
    form = {"decision": decision, "answer": BECAUSE}
    return browser.post(f"{address}/decide", data=form, follow_redirects=True).text


def told(session: Session, user: Any) -> list[str]:
    session.expire_all()
    rows = session.scalars(select(Notification).where(Notification.user_id == user.id).order_by(Notification.id))
    return [row.kind for row in rows]


@pytest.fixture
def need(world: factories.World, session: Session) -> Need:
    made = factories.need(session, world.university, title="A trial nobody ran")
    session.commit()
    return made


def test_what_a_reader_reports_is_taken_down_and_everybody_is_told_what_concerns_them(
    app: Flask, world: factories.World, need: Need, session: Session, sign_in: SignIn
) -> None:
    reader, manager, owner = sign_in(world.sme_user), sign_in(world.manager), sign_in(world.researcher)
    assert "Report this" in reader.get(f"/needs/{need.public_id}").text
    assert "Report this" not in owner.get(f"/needs/{need.public_id}").text
    address = reported(reader, need)
    assert told(session, world.manager) == ["reported"]
    assert need.title in manager.get("/reports/").text
    assert "(1)" in manager.get("/desk/").text
    page = manager.get(address).text
    assert WHY in page
    assert world.sme_user.name in page

    assert "Choose one" in manager.post(f"{address}/decide", data={"answer": BECAUSE}).text
    assert "Decided" in decide(manager, address)
    assert app.test_client().get(f"/needs/{need.public_id}").status_code == 404
    assert told(session, world.sme_user) == ["report-decided"]
    assert told(session, world.researcher) == ["taken-down"]
    assert told(session, world.manager) == [], "nobody has to decide any more"
    assert BECAUSE in reader.get(address).text
    assert address in owner.get(f"/needs/{need.public_id}").text
    theirs = owner.get(address).text
    assert BECAUSE in theirs
    assert WHY not in theirs
    assert world.sme_user.name not in theirs, "the owner never learns who reported it"
    for letter in app.extensions["mailman"].outbox:
        assert WHY not in letter.body
        assert need.title not in letter.body


def test_what_is_down_stays_down_whichever_way_it_comes_until_it_is_let_back(
    world: factories.World, need: Need, session: Session, sign_in: SignIn
) -> None:
    manager, owner = sign_in(world.manager), sign_in(world.researcher)
    address = reported(sign_in(world.sme_user), need)
    decide(manager, address)
    answer = owner.post(f"/needs/{need.public_id}/publish")
    assert answer.status_code == 409
    assert "taken down after a report" in answer.text
    session.refresh(need)
    publish(need)
    with pytest.raises(TakenDown):
        session.flush()
    session.rollback()
    other = factories.need(session, world.university, title="Another of theirs")
    assert other.is_live, "everything else of theirs may be published"
    session.commit()

    manager.post(f"{address}/put-back")
    manager.post(f"{address}/put-back")
    assert told(session, world.researcher) == ["taken-down", "put-back"], "twice is once"
    assert owner.post(f"/needs/{need.public_id}/publish").status_code == 302
    session.refresh(need)
    assert need.is_live


def test_of_an_organisation_everything_goes_and_its_own_words_come_back(
    app: Flask, world: factories.World, need: Need, session: Session, sign_in: SignIn
) -> None:
    manager, owner = sign_in(world.manager), sign_in(world.researcher)
    draft = factories.competence(session, world.university, state=ItemState.DRAFT)
    words = "We heal what others only describe."
    world.university.headline = words
    session.commit()
    address = reported(sign_in(world.outsider), world.university, complaint="not_theirs")
    decide(manager, address)
    page = app.test_client().get(f"/organisations/{world.university.public_id}").text
    assert world.university.name in page
    assert words not in page
    assert app.test_client().get(f"/needs/{need.public_id}").status_code == 404
    session.expire_all()
    assert session.get_one(Competence, draft.id).state == ItemState.DRAFT
    assert owner.post(f"/needs/{need.public_id}/publish").status_code == 409
    session.refresh(world.university)
    world.university.headline = "We do it all the same."
    with pytest.raises(TakenDown):
        session.flush()
    session.rollback()
    with pytest.raises(TakenDown):
        factories.competence(session, world.university)
    session.rollback()
    world.university.employees = 12
    session.commit()

    manager.post(f"{address}/put-back")
    assert words in app.test_client().get(f"/organisations/{world.university.public_id}").text
    assert app.test_client().get(f"/needs/{need.public_id}").status_code == 404
    assert owner.post(f"/needs/{need.public_id}/publish").status_code == 302


def test_a_report_that_is_dismissed_changes_nothing_and_tells_its_reporter_alone(
    app: Flask, world: factories.World, need: Need, session: Session, sign_in: SignIn
) -> None:
    reader = sign_in(world.sme_user)
    address = reported(reader, need)
    assert reported(reader, need) == address, "an open report is one, however often it is sent"
    decide(sign_in(world.manager), address, "left")
    assert app.test_client().get(f"/needs/{need.public_id}").status_code == 200
    assert BECAUSE in reader.get(address).text
    assert told(session, world.researcher) == []
    assert sign_in(world.researcher).get(address).status_code == 404
    assert reported(reader, need) != address, "but what goes on may be reported again"


def test_one_decision_answers_all_who_reported_the_same_and_of_two_managers_one_decides(
    world: factories.World, need: Need, session: Session, sign_in: SignIn
) -> None:
    colleague = factories.user(session, manages=world.cluster)
    session.commit()
    first = reported(sign_in(world.sme_user), need)
    reported(sign_in(world.newcomer), need)
    decide(sign_in(world.manager), first)
    assert told(session, world.newcomer) == ["report-decided"]
    assert "faster" in decide(sign_in(colleague), first, "left")
    decisions = set(session.scalars(select(Report.decision)))
    assert decisions == {Decision.TAKEN_DOWN}
    sign_in(world.manager).post(f"{first}/put-back")
    session.expire_all()
    assert all(report.lifted_at for report in session.scalars(select(Report)))


def test_who_decides_on_a_teaser_never_tells_where_its_owner_belongs(
    world: factories.World, session: Session, sign_in: SignIn
) -> None:
    hidden = factories.need(
        session,
        world.university,
        visibility=Visibility.TEASER,
        teaser="A maker of implants seeks a way to keep cells alive. Experience with flow is welcome.",
    )
    session.commit()
    teaser = hidden.shown_as
    reader, admin = sign_in(world.outsider), sign_in(world.platform_admin)
    assert "Report this" in reader.get(f"/teasers/{teaser.public_id}").text
    address = reported(reader, teaser)
    assert told(session, world.manager) == []
    assert told(session, world.platform_admin) == ["reported"]
    assert "Nothing was reported" in sign_in(world.manager).get("/reports/").text
    for page in (admin.get("/reports/").text, admin.get(address).text, reader.get(address).text):
        assert world.university.name not in page
        assert hidden.title not in page
        assert teaser.title in page
    [listed] = sign_in(world.platform_admin).get("/reports/list.json").json
    assert (listed["about"], listed["organisation"]) == (teaser.title, None)
    decide(admin, address)
    assert reader.get(f"/teasers/{teaser.public_id}").status_code == 404
    assert BECAUSE in reader.get(address).text


def test_a_manager_does_not_judge_the_own_organisation(
    world: factories.World, need: Need, session: Session, sign_in: SignIn
) -> None:
    both = factories.user(session, of=world.university, manages=world.cluster)
    session.commit()
    address = reported(sign_in(world.sme_user), need)
    assert told(session, both) == []
    assert sign_in(both).get(address).status_code == 404
    assert sign_in(both).post(f"{address}/decide", data={"decision": "left", "answer": "Fine."}).status_code == 404


def test_where_nobody_manages_the_platform_admin_is_told(
    world: factories.World, session: Session, sign_in: SignIn
) -> None:
    alone = factories.organisation(session)
    session.commit()
    reported(sign_in(world.sme_user), alone)
    assert told(session, world.platform_admin) == ["reported"]


def test_only_what_one_reads_of_others_can_be_reported_and_only_with_words(
    world: factories.World, need: Need, session: Session, sign_in: SignIn
) -> None:
    reader = sign_in(world.sme_user)
    form = reader.get(f"/reports/about/{need.public_id}")
    assert (form.status_code, need.title in form.text) == (200, True)
    assert reader.post(f"/reports/about/{need.public_id}", data={"complaint": "untrue"}).status_code == 422
    for address in ("nowhere", world.sme.public_id):
        assert reader.get(f"/reports/about/{address}").status_code == 404, address
    assert session.scalars(select(Report)).all() == []


def test_the_report_of_somebody_who_is_erased_is_decided_all_the_same(
    world: factories.World, need: Need, session: Session, sign_in: SignIn
) -> None:
    address = reported(sign_in(world.newcomer), need)
    erase_user(session, session.get_one(User, world.newcomer.id), actor_id=None)
    session.commit()
    manager = sign_in(world.manager)
    assert "somebody who is here no more" in manager.get(address).text
    assert "Decided" in decide(manager, address)
    assert taken_down(Need(id=need.id)) is None, "what no session knows can't be looked up"


def test_programs_report_and_decide_as_their_owners_do_on_the_pages(
    app: Flask, world: factories.World, need: Need, session: Session
) -> None:
    reader, manager, owner, newcomer = (
        Program(app, one) for one in (world.sme_user, world.manager, world.researcher, world.newcomer)
    )
    wrong = {"about": need.public_id, "complaint": "untrue", "text": WHY}
    for form in ({**wrong, "text": " \u200b"}, {**wrong, "complaint": "dull"}, {**wrong, "reporter": "x"}):
        assert reader.post("/reports", **form).status_code == 422, form
    assert owner.post("/reports", **wrong).status_code == 404, "nobody reports their own"
    made = reader.post("/reports", **wrong)
    assert (made.status_code, made.json["about"], made.json["decision"]) == (201, need.title, None)
    again = reader.post("/reports", **wrong)
    assert (again.status_code, again.json) == (200, made.json), "while it waits, the same one"
    path = f"/reports/{made.json['id']}"

    [waiting] = manager.get("/reports").json["items"]
    assert (waiting["reporter"]["id"], waiting["text"]) == (world.sme_user.public_id, WHY)
    assert made.json["reporter"] is None
    assert reader.get("/reports").status_code == newcomer.get(path).status_code == owner.get(path).status_code == 404
    decision = {"decision": "taken_down", "answer": BECAUSE}
    assert reader.post(f"{path}/decide", **decision).status_code == 404
    assert manager.post(f"{path}/decide", **{**decision, "answer": "\u200b"}).status_code == 422
    assert manager.post(f"{path}/decide", **decision).json["decision"] == "taken_down"
    assert manager.post(f"{path}/decide", **{**decision, "decision": "left"}).status_code == 409
    assert reader.get(f"/needs/{need.public_id}").status_code == 404

    theirs = owner.get(path).json
    assert (theirs["answer"], theirs["about"]) == (BECAUSE, need.title)
    told_to_nobody = ("text", "complaint", "created_at", "reporter", "decided_by", "organisation")
    assert [theirs[name] for name in told_to_nobody] == [None] * len(told_to_nobody)
    assert owner.post(f"/needs/{need.public_id}/publish").status_code == 409
    assert owner.post(f"{path}/put-back").status_code == 404
    assert manager.post(f"{path}/put-back").json["lifted_at"]
    assert owner.post(f"/needs/{need.public_id}/publish").status_code == 200


def test_a_program_reads_a_report_on_a_teaser_without_whose_it_is(
    app: Flask, world: factories.World, session: Session
) -> None:
    hidden = factories.need(
        session, world.university, title="Hush", visibility=Visibility.TEASER, teaser="A maker seeks slow flow."
    )
    session.commit()
    reader, admin = Program(app, world.outsider), Program(app, world.platform_admin)
    about = hidden.shown_as.public_id
    made = reader.post("/reports", about=about, complaint="other", text=WHY).json
    for read in (made, admin.get(f"/reports/{made['id']}").json):
        assert (read["about"], read["organisation"]) == (hidden.shown_as.title, None)


def test_a_new_account_reports_less(world: factories.World, session: Session, sign_in: SignIn) -> None:
    browser = sign_in(world.newcomer)
    for _ in range(operations.REPORTS_WHILE_NEW):
        reported(browser, factories.need(session, world.university))
        session.commit()
    one_more = factories.need(session, world.university)
    session.commit()
    form = {"complaint": "untrue", "text": WHY}
    assert browser.post(f"/reports/about/{one_more.public_id}", data=form).status_code == 429


def test_reports_are_on_record_without_a_word_and_the_reported_never_read_who(
    world: factories.World, need: Need, session: Session, sign_in: SignIn
) -> None:
    address = reported(sign_in(world.sme_user), need)
    decide(sign_in(world.manager), address)
    wanted = (Event.REPORTED, Event.REPORT_DECIDED)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.event.in_(wanted)).order_by(AuditEntry.number)).all()
    assert [(one.event, one.actor_id, one.facts) for one in entries] == [
        (Event.REPORTED, world.sme_user.id, {"complaint": Complaint.UNTRUE}),
        (Event.REPORT_DECIDED, world.manager.id, {"decision": Decision.TAKEN_DOWN}),
    ]
    head = factories.user(session, of=world.university, admin=True)
    session.commit()
    trail = sign_in(head).get(f"/organisations/{world.university.public_id}/audit").text
    assert world.sme_user.name not in trail


def test_old_reports_are_dropped_but_none_on_which_something_is_down(
    app: Flask, world: factories.World, session: Session
) -> None:
    long_ago = utcnow() - operations.KEPT - timedelta(days=1)
    facts = {"organisation_id": world.university.id, "complaint": Complaint.OTHER}
    left, down, lifted, lifted_now, waits, recent = (
        Report(**facts, decision=Decision.LEFT, decided_at=long_ago),
        Report(**facts, decision=Decision.TAKEN_DOWN, decided_at=long_ago),
        Report(**facts, decision=Decision.TAKEN_DOWN, decided_at=long_ago, lifted_at=long_ago),
        Report(**facts, decision=Decision.TAKEN_DOWN, decided_at=long_ago, lifted_at=utcnow()),
        Report(**facts, created_at=long_ago),
        Report(**facts, decision=Decision.LEFT, decided_at=utcnow()),
    )
    session.add_all([left, down, lifted, lifted_now, waits, recent])
    session.commit()
    with app.app_context():
        forget_reports()
    assert set(session.scalars(select(Report.id))) == {down.id, lifted_now.id, waits.id, recent.id}
