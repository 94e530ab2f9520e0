"""Every vector index keeps one contract; the plain NumPy one says what is right."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.index import FaissIndex, NumpyIndex, VectorIndex

D = 16
IMPLEMENTATIONS: list[Callable[[], VectorIndex]] = [
    lambda: NumpyIndex(D),
    lambda: FaissIndex(D),
    lambda: FaissIndex(D, fold_at=3),
]


@pytest.fixture(params=IMPLEMENTATIONS, ids=["numpy", "faiss", "faiss-folding"])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    return request.param()


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


numbers = st.integers(1, 30)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.lists(numbers, unique=True, max_size=8)),
        st.tuples(st.just("drop"), st.lists(numbers, unique=True, max_size=8)),
        st.tuples(st.just("search"), st.one_of(st.none(), st.lists(numbers, unique=True))),
    ),
    max_size=12,
)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS[1:], ids=["faiss", "faiss-folding"])
@settings(max_examples=60, deadline=None)
@given(steps=steps, k=st.integers(0, 12), query=numbers)
def test_any_history_equals_the_reference(
    implementation: Callable[[], VectorIndex], steps: list[tuple[str, list[int] | None]], k: int, query: int
) -> None:
    reference, index = NumpyIndex(D), implementation()
    version = 0
    for what, ids in [*steps, ("search", None)]:
        if what == "search":
            allowed = None if ids is None else np.array(sorted(ids), dtype=np.int64)
            expected, found = (i.search(unit(query), k, allowed)[0] for i in (reference, index))
            assert found.ids.tolist() == expected.ids.tolist()
            np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)
        elif what == "put":
            assert ids is not None
            version += 100
            for each in (reference, index):
                each.put(ids, unit(*(version + i for i in ids)) if ids else np.zeros((0, D)))
        else:
            assert ids is not None
            for each in (reference, index):
                each.drop(ids)
        assert len(reference) == len(index)
