"""How everything here is measured: ours and the baseline in turn, medians, targets beside what was found."""

from __future__ import annotations

import dataclasses
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


class WrongResult(Exception):
    """What was measured did not do what it should; how fast it was does not matter."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: what was found, beside what was hoped for."""

    name: str
    what: str
    found: float
    unit: str
    #: The target, and whether more is better than it ("≥") or less ("≤"); None where nothing was promised.
    target: float | None = None
    better: str = "≥"
    #: The figures behind the ratio, in words.
    detail: str = ""

    @property
    def verdict(self) -> str:
        """'met', 'not met' or '' where there is no target."""
        if self.target is None:
            return ""
        met = self.found >= self.target if self.better == "≥" else self.found <= self.target
        return "met" if met else "not met"

    def as_dict(self) -> dict[str, Any]:
        """The line as JSON has it."""
        return {**dataclasses.asdict(self), "verdict": self.verdict}


def interleaved(ours: Callable[[], object], baseline: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of both, run in turn, so that a busy moment of the machine hits both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        # The order changes too: whoever is second finds warmer caches.
        pair = (ours, baseline) if turn % 2 == 0 else (baseline, ours)
        for run in pair:
            times[run is baseline].append(seconds(run))
    return statistics.median(times[0]), statistics.median(times[1])


def median(run: Callable[[], object], rounds: int) -> float:
    """Median seconds of a run."""
    return statistics.median(seconds(run) for _ in range(rounds))


def seconds(run: Callable[[], object]) -> float:
    """How long it took."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def processor_seconds(run: Callable[[], object]) -> float:
    """How much processor time this thread took for it, which other processes hardly change."""
    start = time.thread_time()
    run()
    return time.thread_time() - start


def machine() -> dict[str, Any]:
    """What the figures depend on and a reader cannot see."""
    return {
        "processors": os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "threads": int(os.environ.get("OMP_NUM_THREADS", "0")),
        "python": platform.python_version(),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def table(lines: Sequence[Line]) -> str:
    """The lines in columns."""
    rows = [("benchmark", "what", "found", "target", "", "behind it")]
    for line in lines:
        target = "" if line.target is None else f"{line.better} {number(line.target)} {line.unit}"
        rows.append((line.name, line.what, f"{number(line.found)} {line.unit}", target, line.verdict, line.detail))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def number(value: float) -> str:
    """Three places are more than a clock is good for; shares near one need more."""
    if 0.9 < value < 1.0:
        return f"{value:.5f}".rstrip("0")
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
