"""What came of it, said by one side and confirmed by the other; and stories that both agree to, word by word."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.introductions.models import Introduction
from matchmaker.outcomes.models import Outcome, Story
from tests.introductions.conftest import Person, hidden


def report(person: Person, introduction: Introduction, **form: str) -> Any:
    address = f"/introductions/{introduction.public_id}/outcomes"
    return person.browser.post(address, data=form, follow_redirects=True)


def only(session: Session) -> Outcome:
    session.expire_all()
    return session.scalars(select(Outcome)).one()


def test_each_side_confirms_for_itself(
    sme: Person, researcher: Person, introduced: Introduction, session: Session
) -> None:
    report(sme, introduced, kind="application_granted", amount="250000", currency="EUR", note="From the regional fund")
    assert not only(session).confirmed
    address = f"/introductions/{introduced.public_id}/outcomes/{only(session).public_id}"
    researcher.browser.post(address, data={"said": "yes"})
    assert only(session).confirmed
    assert "250,000 EUR" in researcher.read(introduced)
    researcher.browser.post(address, data={"said": "no"})
    assert not only(session).confirmed
    researcher.browser.post(address, data={"said": "take-back"})
    assert only(session).withdrawn_at is None, "only who said it takes it back"
    sme.browser.post(address, data={"said": "take-back"})
    assert only(session).withdrawn_at is not None


def test_what_would_count_says_enough_and_what_was_typed_is_not_lost(
    sme: Person, introduced: Introduction, session: Session
) -> None:
    for form in ({"kind": "agreement_signed"}, {"kind": "application_granted", "currency": "EUR"}, {}):
        answer = report(sme, introduced, note="On forty grafts", **form)
        assert answer.status_code == 422
        assert "Not noted yet" in answer.text
        assert ">On forty grafts</textarea>" in answer.text
    assert "Not noted yet" in report(sme, introduced, kind="nothing").text
    assert not session.scalars(select(Outcome)).all()


def test_an_outcome_leads_back_to_what_was_suggested_and_asked(
    sme: Person, introduced: Introduction, session: Session
) -> None:
    report(sme, introduced, kind="product_tested", note="On forty grafts")
    assert only(session).introduction.public_id == introduced.public_id


def test_a_story_is_public_only_while_both_agree_to_its_very_words(
    sme: Person, researcher: Person, introduced: Introduction, session: Session, client: Any, world: Any
) -> None:
    address = f"/introductions/{introduced.public_id}/story"
    sme.browser.post(address, data={"title": "Bone that lives", "text": "It took eleven months.", "version": "0"})
    assert "Bone that lives" not in client.get("/stories").text
    stale = hidden(researcher.read(introduced), "shown")
    version = session.scalars(select(Story)).one().version
    sme.browser.post(address, data={"title": "Bone that lives", "text": "It took them years.", "version": version})
    late = {"title": "Bone that lives", "text": "It took us a life.", "version": str(version)}
    refused = researcher.browser.post(address, data=late)
    assert refused.status_code == 409
    assert ">It took us a life.</textarea>" in refused.text
    assert "It took them years." in refused.text, "both texts stand on the page"
    researcher.browser.post(f"{address}/consent", data={"shown": stale})
    assert "Bone that lives" not in client.get("/stories").text, "these words were never agreed to"
    researcher.browser.post(f"{address}/consent", data={"shown": hidden(researcher.read(introduced), "shown")})
    page = client.get("/stories").text
    assert "It took them years." in page
    assert world.sme.name in page
    story = session.scalars(select(Story)).one().public_id
    assert f'href="/stories#{story}"' in client.get("/").text, "visitors find it from the first page"
    assert f'id="{story}"' in page
    sme.browser.post(f"{address}/consent", data={"take_back": "1"})
    assert "Bone that lives" not in client.get("/stories").text
    assert "Bone that lives" not in client.get("/").text


def test_the_stories_are_one_click_away_for_everybody(sme: Person, client: Any) -> None:
    for browser in (client, sme.browser):
        footer = browser.get("/").text.partition("<footer")[2]
        assert 'href="/stories"' in footer
