"""The pages of suggestions as people meet them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.db import today
from matchmaker.permissions import Visibility
from matchmaker.suggestions.models import Answer, Feedback, NeverReason
from tests import factories

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def need(session: Session, world: factories.World) -> Any:
    """A need of the SME that two organisations could answer, and a test field for it."""
    made = factories.need(
        session,
        world.sme,
        title="Bacteriophages against biofilm on our implants",
        description="Our titanium implants get infected. We seek a partner with lytic bacteriophages.",
        expected_result="",
    )
    for organisation in (world.university, world.host):
        factories.competence(
            session,
            organisation,
            title=f"Bacteriophages against biofilm on implants, {organisation.country}",
            description="We isolate lytic bacteriophages and test them on biofilm grown on titanium implants.",
        )
    factories.test_field(session, world.host, title="Infection ward for implants with biofilm", description="Beds.")
    session.commit()
    return made


@pytest.fixture
def url(need: Any) -> str:
    return f"/suggestions/need/{need.public_id}"


def answer_to(need: Any, thing: Any, given: str, kind: str = "organisation", **more: Any) -> dict[str, Any]:
    return {
        "subject_kind": "need",
        "subject": need.public_id,
        "object_kind": kind,
        "object": thing.public_id,
        "answer": given,
        **more,
    }


def test_the_member_sees_who_could_help_and_why(sign_in: SignIn, world: factories.World, url: str) -> None:
    page = sign_in(world.sme_user).get(url).text
    assert "Universität Elbstrand" in page
    assert "<mark>bacteriophages</mark>" in page
    assert "Suggestions, not verdicts" in page
    assert "Knochenwerk GmbH</a></h2>" not in page
    fields = sign_in(world.sme_user).get(f"{url}?tab=test_fields").text
    assert "Infection ward for implants with biofilm" in fields


def test_every_page_of_suggestions_is_for_those_who_may_ask(
    sign_in: SignIn, client: FlaskClient, session: Session, world: factories.World, need: Any, url: str
) -> None:
    competence = factories.competence(session, world.sme)
    session.commit()
    pages = [
        url,
        f"{url}/compare",
        f"/suggestions/competence/{competence.public_id}",
        f"/suggestions/organisation/{world.sme.public_id}",
    ]
    for page in [*pages, "/suggestions/text"]:
        answer = client.get(page)
        assert answer.status_code == 302, page
        assert "/sign-in" in answer.location
    for page in pages:
        assert sign_in(world.sme_user).get(page).status_code == 200, page
        assert sign_in(world.manager).get(page).status_code == 200, page
        # The need is public, but whom it suits is its owner's and the manager's affair.
        for other in (world.researcher, world.outsider, world.newcomer):
            assert sign_in(other).get(page).status_code == 404, page


def test_a_manager_cannot_ask_with_a_private_need(
    sign_in: SignIn, session: Session, world: factories.World, need: Any, url: str
) -> None:
    need.visibility = Visibility.PRIVATE
    session.commit()
    assert sign_in(world.manager).get(url).status_code == 404
    assert sign_in(world.sme_user).get(url).status_code == 200


def test_not_now_hides_at_once_for_four_weeks_and_can_be_taken_back(
    sign_in: SignIn, session: Session, world: factories.World, need: Any, url: str
) -> None:
    browser = sign_in(world.sme_user)
    hidden = browser.post("/suggestions/answer", data=answer_to(need, world.university, "not_now"))
    assert hidden.status_code == 302
    page = browser.get(hidden.location).text
    assert "Hidden for four weeks: Universität Elbstrand." in page
    assert f'id="s-{world.university.public_id}"' not in page
    assert "1 suggestion you have hidden" in page
    given = session.scalars(select(Feedback)).one()
    assert (given.answer, (given.until - today()).days) == (Answer.NOT_NOW, 28)

    browser.post("/suggestions/answer", data=answer_to(need, world.university, ""))
    assert f'id="s-{world.university.public_id}"' in browser.get(url).text
    assert session.query(Feedback).count() == 0


def test_never_keeps_its_reason_and_holds_for_that_need_only(
    sign_in: SignIn, session: Session, world: factories.World, need: Any, url: str
) -> None:
    browser = sign_in(world.sme_user)
    browser.post("/suggestions/answer", data=answer_to(need, world.host, "never", reason="competitor"))
    given = session.scalars(select(Feedback)).one()
    assert (given.answer, given.reason, given.until) == (Answer.NEVER, NeverReason.COMPETITOR, None)
    assert f'id="s-{world.host.public_id}"' not in browser.get(url).text
    other = factories.need(session, world.sme, title=need.title, description=need.description)
    session.commit()
    assert f'id="s-{world.host.public_id}"' in browser.get(f"/suggestions/need/{other.public_id}").text
    # Whom a member does not want is not for the manager to know.
    assert f'id="s-{world.host.public_id}"' in sign_in(world.manager).get(url).text
    assert "competitor" not in sign_in(world.manager).get(url).text.lower()


def test_what_was_saved_is_listed(sign_in: SignIn, world: factories.World, need: Any, url: str) -> None:
    browser = sign_in(world.sme_user)
    browser.post("/suggestions/answer", data=answer_to(need, world.host, "saved"))
    assert "Mälardalens Testbädd AB" in browser.get(f"{url}?tab=saved").text
    assert sign_in(world.manager).get(f"{url}?tab=saved").status_code == 404


def test_what_was_answered_to_something_deleted_says_nothing_of_what_gets_its_number(
    sign_in: SignIn, session: Session, world: factories.World, need: Any
) -> None:
    sign_in(world.sme_user).post("/suggestions/answer", data=answer_to(need, world.host, "never"))
    number = need.id
    session.delete(need)
    session.flush()
    next_need = factories.need(session, world.sme)
    session.commit()
    assert next_need.id == number, "SQLite gives the number to the next"
    assert session.query(Feedback).count() == 0


@pytest.mark.parametrize("broken", [{"answer": "maybe"}, {"object_kind": "cluster"}, {"subject_kind": "test_field"}])
def test_a_nonsensical_answer_is_refused(
    sign_in: SignIn, world: factories.World, need: Any, broken: dict[str, str]
) -> None:
    data = {**answer_to(need, world.host, "saved"), **broken}
    assert sign_in(world.sme_user).post("/suggestions/answer", data=data).status_code == 400


def test_nobody_answers_for_others(sign_in: SignIn, session: Session, world: factories.World, need: Any) -> None:
    for other in (world.researcher, world.manager, world.outsider):
        posted = sign_in(other).post("/suggestions/answer", data=answer_to(need, world.host, "never"))
        assert posted.status_code == 404
    assert session.query(Feedback).count() == 0


def test_an_answer_leads_back_to_a_page_of_ours_only(sign_in: SignIn, world: factories.World, need: Any) -> None:
    browser = sign_in(world.sme_user)
    for foreign in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        answer = browser.post("/suggestions/answer", data=answer_to(need, world.host, "saved", back=foreign))
        assert answer.location == f"/suggestions/need/{need.public_id}"


def test_filters_and_order_live_in_the_address(sign_in: SignIn, world: factories.World, url: str) -> None:
    browser = sign_in(world.sme_user)
    page = browser.get(f"{url}?country=SE&sort=nearest").text
    assert "Mälardalens Testbädd AB" in page
    assert f'id="s-{world.university.public_id}"' not in page
    assert f'href="{url}?sort=nearest"' in page, "the chip leads to the list without the filter"
    assert "Nothing fits with these filters" in browser.get(f"{url}?sector=care").text


def test_four_partners_at_most_stand_side_by_side(sign_in: SignIn, world: factories.World, url: str) -> None:
    browser = sign_in(world.sme_user)
    both = f"{url}/compare?pick={world.university.public_id}&pick={world.host.public_id}"
    page = browser.get(both).text
    assert page.count('<th scope="col">') == 2
    assert "Tick two to four suggestions" in browser.get(f"{url}/compare?pick={world.host.public_id}").text


def test_a_pasted_text_is_compared_and_kept_nowhere(
    sign_in: SignIn, session: Session, world: factories.World, need: Any
) -> None:
    browser = sign_in(world.sme_user)
    secret = "Unmistakable lytic bacteriophages for our implants"
    page = browser.post("/suggestions/text", data={"text": secret, "target": "partners"}).text
    assert "Universität Elbstrand" in page
    needs = browser.post("/suggestions/text", data={"text": "biofilm", "target": "needs", "sector": "academia"}).text
    assert "Nothing fits" in needs
    tables = inspect(session.connection()).get_table_names()
    for table in tables:
        for row in session.connection().exec_driver_sql(f'select * from "{table}"'):
            assert "Unmistakable" not in str(tuple(row))
    assert "longer than" in browser.post("/suggestions/text", data={"text": "x " * 20_000}).text
    assert browser.post("/suggestions/text", data={"text": "  "}).status_code == 200


def test_the_first_suggestions_appear_while_a_need_is_written(
    sign_in: SignIn, world: factories.World, need: Any
) -> None:
    browser = sign_in(world.sme_user)
    typed = {"title": "Lytic bacteriophages", "description": "against biofilm on titanium implants"}
    fragment = browser.post("/suggestions/preview", data=typed).text
    assert "Universität Elbstrand" in fragment
    assert "<html" not in fragment
    assert fragment.count("<li>") <= 3
    assert "As you write" in browser.post("/suggestions/preview", data={"title": "Phages"}).text


def test_the_page_says_when_only_words_are_compared(
    app: Any, sign_in: SignIn, world: factories.World, url: str
) -> None:
    from matchmaker.suggestions.catalogue import Catalogue

    app.extensions["catalogue"] = Catalogue(None)
    page = sign_in(world.sme_user).get(url).text
    assert "Compared by words only." in page
    assert "Universität Elbstrand" in page


def decide(need: Any, thing: Any, kind: str, reason: str, object_kind: str = "organisation") -> dict[str, str]:
    return {
        "subject_kind": "need",
        "subject": need.public_id,
        "object_kind": object_kind,
        "object": thing.public_id,
        "kind": kind,
        "reason": reason,
    }


def test_the_manager_pins_and_the_member_reads_why(
    sign_in: SignIn, session: Session, world: factories.World, need: Any, url: str
) -> None:
    manager = sign_in(world.manager)
    manager.post("/verdicts/give", data=decide(need, world.host, "pin", "Their ward is free in spring."))
    page = sign_in(world.sme_user).get(url).text
    assert page.index(f"s-{world.host.public_id}") < page.index(f"s-{world.university.public_id}")
    assert "Recommended by your cluster manager." in page
    assert "Their ward is free in spring." in page
    assert "Decide" not in page


def test_the_member_never_sees_a_veto(sign_in: SignIn, world: factories.World, need: Any, url: str) -> None:
    manager, member = sign_in(world.manager), sign_in(world.sme_user)
    before = member.get(url).text
    assert f"s-{world.host.public_id}" in before
    manager.post("/verdicts/give", data=decide(need, world.host, "veto", "Unpaid invoices."))
    after = member.get(url).text
    assert f"s-{world.host.public_id}" not in after
    assert "Unpaid invoices" not in after
    assert "veto" not in after.lower()
    seen = manager.get(url).text
    assert "1 veto in force here" in seen
    assert "Unpaid invoices." in seen


def test_a_verdict_needs_a_reason_and_a_manager(
    sign_in: SignIn, session: Session, world: factories.World, need: Any
) -> None:
    manager = sign_in(world.manager)
    page = manager.post("/verdicts/give", data=decide(need, world.host, "pin", "  "), follow_redirects=True).text
    assert "a verdict needs a reason" in page
    for other in (world.sme_admin, world.outsider, world.platform_admin):
        assert sign_in(other).post("/verdicts/give", data=decide(need, world.host, "pin", "me")).status_code == 404
    stranger_need = factories.need(session, world.stranger)
    session.commit()
    given = manager.post("/verdicts/give", data=decide(stranger_need, world.host, "pin", "Not my cluster."))
    assert given.status_code == 404
    assert session.query(Verdict).count() == 0


def test_withdrawing_is_recorded_and_the_verdict_stays_in_the_log(
    sign_in: SignIn, session: Session, world: factories.World, need: Any, url: str
) -> None:
    manager = sign_in(world.manager)
    manager.post("/verdicts/give", data=decide(need, world.host, "proposal", "Try them."))
    verdict = session.scalars(select(Verdict)).one()
    assert "Proposed by your cluster manager." in sign_in(world.sme_user).get(url).text
    assert sign_in(world.outsider).post(f"/verdicts/{verdict.public_id}/withdraw").status_code == 404

    manager.post(f"/verdicts/{verdict.public_id}/withdraw")

    session.refresh(verdict)
    assert verdict.withdrawn_by_id == world.manager.id
    assert "Proposed by" not in sign_in(world.sme_user).get(url).text
    log = manager.get("/verdicts/").text
    assert "Try them." in log
    assert "withdrawn by" in log
    assert "Try them." not in manager.get("/verdicts/?state=standing").text
    assert "Try them." not in manager.get("/verdicts/?kind=veto").text


def test_the_log_names_no_text_that_the_manager_may_no_longer_read(
    sign_in: SignIn, session: Session, world: factories.World, need: Any
) -> None:
    manager = sign_in(world.manager)
    manager.post("/verdicts/give", data=decide(need, world.host, "pin", "Fits."))
    need.visibility = Visibility.PRIVATE
    session.commit()
    log = manager.get("/verdicts/").text
    assert need.title not in log
    assert "A text you may not read, of Knochenwerk GmbH" in log


def test_a_pair_is_proposed_by_finding_both_sides(
    sign_in: SignIn, session: Session, world: factories.World, need: Any
) -> None:
    manager = sign_in(world.manager)
    assert need.title in manager.get("/verdicts/propose?seek=biofilm").text
    found = manager.get(f"/verdicts/propose?need={need.public_id}&offer=malardalens").text
    assert "Mälardalens Testbädd AB" in found
    chosen = manager.get(f"/verdicts/propose?need={need.public_id}&organisation={world.host.public_id}").text
    assert 'name="reason"' in chosen
    manager.post("/verdicts/give", data=decide(need, world.host, "proposal", "You should meet."))
    verdict = session.scalars(select(Verdict)).one()
    assert (verdict.kind, verdict.reason, verdict.partner_id) == (
        VerdictKind.PROPOSAL,
        "You should meet.",
        world.host.id,
    )
    for other in (world.sme_user, world.outsider):
        assert sign_in(other).get("/verdicts/propose").status_code == 404
