"""Judge the ranking on a judged set, through the very code the product ranks with.

    python -m embeddings.evaluation SETDIR [SETDIR …] [--blind] [--run FILE] [--json] [--model NAME] [--cache DIR]

A set holds corpus.jsonl.gz, queries.jsonl.gz and qrels.tsv and, where owners are ranked, owners.jsonl.gz. A
query may name a sector (only owners of it are candidates), owners to exclude, and `before` (only texts of a
smaller order are known). Gains are linear; a grade of 1 or more counts as relevant. The interval is that of nDCG@10
over resampled queries (95 %).

With --blind the word leg is given no word that an answer has, while meaning reads the query as it is: what is left
of the words is chance, and a good fusion stays as good as meaning alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import hashlib
import json
import math
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.asking import topic_of
from embeddings.encoder import Encoder, load_encoder
from embeddings.language import detect_language, split_statements
from embeddings.lexical import similarity
from embeddings.matcher import LEGS, Matcher, Query, Statement
from embeddings.ranking import MEANING, Match, ordered

#: Names of the columns: which legs are asked.
COLUMNS: dict[str, Collection[str]] = {"dense": {MEANING}, "lexical": LEGS - {MEANING}, "fused": LEGS}
#: The constant fusion that ours is compared with: each leg's ranks, weighed alike.
RANKS = "rrf 1:1"
#: Likeness of letters from which a blinded word counts as said.
MET = 0.46
#: Resampled sets of queries, from which an interval is told.
RESAMPLED = 2000


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """A judged set, its ids mapped to numbers."""

    name: str
    ranks_owners: bool
    corpus: list[dict[str, Any]]
    queries: list[dict[str, Any]]
    relevant: dict[str, dict[str, float]]
    names: list[str]  #: what is ranked; its number is its place plus one
    sectors: dict[str, set[int]]


def read_set(folder: Path) -> JudgedSet:
    """The judged set in this folder."""
    if not (folder / "set.json").is_file():
        raise FileNotFoundError(f"expected a judged set with set.json in {folder}, found none")
    corpus, queries = _rows(folder / "corpus.jsonl.gz"), _rows(folder / "queries.jsonl.gz")
    relevant: dict[str, dict[str, float]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, key, grade = line.split("\t")
        if query != "query-id":
            relevant.setdefault(query, {})[key] = float(grade)
    ranks_owners = json.loads((folder / "set.json").read_text(encoding="utf-8"))["rank"] == "owners"
    sectors: dict[str, set[int]] = {}
    if ranks_owners:
        owners = _rows(folder / "owners.jsonl.gz")
        names = [str(o["_id"]) for o in owners]
        for number, owner in enumerate(owners, start=1):
            sectors.setdefault(str(owner.get("sector", "")), set()).add(number)
    else:
        names = [str(d["_id"]) for d in corpus]
    return JudgedSet(folder.name, ranks_owners, corpus, queries, relevant, names, sectors)


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class CachedEncoding:
    """Encodes texts once per model and keeps the vectors on disk between runs."""

    def __init__(self, encoder: Encoder, folder: Path | None) -> None:
        self.encoder, self.folder = encoder, folder

    def __call__(
        self, kind: str, encode: Callable[..., np.ndarray], texts: Sequence[str], languages: Sequence[str]
    ) -> np.ndarray:
        """The vectors of these texts."""
        if self.folder is None:
            return encode(texts, languages=languages)
        facts = [self.encoder.fingerprint, kind, *languages, *texts]
        digest = hashlib.sha256("\0".join(facts).encode()).hexdigest()[:24]
        path = self.folder / f"{digest}.npy"
        if path.is_file():
            return np.asarray(np.load(path))
        vectors = encode(texts, languages=languages)
        self.folder.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
        return vectors


def fill(judged: JudgedSet, encoder: Encoder | None, encoding: CachedEncoding | None) -> tuple[Matcher, np.ndarray]:
    """A matcher that holds the set's texts, split as the product splits them, and the order of each statement."""
    number = {name: n for n, name in enumerate(judged.names, start=1)}
    texts: list[str] = []
    source: list[int] = []
    for place, document in enumerate(judged.corpus):
        for part in split_statements(f"{_title(document)}{document['text']}"):
            texts.append(part)
            source.append(place)
    languages = [
        str(judged.corpus[p].get("language") or detect_language(t)) for p, t in zip(source, texts, strict=True)
    ]
    vectors = encoding("passages", encoding.encoder.encode_passages, texts, languages) if encoding is not None else None
    matcher = Matcher(encoder)
    statements = []
    for n, (text, place) in enumerate(zip(texts, source, strict=True)):
        document = judged.corpus[place]
        owners = tuple(number[o] for o in document["owners"] if o in number) if judged.ranks_owners else (1,)
        statements.append(
            Statement(
                id=n + 1,
                text=text,
                language=languages[n],
                owners=owners,
                item=place + 1,
                vector=None if vectors is None else vectors[n],
            )
        )
    matcher.put(statements)
    order = np.array([float(judged.corpus[place].get("order", place)) for place in source])
    return matcher, order


