"""How far words are trusted: fit the three numbers of `embeddings.fusion.trust_in_words`, each set left out in turn.

    python -m benchmarks.trust SETDIR [SETDIR …] [--queries N] [--cache DIR]

Every set is ranked through the product's own code with trust held at each step of a grid, as it is and with its words
blinded (see `embeddings.evaluation`). A rule for trust is then worth the mean over sets of what it reaches, as a share
of the best constant trust of that set. What is printed for a set is reached by the rule fitted to the other sets;
sets of one collection (the same first word) are left out together.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import differential_evolution

from embeddings import fusion
from embeddings.asking import topic_of
from embeddings.encoder import load_encoder
from embeddings.evaluation import CachedEncoding, JudgedSet, fill, measured, rank, read_set
from embeddings.language import detect_language

STEPS = np.array([0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0])
#: DOUBT, PER_MASS and PER_SHARE are looked for between these.
BOUNDS = [(-40.0, 0.0), (0.0, 10.0), (0.0, 40.0)]


@dataclass(frozen=True)
class Table:
    """What one set reaches: nDCG@10 of each query at each step of trust, and what its best text by words shares."""

    name: str
    blind: bool
    shared: np.ndarray  #: [query, (mass in nats, share of the query)]
    reached: np.ndarray  #: [query, step]

    @property
    def collection(self) -> str:
        """What is left out together."""
        return self.name.split("-")[0]

    def at(self, trust: np.ndarray) -> float:
        """Mean nDCG@10 with this trust for each query, read between the steps."""
        rows = zip(trust.tolist(), self.reached, strict=True)
        return float(np.mean([np.interp(t, STEPS, row) for t, row in rows]))

    def under(self, rule: Sequence[float]) -> float:
        """The same by a rule: DOUBT, PER_MASS, PER_SHARE."""
        mass, share = self.shared.T
        odds = rule[0] + rule[1] * np.log1p(mass) + rule[2] * np.minimum(share, fusion.ENOUGH_SHARE)
        return self.at(1.0 / (1.0 + np.exp(-odds)))

    @property
    def best_constant(self) -> float:
        """The best that one trust for all queries reaches."""
        return float(self.reached.mean(axis=0).max())


@contextmanager
def held(trust: float) -> Iterator[list[tuple[float, float]]]:
    """Hold trust still, and note what it would have been read from, query by query."""
    seen: list[tuple[float, float]] = []
    before = fusion.trust_in_words

    def told(mass: float, share: float) -> float:
        seen.append((mass, share))
        return trust

    fusion.trust_in_words = told
    try:
        yield seen
    finally:
        fusion.trust_in_words = before


def tabulate(judged: JudgedSet, encoding: CachedEncoding, *, blind: bool) -> Table:
    """Rank the set at every step."""
    matcher, order = fill(judged, encoding.encoder, encoding)
    languages = [str(q.get("language") or detect_language(q["text"])) for q in judged.queries]
    texts = [topic_of(str(q["text"]), spoken) for q, spoken in zip(judged.queries, languages, strict=True)]
    vectors = encoding("queries", encoding.encoder.encode_queries, texts, languages)
    reached, shared = [], []
    for n, question in enumerate(judged.queries):
        one = JudgedSet(
            judged.name, judged.ranks_owners, judged.corpus, [question], judged.relevant, judged.names, judged.sectors
        )
        row, seen = [], [(0.0, 0.0)]
        for step in STEPS.tolist():
            with held(step) as noted:
                run = rank(one, matcher, order, vectors[n : n + 1], blind=blind)
            row.append(measured(judged, judged.relevant[question["_id"]], run[question["_id"]])[0])
            seen = noted or seen
        reached.append(row)
        shared.append(seen[0])
    return Table(judged.name, blind, np.array(shared), np.array(reached))


def fit(tables: Sequence[Table]) -> list[float]:
    """The rule that is worth most over these tables."""

    def loss(rule: Sequence[float]) -> float:
        return -float(np.mean([table.under(rule) / max(table.best_constant, 1e-9) for table in tables]))

    return [float(x) for x in differential_evolution(loss, BOUNDS, seed=0, maxiter=30, popsize=8, polish=False).x]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("sets", nargs="+", type=Path, metavar="SETDIR")
    parser.add_argument("--queries", type=int, default=100, help="queries of each set, evenly taken")
    parser.add_argument("--cache", type=Path, help="keep encoded texts in this directory")
    options = parser.parse_args(arguments)
    encoding = CachedEncoding(load_encoder(None), options.cache)
    tables = []
    for folder in options.sets:
        judged = read_set(folder)
        asked = [q for q in judged.queries if q["_id"] in judged.relevant]
        judged.queries[:] = asked[:: math.ceil(len(asked) / options.queries)]
        tables += [tabulate(judged, encoding, blind=blind) for blind in (False, True)]
    now = [fusion.DOUBT, fusion.PER_MASS, fusion.PER_SHARE]
    print(f"{'set':34}{'blind':>6}{'meaning':>9}{'constant':>9}{'ours':>9}{'left out':>9}  rule fitted to the others")
    for collection in dict.fromkeys(table.collection for table in tables):
        others = [table for table in tables if table.collection != collection]
        rule = fit(others) if others else now
        for table in tables:
            if table.collection == collection:
                figures = (table.at(np.zeros(len(table.reached))), table.best_constant, table.under(now))
                row = "".join(f"{figure:9.3f}" for figure in (*figures, table.under(rule)))
                print(f"{table.name:34}{'yes' if table.blind else '':>6}{row}  {[round(x, 1) for x in rule]}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
