"""Milvus keeps the contract of every vector index; here it runs as Milvus Lite, inside the test's process."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embeddings.index import NumpyIndex
from embeddings.milvus import IndexUnavailable, MilvusIndex
from tests.embeddings import test_index
from tests.embeddings.test_index import D, numbers, steps, unit

pytest.importorskip("pymilvus", reason="Milvus needs the extra matchmaker[milvus]")
pytest.importorskip("milvus_lite", reason="Milvus Lite needs the extra matchmaker[milvus]")

# Whatever is promised there of any index is asked of this module's index too. The one promise about views is
# left out: Milvus keeps no past states, which VectorIndex.view allows and the test below states.
globals().update(
    {
        name: promise
        for name, promise in vars(test_index).items()
        if name.startswith("test_")
        and "index" in inspect.signature(promise).parameters
        and name != "test_a_view_is_not_changed_by_what_comes_after"
    }
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A directory of Milvus Lite, whose server thread is stopped with the module."""
    path = str(tmp_path_factory.mktemp("milvus") / "lite.db")
    yield path
    from milvus_lite.server_manager import server_manager_instance

    server_manager_instance.release_server(path)


@pytest.fixture(scope="module")
def shared(store: str) -> Iterator[MilvusIndex]:
    """One collection for all tests, because making one takes half a second."""
    index = MilvusIndex(D, uri=store)
    yield index
    index.close()


@pytest.fixture
def index(shared: MilvusIndex) -> MilvusIndex:
    emptied(shared)
    return shared


def emptied(index: MilvusIndex) -> None:
    with index._asking() as client:
        client.delete("statements", filter="id > 0")


def test_a_view_follows_later_changes(index: MilvusIndex) -> None:
    index.put([1, 2], unit(1, 2))
    view = index.view()
    index.drop([1])
    assert view.search(unit(1), 5)[0].ids.tolist() == [2]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=steps, k=st.integers(0, 12), query=numbers)
def test_any_history_equals_the_reference(
    index: MilvusIndex, history: list[tuple[str, list[int] | None]], k: int, query: int
) -> None:
    emptied(index)
    reference = NumpyIndex(D)
    version = 0
    for what, ids in [*history, ("search", None)]:
        if what == "search":
            allowed = None if ids is None else np.array(sorted(ids), dtype=np.int64)
            expected, found = (i.search(unit(query), k, allowed)[0] for i in (reference, index))
            assert found.ids.tolist() == expected.ids.tolist()
            np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)
        elif what == "put":
            version += 100
            for each in (reference, index):
                each.put(ids or [], unit(*(version + i for i in ids)) if ids else np.zeros((0, D)))
        else:
            for each in (reference, index):
                each.drop(ids or [])
        assert len(index) == len(reference)