def _title(document: Mapping[str, Any]) -> str:
    title = str(document.get("title") or "").strip()
    if not title or str(document["text"]).startswith(title):
        return ""
    return title if title.endswith((".", "?", "!")) and not title.endswith(" ") else title + ". "


def rank(
    judged: JudgedSet,
    matcher: Matcher,
    order: np.ndarray,
    query_vectors: np.ndarray | None,
    legs: Collection[str] = LEGS,
    limit: int = 100,
    blind: bool = False,
) -> dict[str, list[Match]]:
    """The ranking of every query, each by Matcher.rank_items or Matcher.rank_owners."""
    number = {name: n for n, name in enumerate(judged.names, start=1)}
    run: dict[str, list[Match]] = {}
    for n, question in enumerate(judged.queries):
        query = matcher.prepare(
            question["text"],
            language=question.get("language"),
            vector=None if query_vectors is None else query_vectors[n],
        )
        if blind:
            query = blinded(query, judged, question["_id"], matcher)
        allowed = None
        if question.get("before") is not None:
            allowed = np.flatnonzero(order < float(question["before"])).astype(np.int64) + 1
        if judged.ranks_owners:
            owners = set(judged.sectors.get(question["sector"], ())) if "sector" in question else set(number.values())
            owners -= {number[name] for name in question.get("exclude", ()) if name in number}
            run[question["_id"]] = matcher.rank_owners(
                query, allowed=allowed, owners=owners, limit=limit, legs=legs, evidence=0
            )
        else:
            run[question["_id"]] = matcher.rank_items(query, allowed=allowed, limit=limit, legs=legs, evidence=0)
    return run


def blinded(query: Query, judged: JudgedSet, question: str, matcher: Matcher) -> Query:
    """The query whose word leg can't find what an answer says: those of its terms are made ones that nobody has."""
    answers = judged.relevant.get(question, {})
    said: set[str] = set()
    for document in judged.corpus:
        if answers.keys() & (document["owners"] if judged.ranks_owners else [document["_id"]]):
            text = f"{_title(document)}{document['text']}"
            said.update(matcher.glossary.terms(text, str(document.get("language") or detect_language(text))))

    def is_said(term: str) -> bool:
        return term in said or any(similarity(term, other) >= MET for other in said)

    return dataclasses.replace(query, terms=tuple((f"\0{t}" if is_said(t) else t, w) for t, w in query.terms))


def ranks_fused(runs: Sequence[Mapping[str, Sequence[Match]]], limit: int = 100) -> dict[str, list[Match]]:
    """Reciprocal rank fusion with equal weights: each list adds 1 / (60 + rank)."""
    fused: dict[str, list[Match]] = {}
    for query in runs[0]:
        scores: dict[int, float] = {}
        for run in runs:
            for place, match in enumerate(run.get(query, ()), start=1):
                scores[match.key] = scores.get(match.key, 0.0) + 1.0 / (60 + place)
        fused[query] = ordered([Match(key, score, None, (), ()) for key, score in scores.items()])[:limit]
    return fused


def measure(judged: JudgedSet, run: Mapping[str, Sequence[Match]]) -> dict[str, float]:
    """nDCG@10 with its interval, R@10, MRR and Hit@10: means over all judged queries (an unanswered one counts 0)."""
    rows = np.array([measured(judged, relevant, run.get(query, ())) for query, relevant in judged.relevant.items()])
    resampled = np.random.default_rng(0).integers(0, len(rows), (RESAMPLED, len(rows)))
    low, high = np.quantile(rows[:, 0][resampled].mean(axis=1), [0.025, 0.975]).tolist()
    ndcg, recall, reciprocal, hits = rows.mean(axis=0).tolist()
    return {"nDCG@10": ndcg, "low": low, "high": high, "R@10": recall, "MRR": reciprocal, "Hit@10": hits}


