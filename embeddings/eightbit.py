"""The nearest rows of many queries at once, by products in eight bits and an exact look at what they promise.

Of every group of rows only the best eight-bit score leaves the product, which is a compiled OpenVINO graph; the rows of
a group are looked at exactly if its best could be among the k nearest. "Could" allows for eight spreads of what
rounding adds to a score, and never for more than it can add at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from embeddings.graphs import cpu_settings

log = logging.getLogger(__name__)

#: Queries and rows that are multiplied together, and rows of which only the best score comes out.
TOGETHER, BLOCK, GROUP = 256, 2_048, 8
#: Groups of a block, and groups taken together to tell quickly how near the k nearest are.
GROUPS, COARSE = BLOCK // GROUP, 4
#: What an eight-bit score may stray, in spreads of the sum of so many rounding errors.
SPREADS = 8.0
#: The largest number in eight bits on both sides of zero, and what the graph divides by, a power of two.
MOST, SHRUNK = 127, 128.0


@dataclass(frozen=True, slots=True)
class EightBits:
    """Rows in eight bits, in whole blocks; never changed.

    Group n of a block holds its rows n, n + GROUPS, n + 2 · GROUPS …; what is missing in the last block is filled with
    the first row of the same group, so that the best of a group is always the score of one of its rows.
    """

    rows: np.ndarray
    size: int
    #: What one step of eight bits stands for, and the longest that rounding has made away with from a row.
    step: float
    error: float
    #: The place of each row among those it was chosen from; None where none was left out.
    places: np.ndarray | None = None

    @classmethod
    def of(cls, vectors: np.ndarray) -> EightBits:
        """These vectors in eight bits."""
        rows = np.empty((-(-len(vectors) // BLOCK) * BLOCK, vectors.shape[1]), dtype=np.int8)
        step = max(float(vectors.max()), -float(vectors.min())) / MOST
        error = 0.0
        for start in range(0, len(vectors), BLOCK):
            exact = vectors[start : start + BLOCK]
            rounded = np.rint(exact / step)
            rows[start : start + len(exact)] = rounded
            error = max(error, float(np.linalg.norm(exact - rounded * step, axis=1).max()))
        _fill(rows, len(vectors))
        return cls(rows, len(vectors), step, error)

    def among(self, places: np.ndarray) -> EightBits:
        """Some of the rows alone."""
        rows = np.empty((-(-places.size // BLOCK) * BLOCK, self.rows.shape[1]), dtype=np.int8)
        self.rows.take(places, axis=0, out=rows[: places.size], mode="clip")
        _fill(rows, places.size)
        return EightBits(rows, places.size, self.step, self.error, places)

    def near(self, queries: np.ndarray, k: int) -> Iterator[np.ndarray]:
        """For each query, the places of few rows among which its k nearest are. There must be 4 · k groups of rows."""
        product = compiled_product(self.rows.shape[1])
        request = product.create_infer_request()
        for start in range(0, len(queries), TOGETHER):
            yield from self._near(request, queries[start : start + TOGETHER], k)

    def _near(self, request: Any, queries: np.ndarray, k: int) -> Iterator[np.ndarray]:
        steps = np.abs(queries).max(axis=1) / MOST
        asked = np.zeros((TOGETHER, queries.shape[1]), dtype=np.float32)
        asked[: len(queries)] = np.rint(queries / steps[:, None])
        best = np.empty((len(queries), len(self.rows) // GROUP), dtype=np.float32)
        for n in range(len(self.rows) // BLOCK):
            request.infer([asked, self.rows[n * BLOCK : (n + 1) * BLOCK]], share_inputs=True)
            best[:, n * GROUPS : (n + 1) * GROUPS] = request.get_output_tensor(0).data[: len(queries)]
        best[:, _groups_of(self.size) :] = -np.inf
        # At least k rows seem this near; rounding may have helped them, and hindered others.
        coarse = best.reshape(len(queries), COARSE, -1).max(axis=1)
        enough = np.partition(coarse, coarse.shape[1] - k, axis=1)[:, -k]
        errors = np.linalg.norm(queries - asked[: len(queries)] * steps[:, None], axis=1) * (1.0 + self.error)
        spread = np.hypot(self.error, errors) / np.sqrt(queries.shape[1])
        stray = np.minimum(self.error + errors, SPREADS * spread) / (SHRUNK * steps * self.step)
        wanted, groups = np.divmod(np.flatnonzero(best >= (enough - 2.0 * stray)[:, None]), best.shape[1])
        rows = (groups // GROUPS * BLOCK + groups % GROUPS)[:, None] + np.arange(0, BLOCK, GROUPS)
        ends = np.searchsorted(wanted, np.arange(len(queries)), side="right")
        for found in np.split(rows, ends[:-1]):
            within = found[found < self.size]
            yield within if self.places is None else self.places[within]


def _groups_of(size: int) -> int:
    """How many groups so many rows begin."""
    return size // BLOCK * GROUPS + min(size % BLOCK, GROUPS)


def _fill(rows: np.ndarray, size: int) -> None:
    """Fill the last block with rows of the same groups, and with zeros where there are none."""
    missing = np.arange(size, len(rows))
    same = missing // BLOCK * BLOCK + missing % GROUPS
    rows[missing] = np.where((same < size)[:, None], rows[same], 0)


@cache
def compiled_product(dimension: int) -> Any:
    """The graph for vectors of this dimension: the best score of each group; None where it can't run, or errs."""
    try:
        product = _compile(dimension)
    except Exception as error:
        log.info("no products in eight bits: %s", type(error).__name__)
        return None
    # Without instructions for it, a processor may cut sums off; rows of the signs of a query have the largest.
    random = np.random.default_rng(1)
    asked = random.integers(-MOST, MOST + 1, (TOGETHER, dimension)).astype(np.float32)
    rows = random.integers(-MOST, MOST + 1, (BLOCK, dimension)).astype(np.int8)
    rows[:TOGETHER] = np.where(asked < 0, -MOST, MOST)
    expected = (asked @ rows.T.astype(np.float32) / SHRUNK).reshape(TOGETHER, GROUP, GROUPS).max(axis=1)
    return product if np.array_equal(product([asked, rows])[0], expected) else None


def _compile(dimension: int) -> Any:
    import openvino as ov
    from openvino import opset13 as op

    def number(value: float) -> Any:
        return op.constant(np.float32(value))

    def numbers(*values: int) -> Any:
        return op.constant(np.array(values, dtype=np.int64))

    asked = op.parameter([TOGETHER, dimension], np.float32, name="asked")
    rows = op.parameter([BLOCK, dimension], np.int8, name="rows")
    # What is asked are whole numbers already: this only tells the compiler that eight bits hold them.
    least, most = number(-MOST), number(MOST)
    whole = op.fake_quantize(asked, least, most, least, most, 2 * MOST + 1)
    scores = op.matmul(whole, op.multiply(op.convert(rows, np.float32), number(1.0 / SHRUNK)), False, True)
    best = op.reduce_max(op.reshape(scores, numbers(TOGETHER, GROUP, GROUPS), False), numbers(1), False)
    return ov.Core().compile_model(ov.Model([op.result(best)], [asked, rows], "product"), "CPU", cpu_settings("f32"))
