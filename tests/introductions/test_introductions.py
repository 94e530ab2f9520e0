"""From a request to two people who know each other's names, and all the ways in which it does not come to that."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.audit.models import AuditEntry, Event
from matchmaker.clusters.models import Organisation
from matchmaker.db import utcnow
from matchmaker.introductions import queries
from matchmaker.introductions.models import Consent, Introduction, IntroductionState, Side
from matchmaker.items.models import ItemState
from matchmaker.mail.models import OutboxMessage
from matchmaker.permissions import Viewer, Visibility
from matchmaker.suggestions.learning import decided
from tests import factories
from tests.introductions.conftest import Person, hidden

Latest = Callable[[], Introduction]


def number(session: Session) -> int:
    return session.scalar(select(func.count(Introduction.id))) or 0


def test_two_who_agree_see_what_the_other_disclosed_and_nothing_else(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest
) -> None:
    competence = factories.competence(session, world.university, author=world.researcher)
    session.commit()
    assert sme.ask(competence).status_code == 302
    introduction = latest()
    assert introduction.state == IntroductionState.REQUESTED
    before = researcher.read(introduction)
    assert world.sme.name in before
    assert "A joint trial of our scaffolds" in before
    assert world.sme_user.email not in before
    assert researcher.accept(introduction, phone="040 1234").status_code == 302
    assert latest().state == IntroductionState.ACCEPTED
    assert world.researcher.email in sme.read(introduction)
    assert "040 1234" in sme.read(introduction)
    assert world.sme_user.email in researcher.read(introduction)


def test_nothing_is_disclosed_after_either_side_took_it_back(
    sme: Person, researcher: Person, world: Any, latest: Latest, session: Session
) -> None:
    sme.ask(world.university)
    researcher.accept(latest())
    assert researcher.withdraw(latest()).status_code == 302
    assert latest().state == IntroductionState.WITHDRAWN
    for side in (sme, researcher):
        page = side.read(latest())
        assert "Your contact" not in page
    assert world.researcher.email not in sme.read(latest())
    assert world.sme_user.email not in researcher.read(latest())
    assert not [c for c in session.scalars(select(Consent)) if c.disclosed]


def test_asking_twice_asks_once(sme: Person, world: Any, session: Session, latest: Latest) -> None:
    first = sme.ask(world.university)
    again = sme.ask(world.university)
    assert (first.status_code, again.status_code) == (302, 302)
    assert first.location == again.location
    assert number(session) == 1


def test_who_was_asked_and_asks_as_well_finds_the_first_request(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest
) -> None:
    sme.ask(world.university)
    answer = researcher.ask(world.sme)
    assert answer.location.endswith(latest().public_id)
    assert number(session) == 1


def test_a_reason_is_read_and_a_silent_no_looks_like_no_answer(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest, app: Flask
) -> None:
    sme.ask(world.university)
    researcher.decline(latest(), "no_capacity", "Ask us again in spring, please.")
    assert "We have no capacity at the moment" in sme.read(latest())
    assert "Ask us again in spring" in sme.read(latest())

    sme.ask(world.university)
    sme.read(latest())
    unanswered = sme.read(latest())
    researcher.decline(latest())
    assert latest().state == IntroductionState.DECLINED
    assert sme.read(latest()) == unanswered
    # The place is still taken, as it would be had nobody answered.
    assert sme.ask(world.university).location.endswith(latest().public_id)

    latest().expires_at = utcnow() - timedelta(minutes=1)
    session.commit()
    jobs.run(app, "introductions")
    assert "Nobody answered in time" in sme.read(latest())
    assert sme.ask(world.university).status_code == 302
    assert number(session) == 3


def test_a_blocked_organisation_can_not_tell(
    sme: Person, researcher: Person, person: Any, world: Any, session: Session, latest: Latest, app: Flask
) -> None:
    researcher.browser.post(f"/introductions/blocks/{world.sme.public_id}")
    sme.ask(world.university)
    blocked = masked(sme.read(latest()), latest(), world.university)
    assert researcher.read(latest()) == ""
    assert "Nothing waits for your answer" in researcher.browser.get("/introductions/?tab=answer").text
    assert not session.scalars(select(OutboxMessage)).all()
    sme.ask(world.host)
    assert masked(sme.read(latest()), latest(), world.host) == blocked
    lifted = researcher.browser.post(f"/introductions/blocks/{world.sme.public_id}/lift", follow_redirects=True)
    assert f"{world.sme.name} may ask you again." in lifted.text


def masked(page: str, introduction: Introduction, organisation: Organisation) -> str:
    """A page without the names that must differ."""
    main = re.sub(r'name="csrf_token" value="[^"]*"', "", page[page.index("<main") : page.index("</main>")])
    for name in (introduction.public_id, organisation.public_id, organisation.name):
        main = main.replace(name, "…")
    return re.sub(r"(sector-?\w*|#\w+)|(?<=</svg>)[\w ]+|T\d\d:\S+|\d+:\d+:\d+\S*", "", main)


def test_a_request_beyond_the_limit_waits_and_arrives_when_there_is_room(
    sme: Person, researcher: Person, person: Any, world: Any, session: Session, latest: Latest, app: Flask
) -> None:
    researcher.browser.post("/introductions/limits", data={"per_week": "1"})
    sme.ask(world.university)
    assert researcher.read(latest())
    other = person(factories.user(session, of=factories.organisation(session, within=world.cluster)))
    session.commit()
    other.ask(world.university)
    assert researcher.read(latest()) == ""
    researcher.browser.post("/introductions/limits", data={"per_week": "2"})
    assert researcher.read(latest())


def test_an_anonymous_asker_stays_anonymous_until_both_agreed(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest
) -> None:
    need = factories.need(
        session, world.sme, visibility=Visibility.PRIVATE, title="Hush: a coating against frogs",
        description="The canary sings of zirconium.", author=world.sme_user,
    )  # fmt: skip
    session.commit()
    query = {"for": need.public_id}
    sme.ask(world.university, {"optional": ["title"]}, **query)
    page = researcher.read(latest())
    assert "stays anonymous" in page
    for secret in (world.sme.name, "frogs", "zirconium", world.sme_user.email):
        assert secret not in page
    researcher.accept(latest())
    page = researcher.read(latest())
    assert world.sme.name in page
    # The text itself was not ticked.
    assert "zirconium" not in page


def test_the_confidential_text_is_disclosed_only_where_it_was_ticked_and_as_it_was(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest
) -> None:
    need = factories.need(
        session, world.sme, visibility=Visibility.PRIVATE, description="The canary sings of zirconium."
    )
    session.commit()
    sme.ask(world.university, {"optional": ["text"]}, **{"for": need.public_id})
    need.description = "The canary now sings of hafnium."
    session.commit()
    researcher.accept(latest())
    assert "zirconium" in researcher.read(latest())
    assert "hafnium" not in researcher.read(latest())
    assert "You have changed some of this since" in sme.read(latest())
    page = sme.browser.get(f"/introductions/{latest().public_id}/renew")
    sme.browser.post(
        f"/introductions/{latest().public_id}/renew", data={"shown": hidden(page.text, "shown"), "optional": ["text"]}
    )
    assert "hafnium" in researcher.read(latest())
    assert "zirconium" not in researcher.read(latest())


def test_what_changed_behind_an_open_consent_screen_is_shown_before_it_is_agreed_to(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest
) -> None:
    sme.ask(world.university)
    address = f"/introductions/{latest().public_id}/accept"
    shown = hidden(researcher.browser.get(address).text, "shown")
    world.researcher.title = "Head of everything"
    session.add(world.researcher)
    session.commit()
    answer = researcher.browser.post(address, data={"shown": shown, "optional": ["title"]})
    assert answer.status_code == 409
    assert "Head of everything" in answer.text
    assert latest().state == IntroductionState.REQUESTED
    again = researcher.browser.post(address, data={"shown": hidden(answer.text, "shown"), "optional": ["title"]})
    assert again.status_code == 302
    assert "Head of everything" in sme.read(latest())


def test_a_manager_passes_requests_on_where_the_cluster_wants_it(
    sme: Person, researcher: Person, person: Any, world: Any, session: Session, latest: Latest
) -> None:
    manager = person(world.manager)
    second = person(factories.user(session, manages=world.cluster))
    session.commit()
    manager.browser.post(f"/introductions/desk/rules/{world.cluster.public_id}", data={"brokered": "y"})
    sme.ask(world.university)
    assert latest().state == IntroductionState.BROKERED
    assert researcher.read(latest()) == ""
    assert world.sme.name in manager.browser.get("/introductions/desk").text
    address = f"/introductions/desk/{latest().public_id}"
    assert manager.browser.post(f"{address}/pass-on").status_code == 302
    answer = second.browser.post(f"{address}/return", data={"reason": "unclear"}, follow_redirects=True)
    assert "was faster" in answer.text
    assert latest().state == IntroductionState.REQUESTED
    assert researcher.read(latest())


def test_a_manager_is_told_where_nobody_can_answer_unless_it_told_whose_a_teaser_is(
    sme: Person, person: Callable[[Any], Person], world: Any, session: Session, latest: Latest
) -> None:
    empty = factories.organisation(session, within=world.cluster, name="Öde Labs AB")
    teased = factories.organisation(session, within=world.cluster, name="Tyst Labs AB")
    far = factories.user(session, manages=factories.cluster(session))
    need = factories.need(session, teased, visibility=Visibility.TEASER, teaser="Slow flow is sought by a maker.")
    session.commit()
    sme.ask(empty)
    asked = latest()
    sme.ask(need.shown_as)
    manager, elsewhere = person(world.manager).browser, person(far).browser
    [told] = re.findall(
        r'href="(/inbox/[^"]+)">(?:<span[^>]*>Unread: </span>)?[^<]*nobody there can answer', manager.get("/inbox").text
    )
    assert manager.get(told).location == f"/organisations/{empty.public_id}/people"
    assert manager.get(f"/organisations/{empty.public_id}/people").status_code == 200, "where somebody is invited"
    desk = manager.get("/desk/").text.partition('id="unanswered"')[2].partition("</section>")[0]
    assert "Öde Labs AB" in desk
    assert "Tyst Labs AB" not in desk
    assert "nobody there can answer" not in elsewhere.get("/inbox").text

    sme.withdraw(asked)
    assert 'id="unanswered"' not in manager.get("/desk/").text


def test_a_manager_brings_two_together_and_both_have_to_agree(
    sme: Person, researcher: Person, person: Any, world: Any, session: Session, latest: Latest
) -> None:
    manager = person(world.manager)
    address = f"/introductions/desk/propose/{world.sme.public_id}"
    query = {"other": world.university.public_id}
    manager.browser.post(address, query_string=query, data={"reason": "You print, they grow."})
    assert latest().state == IntroductionState.PROPOSED
    sme.accept(latest())
    assert world.sme_user.email not in researcher.read(latest())
    assert "You print, they grow." in researcher.read(latest())
    researcher.accept(latest())
    assert latest().state == IntroductionState.ACCEPTED
    assert world.sme_user.email in researcher.read(latest())


def test_interest_is_silent_until_it_is_mutual(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest
) -> None:
    need = factories.need(session, world.sme, author=world.sme_user)
    session.commit()
    researcher.browser.post("/introductions/interest", data={"object": need.public_id})
    assert number(session) == 0
    assert not session.scalars(select(OutboxMessage)).all()
    sme.browser.post("/introductions/interest", data={"object": world.university.public_id})
    assert latest().state == IntroductionState.PROPOSED
    told = {message.to for message in session.scalars(select(OutboxMessage))}
    assert {world.sme_user.email, world.researcher.email} <= told | {world.sme_admin.email}


def test_mails_before_consent_name_nobody_and_quote_nothing(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest, app: Flask
) -> None:
    sme.ask(world.university)
    [mail] = app.extensions["mailman"].outbox
    said = "\n".join(map(str, (mail.subject, mail.body, mail.alternatives, mail.extra_headers)))
    for secret in (world.sme.name, world.university.name, "joint trial", world.sme_user.email):
        assert secret not in said
    assert mail.to == [world.researcher.email]


def test_one_reminder_then_it_expires(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest, app: Flask
) -> None:
    sme.ask(world.university)
    latest().expires_at = utcnow() + timedelta(days=2)
    session.commit()
    for _ in range(2):
        jobs.run(app, "introductions")
    subjects = [mail.subject for mail in app.extensions["mailman"].outbox]
    assert subjects.count("An introduction still waits for your answer") == 1
    latest().expires_at = utcnow()
    session.commit()
    jobs.run(app, "introductions")
    assert latest().state == IntroductionState.EXPIRED
    assert app.extensions["mailman"].outbox[-1].to == [world.sme_user.email]
    assert researcher.accept(latest()).status_code == 302
    assert latest().state == IntroductionState.EXPIRED


def test_consent_leaves_a_trail_of_fields_and_hashes(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest
) -> None:
    sme.ask(world.university)
    researcher.accept(latest())
    sme.withdraw(latest())
    events = [
        entry.event for entry in session.scalars(select(AuditEntry).where(AuditEntry.thing_kind == "introduction"))
    ]
    assert events == [Event.CONSENT_GIVEN] * 2 + [Event.CONSENT_WITHDRAWN] * 2


def test_the_only_door_to_contact_data_opens_for_the_two_sides_alone(
    sme: Person, researcher: Person, person: Any, world: Any, session: Session, latest: Latest
) -> None:
    sme.ask(world.university)
    researcher.accept(latest())
    introduction = latest()
    for user in (world.manager, world.outsider, world.platform_admin):
        assert person(user).browser.get(f"/introductions/{introduction.public_id}").status_code == 404
    assert queries.contact_for(introduction, Viewer(1, organisation_ids=frozenset({world.stranger.id}))) is None
    ours = queries.contact_for(introduction, Viewer(1, organisation_ids=frozenset({world.sme.id})))
    assert ours is not None
    assert ours.side is Side.ASKED


def test_why_it_was_suggested_is_read_by_the_other_side_only_where_it_quotes_no_secret_of_then(
    sme: Person, researcher: Person, session: Session, world: Any, latest: Latest
) -> None:
    factories.competence(session, world.university, title="Zirconium coatings", description="Zirconium on implants.")
    secret = {"title": "Zirconium coatings for Kestrel", "description": "Kestrel wants zirconium coatings on implants."}
    need = factories.need(session, world.sme, visibility=Visibility.PRIVATE, **secret)
    other = factories.need(session, world.sme, title="Zirconium coatings for all", description="Zirconium. Why not?")
    session.commit()
    sme.ask(world.university, **{"for": need.public_id})
    assert "Kestrel wants" in re.sub("<[^>]+>", "", sme.read(latest()))
    need.title = need.description = "Zirconium coatings on implants"
    need.visibility = Visibility.PUBLIC
    session.commit()
    assert "Kestrel" not in researcher.read(latest()), "what is public now was a secret when it was quoted"
    sme.ask(world.university, **{"for": other.public_id})
    assert "Why not?" in re.sub("<[^>]+>", "", researcher.read(latest()))


def test_that_one_has_asked_somebody_already_does_not_tell_whose_a_teaser_is(
    researcher: Person, session: Session, world: Any, latest: Latest
) -> None:
    """An attacker asks everybody about one need of theirs, and then looks where a teaser leads."""
    shown = {"visibility": Visibility.TEASER, "teaser": "Slow flow is offered. Any tissue."}
    asked, elsewhere = (factories.competence(session, one, **shown) for one in (world.sme, world.host))
    need = factories.need(session, world.university)
    session.commit()
    researcher.ask(world.sme, **{"for": need.public_id})
    openly = latest().public_id
    pages = [
        researcher.browser.get(f"/introductions/ask/{one.shown_as.public_id}?for={need.public_id}")
        for one in (asked, elsewhere)
    ]
    assert [page.status_code for page in pages] == [200, 200]
    assert researcher.ask(asked.shown_as, **{"for": need.public_id}).status_code == 302
    assert latest().public_id != openly
    assert researcher.ask(elsewhere.shown_as, **{"for": need.public_id}).status_code == 302
    assert world.host.name not in researcher.read(latest())
    session.delete(elsewhere)
    session.commit()
    assert world.host.name not in researcher.read(latest()), "what is gone hides its owner still"


def test_a_request_to_a_teaser_reaches_its_hidden_owner_who_stays_hidden_until_both_agreed(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest
) -> None:
    need = factories.need(
        session, world.university, author=world.researcher, visibility=Visibility.TEASER,
        title="Hush: zirconium frogs", teaser="Partner for implant surfaces wanted. Some tests are done.",
    )  # fmt: skip
    session.commit()
    teaser = need.shown_as
    assert "Express interest" in sme.browser.get(f"/teasers/{teaser.public_id}").text
    assert sme.ask(teaser).status_code == 302
    for page in (sme.read(latest()), sme.browser.get("/introductions/?tab=open").text):
        assert "Partner for implant surfaces wanted" in page
        for secret in ("zirconium", world.university.name, world.researcher.name, world.university.public_id):
            assert secret not in page
    assert world.sme.name in researcher.read(latest())
    assert "Only what you wrote and, where there is one, your teaser" in researcher.read(latest())
    researcher.accept(latest())
    assert world.university.name in sme.read(latest())
    assert "zirconium" not in sme.read(latest()), "the text itself was not ticked"


def test_asking_with_a_members_text_does_not_tell_whether_the_hidden_owner_shares_a_cluster(
    sme: Person, world: Any, session: Session
) -> None:
    offer = factories.competence(session, world.sme, visibility=Visibility.MEMBERS)
    shown = []
    for owner in (world.university, world.stranger):
        need = factories.need(session, owner, visibility=Visibility.TEASER, teaser="Partner for implants wanted.")
        session.commit()
        page = sme.browser.get(f"/introductions/ask/{need.shown_as.public_id}", query_string={"for": offer.public_id})
        assert page.status_code == 200
        shown.append(re.sub(r'value="[^"]*"', "", page.text).replace(need.shown_as.public_id, "the teaser"))
    assert "Your organisation stays hidden" in shown[0]
    assert shown[0] == shown[1]


def test_only_what_both_agreed_to_teaches_the_clusters_order(
    app: Flask, session: Session, world: Any, sme: Person, researcher: Person, latest: Callable[[], Introduction]
) -> None:
    need = factories.need(session, world.sme)
    offer = factories.competence(session, world.university)
    session.commit()
    sme.ask(offer, **{"for": need.public_id})
    with app.app_context():
        assert decided(session, world.cluster.id) == []
    researcher.accept(latest())
    session.expire_all()
    with app.app_context():
        [one] = decided(session, world.cluster.id)
    assert (one.subject, one.thing) == (("need", need.id), ("organisation", world.university.id))
    assert one.liked


def test_a_deleted_draft_gives_neither_its_owner_away_nor_its_place_to_the_next(
    sme: Person, researcher: Person, world: Any, session: Session, latest: Latest
) -> None:
    draft = factories.need(session, world.sme, state=ItemState.DRAFT, visibility=Visibility.PRIVATE)
    session.commit()
    sme.ask(world.university, **{"for": draft.public_id})
    introduction, gone = latest(), draft.id
    assert world.sme.name not in researcher.read(introduction)
    sme.browser.post(f"/needs/{draft.public_id}/delete")
    assert world.sme.name not in researcher.read(introduction), "it was confidential"

    # SQLite gives the highest number again.
    session.expunge(draft)
    successor = factories.need(session, world.sme, id=gone, title="Something else altogether")
    session.commit()
    page = researcher.read(introduction)
    assert "Something else altogether" not in page
    assert world.sme.name not in page
    sme.ask(world.university, **{"for": successor.public_id})
    assert latest().id != introduction.id
