"""Ranking owners, the query behind every suggestion, at two sizes: the cost must grow less than the board does."""

from __future__ import annotations

import statistics

from benchmarks.material import DIMENSION, statements
from benchmarks.measuring import Line, processor_seconds
from embeddings import HashingEncoder, Matcher

ROUNDS = 15


def run(quick: bool = False) -> list[Line]:
    """How much dearer a query is on the larger board."""
    sizes = (1_000, 5_000) if quick else (1_000, 20_000)
    small, large = (of(size) for size in sizes)
    grown = sizes[1] / sizes[0]
    detail = f"{small * 1e3:.1f} ms at {sizes[0]:,}, {large * 1e3:.1f} ms at {sizes[1]:,}; the board grew {grown:.0f} ×"
    return [Line("owners", f"{sizes[0]:,} to {sizes[1]:,} statements", large / small, "×", grown, "≤", detail)]


def of(size: int) -> float:
    """Median processor seconds of a query of 25 words over a board of that size."""
    matcher = Matcher(HashingEncoder(DIMENSION))
    matcher.put(statements(size))
    asked = statements(ROUNDS + 1, seed=21, words=25)
    queries = [matcher.prepare(one.text, language=one.language, vector=one.vector) for one in asked]
    matcher.rank_owners(queries[0], allowed=None, limit=20)
    return statistics.median(
        processor_seconds(lambda query=query: matcher.rank_owners(query, allowed=None, limit=20))
        for query in queries[1:]
    )
