"""From what is written to what can be found: statements, vectors, and the index of every worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from embeddings import HashingEncoder
from matchmaker.db import set_read_only
from matchmaker.items.models import ItemState
from matchmaker.permissions import Visibility
from matchmaker.suggestions import indexing
from matchmaker.suggestions.catalogue import Catalogue, ModelState, item_key, item_number
from matchmaker.suggestions.models import Embedding, ItemKind, StatementRow
from tests import factories

pytestmark = [pytest.mark.usefixtures("inside"), pytest.mark.every_database]


class Stumbling(HashingEncoder):
    """A model that fails on every text with a word in it, and makes nonsense of another."""

    def encode_passages(self, texts: Sequence[str], **_: Any) -> np.ndarray:
        if any("stumble" in text for text in texts):
            raise RuntimeError("the model stumbled")
        rows = super().encode_passages(texts)
        for number, text in enumerate(texts):
            if "nonsense" in text:
                rows[number] = np.nan
        return rows


def statements(session: Session, kind: ItemKind, item: Any) -> list[StatementRow]:
    query = select(StatementRow).where(StatementRow.kind == kind, StatementRow.item_id == item.id)
    return list(session.scalars(query.order_by(StatementRow.part)))


def vectors(session: Session, rows: list[StatementRow]) -> list[Embedding]:
    return list(session.scalars(select(Embedding).where(Embedding.statement_id.in_([row.id for row in rows]))))


def found(app: Flask, text: str) -> dict[indexing.Key, str]:
    """What a worker finds for a text, whoever may read it, with the passage it found."""
    catalogue: Catalogue = app.extensions["catalogue"]
    with app.app_context():
        matcher = catalogue.matcher()
        matches = matcher.rank_items(matcher.prepare(text), allowed=None, limit=50)
        return {item_key(match.key): match.evidence[0].passage for match in matches}


def test_a_saved_competence_has_a_statement_and_a_vector(session: Session, world: factories.World) -> None:
    competence = factories.competence(session, world.university, title="Phage cocktails against biofilm")
    session.commit()

    (row,) = statements(session, ItemKind.COMPETENCE, competence)
    assert row.text.startswith("Phage cocktails against biofilm\n")
    assert (row.owners, row.visibility, row.gone) == (str(world.university.id), Visibility.PUBLIC, False)
    (vector,) = vectors(session, [row])
    assert vector.text_hash == row.text_hash
    assert len(vector.vector) == 4 * HashingEncoder().dimension


def test_a_draft_has_no_statement_and_a_withdrawn_item_loses_its_text_and_its_vector(
    session: Session, world: factories.World
) -> None:
    draft = factories.need(session, world.sme, state=ItemState.DRAFT)
    need = factories.need(session, world.sme, title="A title that must not stay behind")
    session.commit()
    assert statements(session, ItemKind.NEED, draft) == []
    (row,) = statements(session, ItemKind.NEED, need)

    need.state = ItemState.WITHDRAWN
    session.commit()

    session.refresh(row)
    assert (row.gone, row.text, row.text_hash, row.owners) == (True, "", "", "")
    assert vectors(session, [row]) == []


def test_a_deleted_item_leaves_nothing_that_could_be_found(
    app: Flask, session: Session, world: factories.World
) -> None:
    competence = factories.competence(session, world.university, title="Zebrafish screening")
    session.commit()
    assert (ItemKind.COMPETENCE, competence.id) in found(app, "zebrafish")

    session.delete(competence)
    session.commit()

    assert (ItemKind.COMPETENCE, competence.id) not in found(app, "zebrafish")


def test_a_long_text_is_split_and_every_part_names_what_it_belongs_to(session: Session, world: factories.World) -> None:
    sentences = [f"Sentence number {n} speaks of scaffolds and cells in some detail." for n in range(60)]
    competence = factories.competence(
        session, world.university, title="Scaffolds", description=" ".join(sentences), keywords=[]
    )
    session.commit()

    rows = statements(session, ItemKind.COMPETENCE, competence)
    assert len(rows) > 2
    assert all(len(row.text.split()) <= indexing.WORDS for row in rows)
    assert all(row.text.startswith("Scaffolds\n") for row in rows)
    assert all(any(sentence in row.text for row in rows) for sentence in sentences)

    competence.description = sentences[0]
    session.commit()
    session.expire_all()
    assert [row.gone for row in statements(session, ItemKind.COMPETENCE, competence)] == [False] + [True] * (
        len(rows) - 1
    )


def test_the_language_is_told_by_the_text_where_the_form_left_it_open(session: Session, world: factories.World) -> None:
    need = factories.need(
        session,
        world.sme,
        title="Partner für die Prüfung eines Hygienekonzepts gesucht",
        description="Wir suchen eine Klinik, die unser Konzept im laufenden Betrieb prüft und mit uns auswertet.",
        expected_result="",
        language="",
    )
    session.commit()
    assert need.language == "de"
    assert [row.language for row in statements(session, ItemKind.NEED, need)] == ["de"]


def test_evidence_counts_for_every_organisation_behind_it(session: Session, world: factories.World) -> None:
    evidence = factories.evidence(session, world.university, organisations=[world.university, world.host])
    session.commit()
    (row,) = statements(session, ItemKind.EVIDENCE, evidence)
    assert row.owners == f"{world.university.id},{world.host.id}"

    evidence.organisations.append(world.sme)
    session.commit()
    session.refresh(row)
    assert str(world.sme.id) in row.owners.split(",")


def test_a_rolled_back_change_leaves_the_statements_alone(session: Session, app: Flask, world: factories.World) -> None:
    from matchmaker.db import db

    competence = factories.competence(session, world.university, title="Before")
    session.commit()
    with Session(db.engine) as other:
        other.get(type(competence), competence.id).title = "After"
        other.flush()
        other.rollback()
        other.commit()
    session.expire_all()
    assert statements(session, ItemKind.COMPETENCE, competence)[0].text.startswith("Before")


def test_a_change_in_one_worker_is_found_by_the_next_search_in_every_other(
    make_app: Callable[..., Flask], app: Flask, session: Session, world: factories.World
) -> None:
    other = make_app()
    competence = factories.competence(session, world.university, title="Xenograft imaging")
    session.commit()
    key = (ItemKind.COMPETENCE, competence.id)
    assert key in found(other, "xenograft")

    competence.title, competence.description = "Wound dressings", "Alginate fibres."
    session.commit()

    assert found(other, "wound dressings")[key].startswith("Wound dressings")
    assert not any("Xenograft" in passage for passage in found(other, "xenograft").values())


def test_what_one_worker_left_pending_is_embedded_by_the_next_search_in_another(
    make_app: Callable[..., Flask], session: Session, world: factories.World, app: Flask
) -> None:
    app.extensions["catalogue"] = Catalogue(None)
    competence = factories.competence(session, world.university, title="Left for later")
    session.commit()
    rows = statements(session, ItemKind.COMPETENCE, competence)
    assert vectors(session, rows) == []

    other = make_app()
    set_read_only(True)
    found(other, "left for later")
    set_read_only(False)

    assert len(vectors(session, rows)) == 1


@pytest.mark.parametrize("word", ["stumble", "nonsense"])
def test_an_item_that_cannot_be_encoded_stands_and_is_found_by_its_words(
    make_app: Callable[..., Flask], app: Flask, session: Session, world: factories.World, word: str
) -> None:
    app.extensions["catalogue"] = Catalogue(None, Stumbling())
    troubled = factories.competence(session, world.university, title=f"Quokka {word}")
    sound = factories.competence(session, world.university, title="Quokka husbandry")
    session.commit()

    assert vectors(session, statements(session, ItemKind.COMPETENCE, troubled)) == []
    assert len(vectors(session, statements(session, ItemKind.COMPETENCE, sound))) == 1
    assert {(ItemKind.COMPETENCE, troubled.id), (ItemKind.COMPETENCE, sound.id)} <= found(app, "quokka").keys()


def test_vectors_of_two_models_are_never_mixed(
    make_app: Callable[..., Flask], app: Flask, session: Session, world: factories.World
) -> None:
    competence = factories.competence(session, world.university)
    session.commit()
    wider = make_app(ENCODER=HashingEncoder(64))
    with wider.app_context():
        catalogue: Catalogue = wider.extensions["catalogue"]
        assert indexing.count_pending(session, catalogue.model_hash) > 0
        set_read_only(True)
        matcher = catalogue.matcher()
        set_read_only(False)
        assert matcher.encoder is not None
        assert matcher.encoder.dimension == 64
    rows = statements(session, ItemKind.COMPETENCE, competence)
    assert {len(vector.vector) for vector in vectors(session, rows)} == {4 * 256, 4 * 64}


def test_a_failing_model_leaves_search_by_words(app: Flask, session: Session, world: factories.World) -> None:
    def broken() -> Any:
        raise OSError("the file with the secret path is gone")

    catalogue = app.extensions["catalogue"] = Catalogue(broken)
    competence = factories.competence(session, world.university, title="Narwhal telemetry")
    session.commit()
    assert (ItemKind.COMPETENCE, competence.id) in found(app, "narwhal")
    assert catalogue.state is ModelState.FAILED
    assert not catalogue.semantic


def test_every_item_has_a_number_of_its_own_in_the_engine() -> None:
    keys = [(kind, item_id) for kind in ItemKind for item_id in (1, 2, 8, 9)]
    assert len({item_number(*key) for key in keys}) == len(keys)
    assert [item_key(item_number(*key)) for key in keys] == keys
