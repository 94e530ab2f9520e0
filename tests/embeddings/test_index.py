"""Every vector index keeps one contract; the plain NumPy one says what is right."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embeddings import faiss_index
from embeddings.codes import Codes, can_encode
from embeddings.faiss_index import FaissIndex
from embeddings.index import NumpyIndex, VectorIndex

D = 16
IMPLEMENTATIONS: dict[str, Callable[[], VectorIndex]] = {
    "numpy": lambda: NumpyIndex(D),
    "faiss": lambda: FaissIndex(D),
    "faiss-folding": lambda: FaissIndex(D, fold_at=3),
    "faiss-codes": lambda: FaissIndex(D, fold_at=3, encode_from=4),
}


@pytest.fixture(params=IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS.keys())
def index(request: pytest.FixtureRequest) -> VectorIndex:
    return request.param()


@pytest.fixture(autouse=True)
def small_boards_use_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes at which the index changes its way, so small that a test reaches them."""
    for name, value in {"FEW": 3, "DEPTH": 4, "DEPTH_EACH": 1, "FIRST": 1, "FIRST_EACH": 1, "DEEPER": 2}.items():
        monkeypatch.setattr(faiss_index, name, value)


def unit(*seeds: int) -> np.ndarray:
    rows = np.stack([np.random.default_rng(seed).normal(size=D) for seed in seeds]).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert len(index) == 0
    assert index.search(unit(1), 5)[0].ids.tolist() == []


def test_fewer_vectors_than_asked_are_not_padded(index: VectorIndex) -> None:
    index.put([5, 7], unit(5, 7))
    hits = index.search(unit(7), 10)[0]
    assert hits.ids.tolist() == [7, 5]
    assert hits.scores[0] == pytest.approx(1.0, abs=1e-5)


def test_a_filter_works_before_the_cut(index: VectorIndex) -> None:
    index.put(range(1, 101), unit(*range(1, 101)))
    assert index.search(unit(3), 1, np.array([50, 60]))[0].ids[0] in (50, 60)
    assert index.search(unit(3), 5, np.array([], dtype=np.int64))[0].ids.size == 0
    assert index.search(unit(3), 5, np.array([1000]))[0].ids.size == 0


def test_ties_at_the_cut_go_to_the_smaller_id(index: VectorIndex) -> None:
    index.put([9, 4, 6, 2], np.repeat(unit(1), 4, axis=0))
    assert index.search(unit(1), 2)[0].ids.tolist() == [2, 4]


def test_a_view_is_not_changed_by_what_comes_after(index: VectorIndex) -> None:
    index.put([1, 2], unit(1, 2))
    view = index.view()
    index.drop([1])
    index.put([3], unit(3))
    assert sorted(view.search(unit(1), 5)[0].ids.tolist()) == [1, 2]
    assert sorted(index.search(unit(1), 5)[0].ids.tolist()) == [2, 3]


def test_scores_of_absent_ids_are_not_numbers(index: VectorIndex) -> None:
    index.put([1, 2], unit(1, 2))
    index.drop([2])
    scores = index.scores(unit(1)[0], np.array([2, 1, 8]))
    assert np.isnan(scores[[0, 2]]).all()
    assert scores[1] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("ids", "vectors", "message"),
    [
        ([1], np.ones((1, 4)) / 2, "expected vectors of 16 dimensions, got 4"),
        ([1], np.full((1, D), np.nan), "found NaN"),
        ([1], np.full((1, D), 1.0), "expected vectors of unit length, got one of length 4.0000"),
        ([1, 1], unit(1, 2), "expected each id once"),
        ([-1], unit(1), "expected positive ids, got -1"),
        ([1, 2], unit(1), "expected 2 vectors, one per id, got 1"),
    ],
)
def test_bad_input_is_refused_and_leaves_the_index_as_it_was(
    index: VectorIndex, ids: list[int], vectors: np.ndarray, message: str
) -> None:
    index.put([3], unit(3))
    with pytest.raises(ValueError, match=message):
        index.put(ids, vectors)
    assert index.search(unit(3), 5)[0].ids.tolist() == [3]


def test_a_filter_that_its_owner_changes_is_another_filter(index: VectorIndex) -> None:
    index.put([1, 2, 3], unit(1, 2, 3))
    allowed = np.array([1, 2])
    assert index.search(unit(3), 5, allowed)[0].ids.tolist() in ([1, 2], [2, 1])
    allowed[1] = 3
    assert index.search(unit(3), 1, allowed)[0].ids.tolist() == [3]


