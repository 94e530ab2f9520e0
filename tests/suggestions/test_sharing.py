"""Vectors in Milvus (here Milvus Lite): every worker finds what one job brought there, and what is newer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from embeddings import HashingEncoder
from embeddings.layered import LayeredIndex
from matchmaker import jobs
from matchmaker.config import Settings
from matchmaker.db import db, reading
from matchmaker.profiles.models import Competence
from matchmaker.suggestions.catalogue import Catalogue, item_key
from matchmaker.suggestions.models import SharedVectors, StatementRow
from matchmaker.suggestions.sharing import Milvus
from tests import factories

pytest.importorskip("pymilvus", reason="Milvus needs the extra matchmaker[milvus]")
pytest.importorskip("milvus_lite", reason="Milvus Lite needs the extra matchmaker[milvus]")


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    path = str(tmp_path / "lite.db")
    yield replace(settings, milvus_url=path)
    from milvus_lite.server_manager import server_manager_instance

    server_manager_instance.release_server(path)


def best(worker: Flask, text: str) -> int | None:
    """The competence whose vector a worker finds nearest."""
    with worker.app_context(), reading(), Session(db.engine) as session:
        matcher = worker.extensions["catalogue"].matcher()
        hits = matcher.vectors.search(matcher.prepare(text).vector[None], 1)[0]
        return session.get_one(StatementRow, int(hits.ids[0])).item_id if hits.ids.size else None


def held(worker: Flask) -> int:
    """How many vectors a worker holds itself."""
    catalogue: Catalogue = worker.extensions["catalogue"]
    assert catalogue._index is not None
    index = catalogue._index.matcher._index
    return len(index._held) if isinstance(index, LayeredIndex) else len(index)  # type: ignore[arg-type]


def test_what_the_job_brought_is_found_there_and_what_it_has_not_brought_yet_is_found_too(
    make_app: Callable[..., Flask], app: Flask, session: Session, world: factories.World
) -> None:
    first = factories.competence(session, world.university, title="Okapi serum assay")
    second = factories.competence(session, world.university, title="Quagga genome sequencing")
    session.commit()
    before = make_app()
    assert best(before, "okapi serum assay") == first.id
    everything = held(before)
    assert everything >= 2, "nothing is in Milvus yet"

    jobs.run(app, "milvus")

    worker = make_app()
    assert best(worker, "okapi serum assay") == first.id
    assert held(worker) == 0
    # A text that changes is found as it is now, by every worker, before the job has run again.
    session.get_one(Competence, first.id).title = "Pangolin antibody library"
    session.get_one(Competence, second.id).title = "Okapi serum assay"
    session.commit()
    for each in (worker, before):
        assert best(each, "okapi serum assay") == second.id
        assert best(each, "pangolin antibody library") == first.id
    assert (held(worker), held(before)) == (2, 2), "what is in Milvus was let go"

    jobs.run(app, "milvus")
    session.delete(session.get_one(Competence, second.id))
    session.commit()

    for each in (worker, before):
        assert best(each, "okapi serum assay") != second.id
        assert best(each, "pangolin antibody library") == first.id
        assert held(each) == 0


def test_a_collection_that_lost_something_is_left_and_another_is_filled(
    make_app: Callable[..., Flask], app: Flask, session: Session, settings: Settings, world: factories.World
) -> None:
    competence = factories.competence(session, world.university, title="Okapi serum assay")
    session.commit()
    jobs.run(app, "vectors")
    jobs.run(app, "milvus")
    worker = make_app()
    assert best(worker, "okapi serum assay") == competence.id
    to = session.scalars(select(SharedVectors)).one()
    lost = Milvus(settings.milvus_url or "", "").open(to, HashingEncoder().dimension, writes=True)
    lost.drop(range(1, 1000))
    lost.close()

    jobs.run(app, "milvus")
    assert best(worker, "okapi serum assay") == competence.id, "the worker holds it itself meanwhile"
    jobs.run(app, "milvus")

    session.expire_all()
    assert session.scalars(select(SharedVectors)).one().filling == 2
    again = make_app()
    assert (best(again, "okapi serum assay"), held(again)) == (competence.id, 0)


def test_while_milvus_does_not_answer_words_go_on(
    make_app: Callable[..., Flask],
    app: Flask,
    session: Session,
    world: factories.World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    competence = factories.competence(session, world.university, title="Okapi serum assay")
    session.commit()
    jobs.run(app, "vectors")
    jobs.run(app, "milvus")
    worker = make_app()
    monkeypatch.setattr("embeddings.milvus.MilvusIndex._connected", silent)
    with worker.app_context():
        matcher = worker.extensions["catalogue"].matcher()
        matches = matcher.rank_items(matcher.prepare("okapi serum assay"), allowed=None, limit=5)
    assert item_key(matches[0].key)[1] == competence.id


def silent(_: Any) -> Any:
    from pymilvus import MilvusException

    raise MilvusException(message="gone")
