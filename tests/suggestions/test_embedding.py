"""Vectors are made batch by batch: identical texts share the work, never the row; a kill loses nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, update
from sqlalchemy.orm import Session

from embeddings import HashingEncoder
from matchmaker import jobs
from matchmaker.config import Settings
from matchmaker.permissions import Visibility
from matchmaker.suggestions import indexing
from matchmaker.suggestions.catalogue import Catalogue
from matchmaker.suggestions.models import Embedding, StatementRow
from tests import factories
from tests.servers import ROOT, environment


class Counting(HashingEncoder):
    """Remembers every text that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def encode_passages(self, texts: Sequence[str], **_: Any) -> np.ndarray:
        self.read += texts
        return super().encode_passages(texts)


@pytest.fixture
def reader(app: Flask, inside: None) -> Counting:
    """The application's model, which tells what it had to read."""
    made = Counting()
    app.extensions["catalogue"] = Catalogue(None, made)
    return made


def pending(session: Session) -> int:
    return indexing.count_pending(session, HashingEncoder().space)


@pytest.mark.every_database
def test_what_a_commit_can_not_embed_on_its_way_is_embedded_by_the_job(
    app: Flask, session: Session, world: factories.World, reader: Counting
) -> None:
    for n in range(3 * indexing.ON_THE_WAY):
        factories.competence(session, world.university, title=f"Assay {n}")
    session.commit()
    assert pending(session) == 0

    session.execute(update(Embedding).values(vector=b""))
    session.commit()
    result = app.test_cli_runner().invoke(args=["index", "sync"])
    assert result.exit_code == 0, result.output
    lengths = session.scalars(select(func.length(Embedding.vector)).distinct()).all()
    assert lengths == [4 * reader.dimension], "damaged vectors were made anew"


def test_an_identical_text_takes_over_a_vector_instead_of_being_read_again(
    session: Session, world: factories.World, reader: Counting
) -> None:
    same = {"title": "Okapi serum", "description": "We keep okapi serum at −80 °C.", "keywords": []}
    factories.competence(session, world.university, **same)
    session.commit()
    reader.read.clear()
    factories.competence(session, world.sme, **same)
    session.commit()
    assert reader.read == []
    rows = session.scalars(select(StatementRow).where(StatementRow.text.startswith("Okapi serum"))).all()
    held = session.scalars(select(Embedding).where(Embedding.statement_id.in_([row.id for row in rows]))).all()
    assert len(held) == 2, "each statement has a row of its own, which goes with its text"
    assert held[0].vector == held[1].vector


def test_a_private_text_of_somebody_else_is_never_what_saves_the_reading(
    session: Session, world: factories.World, reader: Counting
) -> None:
    same = {"title": "Okapi serum", "description": "We keep okapi serum at −80 °C.", "keywords": []}
    factories.competence(session, world.university, visibility=Visibility.PRIVATE, **same)
    # A private text is not read at all, so something else has to begin the reading of what the world says.
    factories.competence(session, world.host)
    session.commit()
    reader.read.clear()
    factories.competence(session, world.sme, **same)
    session.commit()
    assert len(reader.read) == 1
    reader.read.clear()
    factories.competence(session, world.university, **same)
    session.commit()
    assert reader.read == [], "its own private text, or a public one, does"


def test_a_worker_with_nothing_to_do_loads_no_model(make_app: Callable[..., Flask], world: factories.World) -> None:
    app = make_app()
    with app.app_context():
        jobs.run(app, "vectors")

    def load() -> HashingEncoder:
        raise AssertionError("the model was loaded for nothing")

    idle = app.extensions["catalogue"] = Catalogue(load)
    idle.space = lambda: HashingEncoder().space  # type: ignore[method-assign]
    with app.app_context():
        jobs.run(app, "vectors")


#: Does the job of vectors in a process of its own, in small batches, killed at the n-th step, again and again until one
#: gets through; prints how many were killed. They are forked, as making the application takes longer than the work.
KILLED = """
import os, random, signal
from sqlalchemy import event
from sqlalchemy.orm import Session
from embeddings import HashingEncoder
from matchmaker import create_app, jobs
from matchmaker.suggestions import embedding, switching
from matchmaker.suggestions.catalogue import Catalogue

left = 0
def step(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

class Stepping(HashingEncoder):
    def encode_passages(self, texts, **more):
        step()
        rows = super().encode_passages(texts, **more)
        step()
        return rows

embedding.BATCH = 5
switching.load_encoder = lambda name, **_: Stepping(64 if name else 256)
event.listen(Session, "before_commit", step)
event.listen(Session, "after_flush", step)
event.listen(Session, "after_commit", step)

app = create_app()
dice, kills = random.Random(8), 0
while True:
    left = dice.randint(2, 14)
    worker = os.fork()
    if not worker:
        app.extensions["catalogue"] = Catalogue(lambda: switching.load(app.extensions["settings"], None))
        jobs.run(app, "vectors")
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    if status != -signal.SIGKILL:
        break
    kills += 1
if status:
    raise SystemExit(f"expected a worker that gets through, found status {status}")
print(kills)
"""


def test_an_indexer_that_is_killed_at_any_point_loses_nothing(
    app: Flask, settings: Settings, session: Session, world: factories.World, inside: None
) -> None:
    """Neither of the vectors in use nor of those of another model, which is built beside."""
    from matchmaker.suggestions import switching

    app.extensions["catalogue"] = Catalogue(None)
    for n in range(13):
        factories.competence(session, world.university, title=f"Assay {n}", description="x " * n)
    switching.begin(session, HashingEncoder(64), "new", present=("", HashingEncoder()))
    session.commit()
    total = session.scalar(select(func.count()).select_from(StatementRow)) or 0
    spaces = [HashingEncoder(), HashingEncoder(64)]
    session.close()

    run = subprocess.run(
        [sys.executable, "-c", KILLED],
        env=environment(
            settings.data_dir,
            MATCHMAKER_DATABASE_URL=settings.database_url,
            MATCHMAKER_SECRET_KEY=settings.secret_key,
            PYTHONPATH=str(ROOT),
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout.splitlines()[-1]) > 1
    with Session(create_engine(settings.database_url)) as after:
        for encoder in spaces:
            rows = after.scalars(select(Embedding).where(Embedding.model_hash == encoder.space)).all()
            assert len(rows) == len({row.statement_id for row in rows}) == total
            texts = dict(after.execute(select(StatementRow.id, StatementRow.text)).all())
            expected = encoder.encode_passages([texts[row.statement_id] for row in rows])
            np.testing.assert_array_equal(np.stack([np.frombuffer(row.vector, "<f4") for row in rows]), expected)
        assert switching.active_hash(after) == HashingEncoder(64).space
