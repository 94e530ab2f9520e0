"""How compiled graphs run here: on the processor, with as many threads as this process may use."""

from __future__ import annotations

import os
from typing import Any


def cpu_settings(precision: str, threads: int | None = None) -> dict[str, Any]:
    """What OpenVINO compiles a graph with: ``precision`` in its words; by default all threads that OMP is given."""
    return {
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads or int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1),
    }
