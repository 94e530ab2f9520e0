"""Managers change the glossary; every worker reads by it at its next search, and only what it touches is read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from embeddings import HashingEncoder
from embeddings.encoder import GlossedEncoder
from embeddings.glossary import bundled_glossary
from matchmaker.suggestions import glossary
from matchmaker.suggestions.catalogue import Catalogue
from matchmaker.suggestions.models import Embedding, GlossaryChange
from tests import factories

SignIn = Callable[..., FlaskClient]


class English(HashingEncoder):
    """Knows English only, and remembers what it was given to read."""

    languages = frozenset({"en"})

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def encode_passages(self, texts: Sequence[str], **_: Any) -> np.ndarray:
        self.read += texts
        return super().encode_passages(texts)


@pytest.fixture
def model(app: Flask) -> English:
    """The application's model, read through the glossary as the real one is."""
    made = English()
    app.extensions["catalogue"] = Catalogue(None, GlossedEncoder(made, bundled_glossary()))
    return made


@pytest.fixture
def whales(app: Flask, session: Session, world: factories.World, model: English) -> None:
    with app.app_context():
        for title in ("Wir vermessen den Blauwal im Nordmeer", "Wir liefern Gewebe für die Forschung"):
            factories.competence(
                session, world.university, title=title, description="Seit vielen Jahren.", keywords=[], language="de"
            )
        for n in range(5):
            factories.competence(session, world.university, title=f"Assay {n}")
        session.commit()
    model.read.clear()


@pytest.fixture
def desk(sign_in: SignIn, world: factories.World) -> FlaskClient:
    return sign_in(world.manager)


def add_word(desk: FlaskClient, source: str, english: str, **more: str) -> str:
    form = {"language": "de", "source": source, "english": english, **more}
    return desk.post("/suggestions/glossary/entry?kind=word", data=form, follow_redirects=True).text


def add_acronym(desk: FlaskClient, **form: str) -> str:
    return desk.post("/suggestions/glossary/entry?kind=acronym", data=form, follow_redirects=True).text


@pytest.mark.every_database
def test_a_new_word_reads_only_the_texts_again_that_hold_it(
    session: Session, desk: FlaskClient, model: English, whales: None
) -> None:
    before = {row.statement_id: row.vector for row in session.scalars(select(Embedding))}

    assert "Saved: blauwal." in add_word(desk, "Blauwal", "blue whale")

    [again] = model.read
    assert "blue whale" in again
    session.expire_all()
    after = {row.statement_id: row.vector for row in session.scalars(select(Embedding))}
    assert after.keys() == before.keys()
    assert sum(after[one] != before[one] for one in after) == 1
    assert len({row.glossary for row in session.scalars(select(Embedding))}) == 1, "all were compared"


def test_every_worker_reads_by_it_at_its_next_search(
    make_app: Callable[..., Flask], app: Flask, desk: FlaskClient, model: English, whales: None
) -> None:
    worker = make_app(ENCODER=GlossedEncoder(English(), bundled_glossary()))
    catalogue: Catalogue = worker.extensions["catalogue"]

    def found() -> list[str]:
        with worker.app_context():
            matcher = catalogue.matcher()
            query = catalogue.prepare(matcher, "quokkazeug", "de")
            return [m.evidence[0].passage for m in matcher.rank_items(query, allowed=None, limit=5)]

    assert not any("Blauwal" in passage for passage in found()[:1])
    add_word(desk, "Quokkazeug", "blauwal")
    assert "Blauwal" in found()[0]


def test_taking_it_back_brings_back_the_very_vectors(
    session: Session, desk: FlaskClient, model: English, whales: None
) -> None:
    def vectors() -> dict[int, tuple[bytes, str]]:
        session.expire_all()
        return {row.statement_id: (row.vector, row.glossary) for row in session.scalars(select(Embedding))}

    before = vectors()
    add_word(desk, "Blauwal", "blue whale")
    assert vectors() != before
    change = session.scalars(select(GlossaryChange)).one()
    page = desk.post(f"/suggestions/glossary/{change.public_id}/undo", follow_redirects=True).text
    assert "Taken back: blauwal reads as before." in page
    assert vectors() == before
    assert "taken back by" in desk.get("/suggestions/glossary/history").text


