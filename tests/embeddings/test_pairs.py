"""Many queries at once find what each finds alone, however they are cut into blocks."""

import numpy as np
import pytest

from embeddings import faiss_index
from embeddings.eightbit import EightBits, compiled_product
from embeddings.faiss_index import FaissIndex
from embeddings.index import NumpyIndex, VectorIndex
from embeddings.pairs import nearest_pairs

near = EightBits.near


def unit(count: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, 32)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(params=["numpy", "faiss", "faiss-codes"])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    # From so few rows on many queries are multiplied, but for "faiss-codes": there they are scanned together.
    many = 1_000 if request.param == "faiss-codes" else 32
    for name, value in {"FEW": 30, "DEPTH": 40, "FIRST": 10, "ROWS_EACH": 20, "MANY": many}.items():
        monkeypatch.setattr(faiss_index, name, value)
    made = NumpyIndex(32) if request.param == "numpy" else FaissIndex(32, encode_from=100)
    made.put(range(1, 1_001), unit(1_000, 1))
    if isinstance(made, FaissIndex) and request.param == "faiss-codes":
        made.settle()
        assert made.encoded
    return made


@pytest.mark.parametrize("block", [1, 7, 64])
@pytest.mark.parametrize("allowed", [None, np.arange(3, 900, 3)], ids=["all", "some"])
def test_each_query_finds_what_it_finds_alone(index: VectorIndex, block: int, allowed: np.ndarray | None) -> None:
    queries = unit(70, 2)
    together = list(nearest_pairs(index.view(), queries, 10, allowed, block=block))
    assert len(together) == 70
    for query, hits in zip(queries, together, strict=True):
        alone = index.search(query, 10, allowed)[0]
        assert hits.ids.tolist() == alone.ids.tolist()
        assert hits.scores.tolist() == alone.scores.tolist()


def test_many_queries_are_multiplied_with_what_is_there_at_that_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        EightBits, "near", lambda board, queries, k: asked.append(board.size) or near(board, queries, k)
    )
    rows, queries = unit(3_100, 1), unit(40, 2)
    index, reference = FaissIndex(32), NumpyIndex(32)
    for one in (index, reference):
        one.put(range(1, 3_001), rows[:3_000])
    for one in (index, reference):
        one.put(range(2_901, 3_101), rows[2_900:])
        one.drop(range(1, 101))
    allowed = np.arange(50, 3_050)
    for found, expected in zip(
        nearest_pairs(index.view(), queries, 10, allowed), reference.search(queries, 10, allowed), strict=True
    ):
        assert found.ids.tolist() == expected.ids.tolist()
        assert found.scores.tolist() == expected.scores.tolist()
    if compiled_product(32) is not None:
        assert asked == [2_800], "the rows that did not change; what did is looked through beside them"


def test_no_queries_have_no_answers_and_no_block_is_refused(index: VectorIndex) -> None:
    assert list(nearest_pairs(index.view(), np.zeros((0, 32), np.float32), 10)) == []
    with pytest.raises(ValueError, match="expected blocks of at least one query, got 0"):
        list(nearest_pairs(index.view(), unit(1, 2), 10, block=0))
