"""A worker's memory with the model and 20,000 statements, in a process of its own; torch must not be in it."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.measuring import Line, WrongResult

#: What the process does; it prints the resident megabytes after each step.
PROGRAM = """
import json, sys, time
from pathlib import Path

def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6

bare = resident()
start = time.perf_counter()
from embeddings import Matcher, load_encoder
encoder = load_encoder()
encoder.encode_queries(["gene therapy"])
ready = time.perf_counter() - start
model = resident()
from benchmarks.material import statements
matcher = Matcher(encoder)
for first in range(0, COUNT, 2000):
    # In parts, as rows come from a database; what made them must not count.
    matcher.put(statements(2000, seed=first, first=first + 1))
matcher._index.settle()
query = matcher.prepare("gene therapy for rare bone disease")
matcher.rank_owners(query, allowed=None, limit=10)
print(json.dumps([bare, model, resident(), ready, "torch" in sys.modules]))
"""


def run(quick: bool = False) -> list[Line]:
    """Megabytes of the whole process, seconds until the first vector."""
    count = 4_000 if quick else 20_000
    program = PROGRAM.replace("COUNT", str(count))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    if done.returncode:
        raise WrongResult(f"expected a process with the model, found {done.stderr.strip().splitlines()[-1:]}")
    bare, model, whole, ready, torch = json.loads(done.stdout.strip().splitlines()[-1])
    if torch:
        raise WrongResult("expected a worker without torch, found it imported")
    detail = f"Python {bare:.0f}, with the model {model:.0f} MB; no torch"
    return [
        Line("memory", f"model and {count:,} statements", whole, "MB", 450.0, "≤", detail),
        Line("memory", "first vector after", ready, "s", 1.5, "≤", "imports, check, graph, one text"),
    ]