def measured(judged: JudgedSet, relevant: Mapping[str, float], matches: Sequence[Match]) -> list[float]:
    """nDCG@10, R@10, reciprocal rank and hit of one query."""
    found = [judged.names[match.key - 1] for match in matches]
    ideal = sum(g / math.log2(n + 2) for n, g in enumerate(sorted(relevant.values(), reverse=True)[:10]))
    gained = sum(relevant.get(key, 0.0) / math.log2(n + 2) for n, key in enumerate(found[:10]))
    good = {key for key, grade in relevant.items() if grade >= 1}
    hits = good.intersection(found[:10])
    first = next((1 / (n + 1) for n, key in enumerate(found) if key in good), 0.0)
    return [gained / ideal, len(hits) / len(good), first, float(bool(hits))]


def write_run(judged: JudgedSet, run: Mapping[str, Sequence[Match]], path: Path, tag: str) -> None:
    """A TREC run, separated by tabs because ids may hold spaces."""
    with path.open("w", encoding="utf-8") as file:
        for query, matches in run.items():
            for place, match in enumerate(matches, start=1):
                file.write(f"{query}\tQ0\t{judged.names[match.key - 1]}\t{place}\t{match.score:.6f}\t{tag}\n")


def evaluate(
    folder: Path,
    encoder: Encoder | None,
    *,
    cache: Path | None = None,
    run_file: Path | None = None,
    blind: bool = False,
) -> dict[str, dict[str, float]]:
    """The measures of each column on one set; writes the fused run where a file is named."""
    judged = read_set(folder)
    encoding = None if encoder is None else CachedEncoding(encoder, cache)
    matcher, order = fill(judged, encoder, encoding)
    vectors = None
    if encoding is not None:
        languages = [str(q.get("language") or detect_language(q["text"])) for q in judged.queries]
        # What Matcher.prepare has encoded; made here for all queries at once, and kept.
        texts = [topic_of(str(q["text"]), spoken) for q, spoken in zip(judged.queries, languages, strict=True)]
        vectors = encoding("queries", encoding.encoder.encode_queries, texts, languages)
    columns = {c: legs for c, legs in COLUMNS.items() if encoder is not None or c != "dense"}
    runs = {c: rank(judged, matcher, order, vectors, legs, blind=blind) for c, legs in columns.items()}
    if encoder is not None:
        runs[RANKS] = ranks_fused([runs["dense"], runs["lexical"]])
    if run_file is not None:
        write_run(judged, runs["fused"], run_file, "matchmaker")
    return {column: measure(judged, run) for column, run in runs.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m embeddings.evaluation", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("sets", nargs="+", type=Path, metavar="SETDIR")
    parser.add_argument("--run", type=Path, help="write the fused ranking as a TREC run (one set only)")
    parser.add_argument("--blind", action="store_true", help="take every word of an answer from the word leg")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--model", help="a model's name or directory (default: the bundled one)")
    parser.add_argument("--words-only", action="store_true", help="judge without a model")
    parser.add_argument("--cache", type=Path, help="keep encoded texts in this directory")
    options = parser.parse_args(arguments)
    if options.run is not None and len(options.sets) > 1:
        parser.error("--run takes one set")
    encoder = None if options.words_only else load_encoder(options.model)
    figures = {
        s.name: evaluate(s, encoder, cache=options.cache, run_file=options.run, blind=options.blind)
        for s in options.sets
    }
    if options.json:
        print(json.dumps(figures, indent=1))
        return 0
    print(f"{'set':34}{'column':10}{'nDCG@10':>9}{'95 %':>13}{'R@10':>8}{'MRR':>8}{'Hit@10':>8}")
    for name, columns in figures.items():
        for column, v in columns.items():
            interval = f"{v['low']:.3f}–{v['high']:.3f}"
            rest = "".join(f"{v[m]:8.3f}" for m in ("R@10", "MRR", "Hit@10"))
            print(f"{name:34}{column:10}{v['nDCG@10']:9.3f}{interval:>13}{rest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