def test_words_alone_follow_the_glossary_too(app: Flask, desk: FlaskClient, session: Session, whales: None) -> None:
    catalogue = app.extensions["catalogue"] = Catalogue(None)
    with app.app_context():
        catalogue.matcher()
    add_word(desk, "Nordmeer", "arctic ocean")
    with app.app_context():
        matcher = catalogue.matcher()
        found = matcher.rank_items(matcher.prepare("arctic ocean"), allowed=None, limit=5)
    assert any("Nordmeer" in match.evidence[0].passage for match in found)


def test_what_an_entry_means_for_others_is_told_before_it_is_saved(desk: FlaskClient, session: Session) -> None:
    page = add_word(desk, "abfall", "refuse")
    assert "Nothing is saved yet." in page
    assert "So far it means: abfall (waste). Yours takes its place." in page
    assert session.scalars(select(GlossaryChange)).all() == []

    assert "Saved: abfall." in add_word(desk, "abfall", "refuse", confirmed="replaces:1")
    page = add_acronym(desk, source="ABS", english="absolute")
    assert "It stands for something else as well: ABS (antibiotic stewardship)" in page
    assert "Saved: ABS." in add_acronym(desk, source="ABS", english="absolute", context="zero, kelvin")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "Write the word, or its beginning."),
        ("ab", "Write at least three letters"),
        ("und", "it says nothing about a topic"),
    ],
)
def test_a_word_that_would_do_harm_is_refused_and_stays_in_the_form(
    desk: FlaskClient, session: Session, source: str, says: str
) -> None:
    page = add_word(desk, source, "something kept")
    assert says in page
    assert "something kept" in page
    assert session.scalars(select(GlossaryChange)).all() == []


def test_an_entry_is_found_changed_removed_and_brought_back(desk: FlaskClient, session: Session) -> None:
    page = desk.get("/suggestions/glossary?q=antibiotic+stewardship").text
    assert "ABS" in page
    assert "Changed here" not in page.replace(">Changed here</a>", "")

    address = "/suggestions/glossary/entry?of=acronym&word=ABS&meaning=antibiotic+stewardship"
    assert "rationale Antibiotikatherapie" in desk.get(address).text
    form = {"source": "ABS", "english": "antibiotic stewardship programme", "context": "antibiotic"}
    desk.post(address, data=form)
    with Session(session.get_bind()) as now:
        assert glossary.entry(now, "", "ABS", "antibiotic stewardship") is None
        assert glossary.entry(now, "", "ABS", "antibiotic stewardship programme") is not None

    wanted = {"of": "de", "word": "abfall", "meaning": "waste"}
    assert "Removed: abfall." in desk.post("/suggestions/glossary/remove", data=wanted, follow_redirects=True).text
    assert "Removed here" in desk.get("/suggestions/glossary?own=1&q=abfall").text
    assert ">abfall<" not in desk.get("/suggestions/glossary?q=abfall&kind=de").text
    assert desk.post("/suggestions/glossary/remove", data=wanted).status_code == 404, "it is gone already"


def test_the_list_is_paged_and_exact_beginnings_stand_first(desk: FlaskClient) -> None:
    first = desk.get("/suggestions/glossary?kind=sv")
    assert first.text.count("data-item") == glossary.PAGE
    assert "Page 1 of" in first.text
    page = desk.get("/suggestions/glossary?q=GMP").text
    assert page.index("good manufacturing practice") < page.index("Change<")


def test_a_glossary_entry_is_shown_as_text_whatever_was_typed(desk: FlaskClient) -> None:
    page = add_acronym(desk, source="<b>x</b>", english="<script>alert(1)</script>")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in desk.get("/suggestions/glossary?own=1").text
