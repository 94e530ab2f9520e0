"""A store that lags behind, and what is newer beside it, are one index: the contract of every other holds for it."""

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.faiss_index import FaissIndex
from embeddings.index import NumpyIndex
from embeddings.layered import PAUSE, LayeredIndex
from embeddings.milvus import IndexUnavailable
from tests.embeddings import test_index
from tests.embeddings.test_index import D, numbers, steps, unit

# Whatever is promised there of any index is asked of this one too, but for the one promise about past states.
globals().update(
    {
        name: promise
        for name, promise in vars(test_index).items()
        if name.startswith("test_")
        and "index" in inspect.signature(promise).parameters
        and name != "test_a_view_is_not_changed_by_what_comes_after"
    }
)


@pytest.fixture
def index() -> LayeredIndex:
    return LayeredIndex(NumpyIndex(D), FaissIndex(D))


@settings(max_examples=80, deadline=None)
@given(steps=steps, k=st.integers(0, 12), query=numbers, begun=st.booleans())
def test_any_history_equals_the_reference_however_far_the_store_lags_behind(
    steps: list[tuple[str, list[int] | None]], k: int, query: int, begun: bool
) -> None:
    """To settle is here that whoever fills the store catches up with everything so far."""
    reference, store = NumpyIndex(D), NumpyIndex(D)
    index = LayeredIndex(store, FaissIndex(D), stored=begun)
    version, waiting = 0, set[int]()
    for what, ids in [*steps, ("search", None), ("settle", None), ("search", None)]:
        if what == "search":
            allowed = None if ids is None else np.array(sorted(ids), dtype=np.int64)
            expected, found = (i.search(unit(query, 7), k, allowed) for i in (reference, index))
            assert [hits.ids.tolist() for hits in found] == [hits.ids.tolist() for hits in expected]
            asked = np.arange(1, 61)
            np.testing.assert_array_equal(index.scores(unit(7)[0], asked), reference.scores(unit(7)[0], asked))
        elif what == "settle":
            store.drop(list(waiting))
            kept = np.isin(reference._view.ids, list(waiting))
            store.put(reference._view.ids[kept], reference._view.vectors[kept])
            index.release(np.array(sorted(waiting), dtype=np.int64))
            waiting.clear()
        else:
            version += 100
            waiting |= set(ids or [])
            for each in (reference, index):
                if what == "put":
                    each.put(ids or [], unit(*(version + i for i in ids)) if ids else np.zeros((0, D)))
                else:
                    each.drop(ids or [])
        assert len(index) == len(reference)


def test_a_store_that_does_not_answer_is_left_alone_for_a_while_and_what_is_held_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, now, asked = NumpyIndex(D), [100.0], list[str]()
    index = LayeredIndex(store, FaissIndex(D))
    store.put([1], unit(1))
    index.put([2], unit(2))
    assert index.search(unit(1), 5)[0].ids.tolist() == [1, 2]

    def silent(*_: Any, **__: Any) -> Any:
        asked.append("")
        raise IndexUnavailable("expected an answer")

    monkeypatch.setattr("embeddings.layered.time.monotonic", lambda: now[0])
    with monkeypatch.context() as broken:
        broken.setattr(store, "search", silent)
        assert index.search(unit(1), 5)[0].ids.tolist() == [2]
        assert index.search(unit(1), 5)[0].ids.tolist() == [2]
        assert len(asked) == 1
        assert np.isnan(index.scores(unit(1)[0], np.array([1, 2]))).tolist() == [True, False]
    now[0] += PAUSE
    assert index.search(unit(1), 5)[0].ids.tolist() == [1, 2]
