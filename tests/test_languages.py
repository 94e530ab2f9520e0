"""The language of a page: of the account, else as chosen in the browser, else as the browser asks for."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from sqlalchemy.orm import Session

from matchmaker.alphabets import place
from matchmaker.clusters.models import Organisation, OrganisationType
from matchmaker.curation.models import Verdict
from matchmaker.mail.letters import compose
from matchmaker.translations import LANGUAGES, own_name
from tests import factories
from tests.factories import World

SIGN_IN = {"en": "Sign in", "de": "Anmelden", "sv": "Logga in"}


def language_of(page: str) -> str:
    found = re.search(r'<html lang="([^"]+)"', page)
    assert found
    return found[1]


def test_a_visitor_reads_the_language_that_the_browser_asks_for(client: FlaskClient) -> None:
    # An Austrian's browser; one that prefers what we do not speak; one that refuses German; one that says nothing.
    wishes = {"de-AT,en;q=0.5": "de", "sv": "sv", "fi, sv;q=0.1": "sv", "de;q=0, sv;q=0.1": "sv", "fi": "en", "": "en"}
    for asked, spoken in wishes.items():
        answer = client.get("/sign-in", headers={"Accept-Language": asked})
        assert language_of(answer.text) == spoken == answer.headers["Content-Language"]
        assert SIGN_IN[spoken] in answer.text
        assert {"accept-language", "cookie"} <= {name.lower() for name in answer.vary}


def test_a_visitor_chooses_a_language_at_the_foot_of_the_page_and_stays_there(client: FlaskClient) -> None:
    page = client.get("/organisations?q=r%C3%B6d+h%C3%A4st", headers={"Accept-Language": "de"}).text
    for language in LANGUAGES:
        assert own_name(language) in page
    chosen = re.search(r'href="(/language/sv[^"]*)"', page)
    assert chosen
    answer = client.get(chosen[1].replace("&amp;", "&"))
    assert answer.location == "/organisations?q=r%C3%B6d+h%C3%A4st"
    assert language_of(client.get(answer.location, headers={"Accept-Language": "de"}).text) == "sv"


def test_choosing_a_language_leads_to_no_other_site_and_to_no_other_language(client: FlaskClient) -> None:
    for elsewhere in ("//evil.example", "https://evil.example/", "/\\evil.example"):
        assert client.get("/language/de", query_string={"next": elsewhere}).location == "/"
    assert client.get("/language/xx").status_code == 404


def test_the_language_of_the_account_wins_and_holds_from_the_next_word_on(
    world: World, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in(world.sme_user)
    client.get("/language/sv")
    assert language_of(client.get("/account").text) == "sv"
    page = client.post("/account", data={"name": "Nadia", "title": "", "locale": "de"}, follow_redirects=True).text
    assert language_of(page) == "de"
    assert "Gespeichert." in page
    # Whoever has an account chooses there; a second place that says otherwise would only confuse.
    assert "/language/" not in page


def test_an_error_is_told_in_the_language_of_the_page(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/nowhere", headers={"Accept-Language": "sv"})
    assert (answer.status_code, language_of(answer.text), answer.headers["Content-Language"]) == (404, "sv", "sv")


@pytest.mark.every_database
def test_names_stand_in_the_alphabet_of_the_reader(
    client: FlaskClient, session: Session, world: World, sign_in: Callable[..., FlaskClient]
) -> None:
    for name in (
        "Zeta AB",
        "Ödlan AB",
        "Ärla AB",
        "Åbo AB",
        "Ébène SA",
        "Apoteket AB",
        "Straße GmbH",
        "Strasse 2 GmbH",
    ):
        factories.organisation(session, name=name)
    session.commit()

    def listed(language: str) -> list[str]:
        page = client.get("/organisations", headers={"Accept-Language": language}).text
        return re.findall(r">(Zeta|Ödlan|Ärla|Åbo|Ébène|Apoteket|Straße|Strasse 2)\b", page)

    german = ["Åbo", "Apoteket", "Ärla", "Ébène", "Ödlan", "Strasse 2", "Straße", "Zeta"]
    assert listed("de") == german
    assert listed("sv") == ["Apoteket", "Ébène", "Strasse 2", "Straße", "Zeta", "Åbo", "Ärla", "Ödlan"]
    assert sorted(german, key=lambda name: place(name, "sv"))[-3:] == ["Åbo", "Ärla", "Ödlan"]
    # The longest query that sorts by name; SQLite's parser once had no room for it in Swedish.
    manager = sign_in(world.manager)
    for language in LANGUAGES:
        assert manager.get("/cluster/members", headers={"Accept-Language": language}).status_code == 200


def test_a_title_is_marked_with_its_language_where_the_page_speaks_another(
    client: FlaskClient, session: Session, world: World
) -> None:
    need = factories.need(session, world.sme, title="Keimfreie Oberfläche für Implantate gesucht", language="de")
    session.commit()
    marked = '<h1><span lang="de">Keimfreie Oberfläche'
    assert marked in client.get(f"/needs/{need.public_id}", headers={"Accept-Language": "sv"}).text
    assert marked not in client.get(f"/needs/{need.public_id}", headers={"Accept-Language": "de"}).text


def test_what_members_wrote_is_marked_with_its_language_wherever_it_stands(
    session: Session, world: World, sign_in: Callable[..., FlaskClient]
) -> None:
    world.host.headline, world.host.language = "Prüfstände für keimfreie Oberflächen", "de"
    need = factories.need(
        session, world.sme, title="Keimfreie Oberfläche für Implantate gesucht", language="de", visibility="members"
    )
    room = factories.test_field(
        session, world.host, title="Reinraum", language="de", visibility="members", capacity="Zwei Kabinen, ab Mai frei"
    )
    reason = "Die beiden haben schon einmal an einem ähnlichen Gerät gearbeitet."
    decided = {"cluster_id": world.cluster.id, "kind": "pin", "reason": reason, "need_id": need.id}
    session.add(Verdict(**decided, test_field_id=room.id))
    session.commit()
    pages = {
        f"/organisations/{world.host.public_id}": ('<p class="face-headline" lang="de">Prüfstände',),
        f"/test-fields/{room.public_id}": ('<dd><span lang="de">Zwei Kabinen',),
        "/verdicts/": (
            '<span lang="de">Keimfreie Oberfläche',
            '<span lang="de">Reinraum</span>',
            '<p class="measure" lang="de">Die beiden haben',
        ),
        f"/suggestions/need/{need.public_id}/team?parts=Quokkas+im+Weltall": ('<strong lang="de">Quokkas im',),
    }
    browser = sign_in(world.manager)
    for address, marked in pages.items():
        for language in ("en", "de"):
            world.manager.locale = language
            session.commit()
            page = browser.get(address).text
            for text in marked:
                assert (text in page) == (language == "en"), f"{address}: {text}"
            assert marked[0].rpartition(">")[2] in page


def test_a_thousand_has_the_separator_of_the_reader(app: Flask, client: FlaskClient, session: Session) -> None:
    many = [{"name": f"Werk {n}", "name_key": f"werk {n}", "type": OrganisationType.SME} for n in range(1_617)]
    session.execute(insert(Organisation), many)
    session.commit()
    for language, said, word in (
        ("en", "1,617", "organisations"),
        ("de", "1.617", "Organisationen"),
        ("sv", "1\N{NO-BREAK SPACE}617", "organisationer"),
    ):
        asked = {"Accept-Language": language}
        # In a sentence, beside a word, and in a mail.
        assert f"{said} {word}</h2>" in client.get("/organisations", headers=asked).text
        front = client.get("/", headers=asked).text
        assert f'<div class="stat-value">{said}</div>' in front
        assert "1617" not in front
        with app.app_context():
            letter = compose("watches/email/found", locale=language, count=1_617, watch="w", reader={}, link="")
        assert said in letter["text"]


def test_what_is_kept_about_people_is_told_in_their_language(client: FlaskClient) -> None:
    assert "personer som loggar in" in client.get("/privacy", headers={"Accept-Language": "sv"}).text