def test_an_id_list_longer_than_one_expression_equals_the_reference(
    index: MilvusIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.milvus.IDS_AT_ONCE", 7)
    everything = np.arange(1, 301)
    reference = NumpyIndex(D)
    for each in (reference, index):
        each.put(everything, unit(*everything))
    queries = unit(401, 402, 403)
    for allowed in (everything[::2], everything[:20], everything[280:], np.arange(250, 900), np.arange(1, 299)):
        for k in (1, 5, 40):
            expected, found = (i.search(queries, k, allowed) for i in (reference, index))
            assert [h.ids.tolist() for h in found] == [h.ids.tolist() for h in expected]
            np.testing.assert_allclose(found[0].scores, expected[0].scores, atol=1e-5)
    np.testing.assert_allclose(
        index.scores(queries[0], np.arange(290, 310)), reference.scores(queries[0], np.arange(290, 310)), atol=1e-5
    )
    index.drop(everything[::3])
    assert len(index) == 200


def test_an_allowed_list_far_from_the_query_is_still_searched_to_the_end(
    index: MilvusIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.milvus.IDS_AT_ONCE", 5)
    # 300 forbidden neighbours stand before the 8 allowed: the deep unfiltered list holds none of them.
    near = np.repeat(unit(1), 300, axis=0)
    index.put(range(1, 301), near)
    index.put(range(301, 309), unit(*range(301, 309)))
    allowed = np.arange(301, 309)
    reference = NumpyIndex(D)
    reference.put(allowed, unit(*allowed))
    assert index.search(unit(1), 3, allowed)[0].ids.tolist() == reference.search(unit(1), 3)[0].ids.tolist()


def test_a_tie_wider_than_the_first_answer_is_broken_by_id(index: MilvusIndex) -> None:
    index.put(range(900, 0, -1), np.repeat(unit(1), 900, axis=0))
    assert index.search(unit(1), 3)[0].ids.tolist() == [1, 2, 3]
    assert index.search(unit(1), 3, np.arange(5, 800))[0].ids.tolist() == [5, 6, 7]


def test_more_rows_than_one_message_are_all_kept(index: MilvusIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.milvus.ROWS_AT_ONCE", 10)
    monkeypatch.setattr("embeddings.milvus.QUERIES_AT_ONCE", 4)
    index.put(range(1, 46), unit(*range(1, 46)))
    assert len(index) == 45
    assert [h.ids[0] for h in index.search(unit(*range(1, 46)), 1)] == list(range(1, 46))


def test_what_one_client_writes_the_next_search_of_another_finds(index: MilvusIndex, store: str) -> None:
    reader = MilvusIndex(D, uri=store, writes=False)
    assert len(reader) == 0
    index.put([4], unit(4))
    assert reader.search(unit(4), 1)[0].ids.tolist() == [4]
    index.drop([4])
    assert reader.search(unit(4), 1)[0].ids.tolist() == []
    reader.close()


def test_a_reader_checks_what_it_is_given_and_writes_nothing(index: MilvusIndex, store: str) -> None:
    index.put([4], unit(4))
    reader = MilvusIndex(D, uri=store, writes=False)
    reader.put([5], unit(5))
    reader.drop([4])
    assert index.search(unit(5), 9)[0].ids.tolist() == [4]
    with pytest.raises(ValueError, match="expected vectors of 16 dimensions, got 4"):
        reader.put([5], np.ones((1, 4)) / 2)
    reader.close()


def test_a_reader_without_a_collection_is_told_so(store: str) -> None:
    with pytest.raises(IndexUnavailable, match="expected a collection 'nowhere'"):
        len(MilvusIndex(D, uri=store, collection="nowhere", writes=False))


def test_a_collection_of_another_dimension_is_refused(index: MilvusIndex, store: str) -> None:
    index.put([1], unit(1))
    with pytest.raises(ValueError, match="expected 'statements' to hold 8 dimensions, found 16"):
        MilvusIndex(8, uri=store).search(np.eye(1, 8, dtype=np.float32), 1)
    assert len(index) == 1


def test_vectors_outlast_the_process_that_wrote_them(tmp_path: Path) -> None:
    from milvus_lite.server_manager import server_manager_instance

    path = str(tmp_path / "kept.db")
    for step in ("write", "read"):
        index = MilvusIndex(D, uri=path)
        if step == "write":
            index.put([1, 2, 3], unit(1, 2, 3))
            index.drop([2])
        assert index.search(unit(3), 5)[0].ids.tolist()[0] == 3
        assert len(index) == 2
        index.close()
        server_manager_instance.release_server(path)


def test_an_approximate_index_finds_nearly_all(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(5).normal(size=(2_000, D)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ids = np.arange(1, 2_001)
    index = MilvusIndex(
        D,
        uri=store,
        collection="approximate",
        index_type="HNSW",
        index_parameters={"M": 16, "efConstruction": 100},
        search_parameters={"ef": 100},
    )
    index.put(ids, rows)
    reference = NumpyIndex(D)
    reference.put(ids, rows)
    for allowed in (None, ids[::3], ids[:50]):
        expected, found = (i.search(rows[:50], 10, allowed) for i in (reference, index))
        common = sum(len(set(e.ids) & set(f.ids)) for e, f in zip(expected, found, strict=True))
        assert common >= 0.95 * 500
    assert not np.isnan(index.scores(rows[0], ids)).any()

    asked = []
    with index._asking() as client:
        real = client.search
        monkeypatch.setattr(client, "search", lambda *a, **k: asked.append(k) or real(*a, **k))
    assert index.search(rows[:1], 500)[0].ids.size == 500
    assert all(k["search_params"]["params"]["ef"] >= k["limit"] > 100 for k in asked)
    index.close()


def test_an_address_where_nobody_answers_is_told_so() -> None:
    with pytest.raises(IndexUnavailable, match="expected an answer of Milvus at http"):
        len(MilvusIndex(D, uri="http://127.0.0.1:9", timeout=0.5))
