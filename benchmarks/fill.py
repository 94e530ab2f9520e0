"""Filling an empty matcher, as every worker does at its start: seconds of processor time, and what one query adds.

The baseline is FAISS alone, which takes in the same vectors without any words; what is left is the word leg.
"""

from __future__ import annotations

from benchmarks.material import DIMENSION, statements
from benchmarks.measuring import Line, WrongResult, processor_seconds
from embeddings import HashingEncoder, Matcher, Statement
from embeddings.faiss_index import FaissIndex

#: Statements and seconds of the target: 100,000 statements, first answer after three seconds.
SECONDS, COUNT = 3.0, 100_000


def run(quick: bool = False) -> list[Line]:
    """Microseconds a statement, and the start of a worker with the target's number of statements."""
    count = 5_000 if quick else 20_000
    made = statements(count)
    Matcher(HashingEncoder(DIMENSION)).put(made[:1])  # Tables of the glossary are read once in a process.
    matcher, bare = Matcher(HashingEncoder(DIMENSION)), FaissIndex(DIMENSION)
    filling = processor_seconds(lambda: matcher.put(made))
    alone = processor_seconds(lambda: put_vectors(bare, made))
    asking = processor_seconds(lambda: first_answer(matcher, made[0]))
    each = filling / count
    whole = (filling + asking) / count * COUNT
    return [
        Line(
            "fill",
            f"one of {count:,} statements",
            each * 1e6,
            "µs",
            None,
            "≤",
            f"vectors alone {alone / count * 1e6:.1f} µs",
        ),
        Line(
            "fill",
            f"first answer with {COUNT:,}",
            whole,
            "s",
            SECONDS,
            "≤",
            f"from {count:,}; first query {asking:.2f} s",
        ),
    ]


def put_vectors(index: FaissIndex, made: list[Statement]) -> None:
    """The vectors alone."""
    import numpy as np

    index.put([one.id for one in made], np.stack([one.vector for one in made if one.vector is not None]))


def first_answer(matcher: Matcher, asked: Statement) -> None:
    """The first query, which builds what is built lazily, and must find the statement it repeats."""
    query = matcher.prepare(asked.text, language=asked.language, vector=asked.vector)
    found = matcher.rank_owners(query, allowed=None, limit=5)
    if asked.owners[0] not in [match.key for match in found]:
        raise WrongResult(f"expected the owner {asked.owners[0]} of the asked text, found {[m.key for m in found]}")
