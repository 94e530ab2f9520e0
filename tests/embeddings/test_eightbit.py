"""Products in eight bits promise few rows, and among them always the nearest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from embeddings import eightbit
from embeddings.eightbit import BLOCK, GROUPS, EightBits, compiled_product
from embeddings.faiss_index import FaissIndex
from embeddings.index import NumpyIndex

DIMENSION, K = 32, 5


@pytest.fixture
def forgetful() -> Iterator[None]:
    """What was compiled before is forgotten, and so is what a test compiles."""
    compiled_product.cache_clear()
    yield
    compiled_product.cache_clear()


def unit(count: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def alike(count: int, seed: int) -> np.ndarray:
    """Rows that differ by less than eight bits tell."""
    rows = unit(1, seed) + 1e-3 * unit(count, seed)
    return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def opposite(count: int, seed: int) -> np.ndarray:
    """Rows that all point away from the queries, so that whatever fills a block would seem nearer."""
    rows = unit(count, seed) - 4.0 * np.ones(DIMENSION, np.float32)
    return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@pytest.mark.skipif(compiled_product(DIMENSION) is None, reason="no products in eight bits here")
@pytest.mark.parametrize("made", [unit, alike, opposite])
@pytest.mark.parametrize("size", [BLOCK, BLOCK + 3, BLOCK + GROUPS + 1, 2 * BLOCK - 1])
def test_the_nearest_are_always_among_the_rows_that_are_promised(
    made: Callable[[int, int], np.ndarray], size: int
) -> None:
    rows = made(size, 1)
    queries = np.abs(unit(70, 2)) if made is opposite else np.concatenate([unit(60, 2), rows[:10]])
    board = EightBits.of(rows)
    some = np.arange(1, size, 2)
    for chosen, places in ((board, np.arange(size)), (board.among(some), some)):
        looked_at = 0
        for query, promised in zip(queries, chosen.near(queries, K), strict=True):
            nearest = places[np.argsort(-(rows[places] @ query), kind="stable")[:K]]
            assert set(nearest.tolist()) <= set(promised.tolist()) <= set(places.tolist())
            assert len(promised) == len(set(promised.tolist())), "what fills a block is no row"
            looked_at += len(promised)
        if made is unit:
            assert looked_at < len(queries) * places.size / 4


def refuse(_: int) -> Any:
    raise ImportError("no openvino here")


def cut_off(_: int) -> Any:
    """A processor that adds up in sixteen bits."""

    def product(asked_and_rows: list[np.ndarray]) -> list[np.ndarray]:
        asked, rows = asked_and_rows
        sums = np.clip(asked @ rows.T.astype(np.float32), -32_768, 32_767) / eightbit.SHRUNK
        return [sums.reshape(len(asked), eightbit.GROUP, GROUPS).max(axis=1)]

    return product


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("compile_", [refuse, cut_off])
def test_without_products_that_can_be_trusted_many_queries_are_answered_as_before(
    monkeypatch: pytest.MonkeyPatch, compile_: Callable[[int], Any]
) -> None:
    monkeypatch.setattr(eightbit, "_compile", compile_)
    assert compiled_product(DIMENSION) is None
    rows, queries = unit(2_000, 1), unit(40, 2)
    index, reference = FaissIndex(DIMENSION), NumpyIndex(DIMENSION)
    for one in (index, reference):
        one.put(range(1, 2_001), rows)
    for found, expected in zip(index.search(queries, K), reference.search(queries, K), strict=True):
        assert found.ids.tolist() == expected.ids.tolist()
