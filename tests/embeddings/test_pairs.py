"""Many queries at once find what each finds alone, however they are cut into blocks."""

import numpy as np
import pytest

from embeddings import faiss_index
from embeddings.faiss_index import FaissIndex
from embeddings.index import NumpyIndex, VectorIndex
from embeddings.pairs import nearest_pairs


def unit(count: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, 32)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(params=["numpy", "faiss", "faiss-codes"])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    for name, value in {"FEW": 30, "DEPTH": 40, "FIRST": 10}.items():
        monkeypatch.setattr(faiss_index, name, value)
    made = NumpyIndex(32) if request.param == "numpy" else FaissIndex(32, encode_from=100)
    made.put(range(1, 1_001), unit(1_000, 1))
    if isinstance(made, FaissIndex) and request.param == "faiss-codes":
        made.settle()
        assert made.encoded
    return made


@pytest.mark.parametrize("block", [1, 7, 64])
@pytest.mark.parametrize("allowed", [None, np.arange(3, 900, 5)], ids=["all", "some"])
def test_each_query_finds_what_it_finds_alone(index: VectorIndex, block: int, allowed: np.ndarray | None) -> None:
    queries = unit(70, 2)
    together = list(nearest_pairs(index.view(), queries, 10, allowed, block=block))
    assert len(together) == 70
    for query, hits in zip(queries, together, strict=True):
        alone = index.search(query, 10, allowed)[0]
        assert hits.ids.tolist() == alone.ids.tolist()
        assert hits.scores.tolist() == alone.scores.tolist()


def test_no_queries_have_no_answers_and_no_block_is_refused(index: VectorIndex) -> None:
    assert list(nearest_pairs(index.view(), np.zeros((0, 32), np.float32), 10)) == []
    with pytest.raises(ValueError, match="expected blocks of at least one query, got 0"):
        list(nearest_pairs(index.view(), unit(1, 2), 10, block=0))