def test_a_board_of_few_texts_many_times_over_is_searched_exactly() -> None:
    """Where all that is near is alike, codes show no line; ties still go to the smaller id."""
    reference, index = NumpyIndex(D), IMPLEMENTATIONS["faiss-codes"]()
    for each in (reference, index):
        each.put(range(1, 61), unit(*(n % 3 for n in range(60))))
    index.settle()
    for query in range(20):
        expected, found = (i.search(unit(100 + query), 1)[0].ids.tolist() for i in (reference, index))
        assert found == expected


numbers = st.integers(1, 60)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.lists(numbers, unique=True, max_size=30)),
        st.tuples(st.just("drop"), st.lists(numbers, unique=True, max_size=8)),
        st.tuples(st.just("search"), st.one_of(st.none(), st.lists(numbers, unique=True))),
        st.tuples(st.just("settle"), st.none()),
    ),
    max_size=12,
)


@pytest.mark.parametrize("name", list(IMPLEMENTATIONS)[1:])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, k=st.integers(0, 12), query=numbers, alike=st.booleans())
def test_any_history_equals_the_reference(
    name: str, steps: list[tuple[str, list[int] | None]], k: int, query: int, alike: bool
) -> None:
    """Whatever is being folded or encoded in the background meanwhile, and however many vectors are the same."""
    reference, index = NumpyIndex(D), IMPLEMENTATIONS[name]()
    version = 0
    for what, ids in [*steps, ("search", None), ("settle", None), ("search", None)]:
        if what == "search":
            allowed = None if ids is None else np.array(sorted(ids), dtype=np.int64)
            for _ in ("first", "again"):
                expected, found = (i.search(unit(query, 7), k, allowed) for i in (reference, index))
                assert [hits.ids.tolist() for hits in found] == [hits.ids.tolist() for hits in expected]
                assert [hits.scores.tolist() for hits in found] == [hits.scores.tolist() for hits in expected]
        elif what == "put":
            version += 100
            rows = [version + (i % 3 if alike else i) for i in ids or []]
            for each in (reference, index):
                each.put(ids or [], unit(*rows) if rows else np.zeros((0, D)))
        elif what == "drop":
            for each in (reference, index):
                each.drop(ids or [])
        elif isinstance(index, FaissIndex):
            index.settle()
        assert len(reference) == len(index)


