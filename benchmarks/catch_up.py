"""A worker takes in 1,000 changed statements beside 20,000, against filling all of them anew."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.fill import first_answer
from benchmarks.material import DIMENSION, statements
from benchmarks.measuring import Line, processor_seconds
from embeddings import HashingEncoder, Matcher

CHANGED = 1_000


def run(quick: bool = False) -> list[Line]:
    """Milliseconds for the changes until the next search knows them: new texts, and new vectors of known texts."""
    count = 5_000 if quick else 20_000
    made, changed = statements(count), statements(CHANGED, seed=11, first=500)
    embedded = statements(CHANGED, seed=12, first=3_000)
    matcher = Matcher(HashingEncoder(DIMENSION))
    filling = processor_seconds(lambda: matcher.put(made))
    first_answer(matcher, made[0])
    matcher.put(replace(one, vector=None) for one in embedded)
    arriving = processor_seconds(lambda: matcher.put(embedded))
    taking = processor_seconds(lambda: matcher.put(changed))
    asking = processor_seconds(lambda: first_answer(matcher, changed[0]))
    again = processor_seconds(lambda: first_answer(matcher, changed[0]))
    detail = f"filling {count:,}: {filling:.2f} s; next query {asking * 1e3:.0f} ms, the one after {again * 1e3:.0f} ms"
    return [
        Line("catch-up", f"{CHANGED:,} new texts into {count:,}", taking * 1e3, "ms", 50.0, "≤", detail),
        Line("catch-up", f"{CHANGED:,} vectors of known texts", arriving * 1e3, "ms", 50.0, "≤", "as after embedding"),
    ]
