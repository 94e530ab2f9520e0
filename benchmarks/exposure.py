"""What a fair share of attention costs and brings: `matchmaker.suggestions.exposure`, played through on judged sets.

    python -m benchmarks.exposure SETDIR [SETDIR …] [--queries N] [--asks N] [--cache DIR]

The queries of a set are one week's needs, in their own order. Every asker requests an introduction to the first few of
the list that it sees, good or not; whoever has as many requests as make an organisation busy steps back in the lists
that follow. The same week is played without the rule. Printed for each: nDCG@10, how many owners stood among the first
ten of any list, the part of all these places that the ten most shown owners hold, and the most requests that one got.
Sets that rank no owners are passed over.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from embeddings import Match
from embeddings.asking import topic_of
from embeddings.encoder import load_encoder
from embeddings.evaluation import CachedEncoding, JudgedSet, fill, measured, rank, read_set
from embeddings.language import detect_language
from matchmaker.introductions.fairness import BUSY_FROM
from matchmaker.suggestions.exposure import reordered

#: How much of a list is looked at.
SHOWN = 10


def lists_of(judged: JudgedSet, encoding: CachedEncoding) -> dict[str, list[Match]]:
    """The list that each asker would see if nobody stepped back."""
    matcher, order = fill(judged, encoding.encoder, encoding)
    languages = [str(q.get("language") or detect_language(q["text"])) for q in judged.queries]
    texts = [topic_of(str(q["text"]), spoken) for q, spoken in zip(judged.queries, languages, strict=True)]
    return rank(judged, matcher, order, encoding("queries", encoding.encoder.encode_queries, texts, languages))


def week(lists: Mapping[str, Sequence[Match]], asks: int, *, fair: bool) -> tuple[dict[str, list[Match]], Counter[int]]:
    """The lists as they are seen one after the other, and how many requests came to each owner."""
    came: Counter[int] = Counter()
    seen: dict[str, list[Match]] = {}
    for question, matches in lists.items():
        busy = {owner for owner, number in came.items() if number >= BUSY_FROM} if fair else set()
        seen[question] = reordered(matches, lambda match: match.key, lambda match: match.band, busy)
        came.update(match.key for match in seen[question][:asks])
    return seen, came


def told(judged: JudgedSet, seen: Mapping[str, Sequence[Match]], came: Counter[int]) -> str:
    """The figures of a week."""
    gained = [measured(judged, judged.relevant[question], matches)[0] for question, matches in seen.items()]
    shown = Counter(match.key for matches in seen.values() for match in matches[:SHOWN])
    most = sum(number for _, number in shown.most_common(10)) / max(1, shown.total())
    return f"{sum(gained) / len(gained):9.3f}{len(shown):8}{most:10.1%}{max(came.values(), default=0):10}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exposure", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("sets", nargs="+", type=Path, metavar="SETDIR")
    parser.add_argument("--queries", type=int, default=60, help="queries of each set, evenly taken")
    parser.add_argument("--asks", type=int, default=3, help="how many of a list each asker turns to")
    parser.add_argument("--cache", type=Path, help="keep encoded texts in this directory")
    options = parser.parse_args(arguments)
    encoding = CachedEncoding(load_encoder(None), options.cache)
    print(f"{'set':34}{'needs':>6}{'rule':>6}{'nDCG@10':>9}{'shown':>8}{'top ten':>10}{'requests':>10}")
    for folder in options.sets:
        judged = read_set(folder)
        if not judged.ranks_owners:
            continue
        answered = [q for q in judged.queries if q["_id"] in judged.relevant]
        judged.queries[:] = answered[:: math.ceil(len(answered) / options.queries)]
        lists = lists_of(judged, encoding)
        for fair in (False, True):
            figures = told(judged, *week(lists, options.asks, fair=fair))
            print(f"{judged.name:34}{len(lists):6}{'on' if fair else 'off':>6}{figures}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