def board(size: int, *, seed: int = 1, topics: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Vectors gathered around topics and themes within them, as texts are, and the topic of each."""
    random = np.random.default_rng(seed)
    centres, themes = (np.random.default_rng(0).normal(size=(n, 64)) for n in (topics, 25 * topics))
    theme = random.integers(0, 25 * topics, size)
    topic = theme % topics
    rows = random.normal(size=(size, 64)) + 1.2 * centres[topic] + themes[theme]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), topic


def filters(topic: np.ndarray) -> dict[str, np.ndarray | None]:
    """What viewers may read: all, a share by chance, a topic, all but a topic."""
    ids = np.arange(1, topic.size + 1)
    chance = np.random.default_rng(5).random(topic.size)
    return {
        "all": None,
        "half": ids[chance < 0.5],
        "a tenth": ids[chance < 0.1],
        "a hundredth": ids[chance < 0.01],
        "one topic": ids[topic == 3],
        "all but one topic": ids[topic != 3],
    }


@pytest.mark.parametrize("k", [1, 10, 60])
def test_codes_change_how_long_a_search_takes_and_nothing_else(monkeypatch: pytest.MonkeyPatch, k: int) -> None:
    for name, value in {"FEW": 60, "DEPTH": 64, "FIRST": 16}.items():
        monkeypatch.setattr(faiss_index, name, value)
    rows, topic = board(6_000)
    queries, _ = board(25, seed=2)
    reference, index = NumpyIndex(64), FaissIndex(64, encode_from=1_000)
    for each in (reference, index):
        each.put(np.arange(1, 6_001), rows)
    index.settle()
    assert index.encoded
    for what, allowed in filters(topic).items():
        for query in (*queries, rows[17]):
            expected, found = (each.search(query, k, allowed)[0] for each in (reference, index))
            assert found.ids.tolist() == expected.ids.tolist(), what
            assert found.scores.tolist() == expected.scores.tolist(), what


def test_a_filter_that_comes_again_is_searched_by_codes_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each state, if it leaves a part; what is changed meanwhile is found and what is gone is not."""
    monkeypatch.setattr(faiss_index, "FEW", 60)
    among, made = Codes.among, list[int]()
    monkeypatch.setattr(Codes, "among", lambda codes, rows: made.append(rows.size) or among(codes, rows))
    rows, topic = board(6_000)
    ids, queries = np.arange(1, 6_001), board(6, seed=2)[0]
    reference, index = NumpyIndex(64), FaissIndex(64, encode_from=1_000)
    for each in (reference, index):
        each.put(ids, rows)
    index.settle()
    few, most = ids[topic == 3], ids[topic != 3]
    for change in (lambda each: None, lambda each: each.put([7_000], queries[:1]), lambda each: each.drop(few[:50])):
        change(reference), change(index)
        for allowed in (np.append(few, 7_000), most):
            for query in queries:
                expected, found = (each.search(query, 10, allowed)[0] for each in (reference, index))
                assert found.ids.tolist() == expected.ids.tolist()
    assert made == [few.size, few.size, few.size - 50]


def test_a_large_board_is_searched_by_its_nearest_lists_and_hardly_misses_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Narrow filters and those that go with the topic too, which an approximate index alone would miss."""
    for name, value in {"LARGE": 3_000, "FEW": 60, "DEPTH": 128, "MANY": 100}.items():
        monkeypatch.setattr(faiss_index, name, value)
    read = []
    nearby = faiss_index._Block._nearby
    monkeypatch.setattr(faiss_index._Block, "_nearby", lambda *given: read.append(given) or nearby(*given))
    rows, topic = board(12_000)
    queries, _ = board(40, seed=2)
    reference, index = NumpyIndex(64), FaissIndex(64, encode_from=1_000)
    for each in (reference, index):
        each.put(np.arange(1, 12_001), rows)
    index.settle()
    for what, allowed in filters(topic).items():
        pairs = zip(reference.search(queries, 10, allowed), index.search(queries, 10, allowed), strict=True)
        shared = [np.intersect1d(expected.ids, found.ids).size / 10 for expected, found in pairs]
        assert np.mean(shared) >= 0.98, what
    # All, the half, and all but one topic are many; the others were searched exactly.
    assert len(read) == 3 * len(queries)


def test_what_cannot_be_encoded_is_searched_through() -> None:
    assert not can_encode(100, 7)
    index = FaissIndex(7, encode_from=4)
    rows = np.repeat(np.eye(7, dtype=np.float32), 5, axis=0)
    index.put(range(1, 36), rows)
    index.settle()
    assert not index.encoded
    assert index.search(rows[12], 2)[0].ids.tolist() == [11, 12]


def test_who_looks_at_the_index_gains_by_what_is_done_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """A board keeps its view until something changes, which may be long after all vectors came in at once."""
    monkeypatch.setattr(faiss_index, "FEW", 60)
    rows, _ = board(3_000)
    index = FaissIndex(64, encode_from=1_000, fold_at=500)
    index.put(np.arange(1, 2_001), rows[:2_000])
    first = index.view()
    index.put(np.arange(2_001, 3_001), rows[2_000:])
    index.drop([7])
    last = index.view()
    index.settle()
    looked = list[int]()
    through = faiss_index._Block._through
    monkeypatch.setattr(
        faiss_index._Block, "_through", lambda block, *given: looked.append(block.ids.size) or through(block, *given)
    )
    for query in rows[::300]:
        assert last.search(query, 5)[0].ids.tolist() == index.search(query, 5)[0].ids.tolist()
    assert 7 not in last.search(rows[6], 5)[0].ids
    assert not looked
    assert len(first) == 2_000, "what came later is not in it"
    assert first.search(rows[6], 1)[0].ids.tolist() == [7]


def test_a_failing_encoder_of_codes_leaves_searches_right(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(faiss_index, "Codes", fails)
    index = FaissIndex(D, encode_from=4)
    index.put(range(1, 41), unit(*range(1, 41)))
    index.settle()
    assert "no room" in caplog.text
    assert index.search(unit(5), 1)[0].ids.tolist() == [5]


def test_searches_go_on_while_the_index_is_folded_and_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = threading.Event(), threading.Event()
    codes = faiss_index.Codes

    def slow(*given: Any) -> Any:
        begun.set()
        assert may_end.wait(30)
        return codes(*given)

    monkeypatch.setattr(faiss_index, "Codes", slow)
    index = FaissIndex(D, encode_from=4)
    index.put(range(1, 41), unit(*range(1, 41)))
    assert begun.wait(30)
    index.put([50], unit(50))
    index.drop([2])
    assert index.search(unit(50), 1)[0].ids.tolist() == [50]
    assert index.search(unit(2), 1)[0].ids.tolist() != [2]
    may_end.set()
    index.settle()
    assert index.encoded
    assert index.search(unit(50), 1)[0].ids.tolist() == [50]
    assert 2 not in index.search(unit(2), 60)[0].ids
    assert len(index) == 40
