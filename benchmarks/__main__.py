"""Measure the engine against a baseline in the same run: `python -m benchmarks [NAME …] [--quick] [--json FILE]`.

Prints one table of ratios with the targets beside them. A target that is missed is said, never an error: the
clock of a busy machine proves nothing. A wrong result is an error: it ends the run with status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# One thread for each library, so that both sides of a ratio have the same; set before any of them is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TQDM_DISABLE", "1")

from benchmarks import catch_up, encode, fill, large, memory, owners, pairs, requests, search, start
from benchmarks.measuring import Line, WrongResult, machine, table

BENCHMARKS = {
    "encode": encode.run,
    "search": search.run,
    "large": large.run,
    "pairs": pairs.run,
    "fill": fill.run,
    "catch-up": catch_up.run,
    "start": start.run,
    "memory": memory.run,
    "owners": owners.run,
    "requests": requests.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named benchmarks (all of them by default) and print their table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under two minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there as well")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - set(BENCHMARKS)):
        parser.error(f"expected names of {', '.join(BENCHMARKS)}, found {', '.join(unknown)}")
    facts = machine()
    lines: list[Line] = []
    wrong: list[str] = []
    for name in options.names or BENCHMARKS:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            lines += BENCHMARKS[name](options.quick)
        except WrongResult as error:
            wrong.append(f"{name}: {error}")
    print(table(lines))
    print(f"\n{facts['processors']} processors, load {facts['load']} at the start, {machine()['load']} at the end.")
    if options.json is not None:
        report = {"machine": facts, "quick": options.quick, "lines": [line.as_dict() for line in lines], "wrong": wrong}
        options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for sentence in wrong:
        print(f"WRONG: {sentence}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
