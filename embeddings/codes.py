"""Short codes of many vectors, by which a query finds the few rows that are worth an exact look.

Two numbers share four bits (a FAISS product quantiser whose table stays in registers), so a scan reads a sixteenth
of what the vectors take. Codes never decide an order: whoever asks computes the scores of the rows found, and
`least` says how low the code of a row that near may lie.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from embeddings.index import inner

#: Rows that the codes are learned from, for each list.
SAMPLE, LISTED_SAMPLE = 4_096, 40
#: Rows that the error is measured with, by their so many nearest, and how many of its spreads are allowed for.
MEASURED, NEAREST, SPREADS = 48, 400, 6.0
#: What a scan rounds a code's score by, however well the codes of these rows fit.
ROUNDED = 5e-4
#: The variance of scores below which the line that codes follow is taken to be the one they should.
ALIKE = 1e-4


def can_encode(rows: int, dimension: int) -> bool:
    """Whether so many vectors of this dimension can have codes: each of the sixteen values is learned from a row."""
    return rows >= 16 and dimension % 2 == 0


def lists_for(rows: int) -> int:
    """In how many lists of neighbours so many rows are kept where only the nearest lists are read."""
    return 1 << round(math.log2(2.0 * math.sqrt(rows)))


class Within:
    """Rows that a scan may find, as FAISS reads them; never changed, so any number of searches share it."""

    def __init__(self, mask: np.ndarray) -> None:
        import faiss

        # The selector reads these bits for as long as it lives.
        self._bits = np.packbits(mask, bitorder="little")
        self.selector: Any = faiss.IDSelectorBitmap(mask.size, faiss.swig_ptr(self._bits))


def _plain(coarse: Any, dimension: int, lists: int) -> Any:
    """An index that keeps each row's code by itself; to be scanned, codes are packed by 32."""
    import faiss

    index = faiss.IndexIVFPQ(coarse, dimension, lists, dimension // 2, 4, faiss.METRIC_INNER_PRODUCT)
    index.by_residual = False
    return index


class Codes:
    """Codes of rows in one list, or in several lists of neighbours; never changed after it is built.

    The same rows always give the same codes.
    """

    def __init__(self, vectors: np.ndarray, lists: int = 1) -> None:
        import faiss

        size, dimension = vectors.shape
        self.size, self.lists = size, lists
        sample = vectors[:: max(1, size // max(SAMPLE, LISTED_SAMPLE * lists))]
        self._coarse: Any = faiss.IndexFlatIP(dimension)
        plain = _plain(self._coarse, dimension, lists)
        plain.cp.niter, plain.cp.min_points_per_centroid, plain.cp.max_points_per_centroid = 8, 1, LISTED_SAMPLE
        plain.pq.cp.niter, plain.pq.cp.min_points_per_centroid = 6, 1
        plain.train(sample)
        plain.add(vectors)
        #: The code of each row, from which those of some rows are taken.
        self._codes = np.empty((size, plain.code_size), dtype=np.uint8)
        list_of = np.zeros(size, dtype=np.int32)
        for number in range(lists):
            held = plain.invlists.list_size(number)
            if held:
                rows = faiss.rev_swig_ptr(plain.invlists.get_ids(number), held)
                codes = faiss.rev_swig_ptr(plain.invlists.get_codes(number), held * plain.code_size)
                self._codes[rows], list_of[rows] = codes.reshape(held, -1), number
        self._index: Any = faiss.IndexIVFPQFastScan(plain)
        #: The list of each row, where there are several, and how many rows each list has.
        self.list_of = list_of if lists > 1 else None
        self.held = np.bincount(list_of, minlength=lists)
        self._slope, self._start, self._spread = self._measured(vectors)

    def among(self, rows: np.ndarray) -> Codes:
        """The codes of some rows only, in one list, by which they are found as by all and in less time."""
        import faiss

        dimension = self._coarse.d
        coarse = faiss.IndexFlatIP(dimension)
        coarse.add(np.zeros((1, dimension), dtype=np.float32))
        plain = _plain(coarse, dimension, 1)
        plain.pq, plain.is_trained = self._index.pq, True
        ids, codes = rows.astype(np.int64), self._codes[rows]
        plain.invlists.add_entries(0, rows.size, faiss.swig_ptr(ids), faiss.swig_ptr(codes))
        plain.ntotal = rows.size
        some = copy.copy(self)
        some.size, some.lists, some.list_of, some.held = rows.size, 1, None, np.array([rows.size])
        some._coarse, some._index = coarse, faiss.IndexIVFPQFastScan(plain)
        return some

    def _measured(self, vectors: np.ndarray) -> tuple[float, float, float]:
        """The line on which near rows' codes follow their true scores, and how far they stray from it."""
        asked = vectors[:: max(1, self.size // MEASURED)][:MEASURED]
        nearest = max(2, min(NEAREST, self.size // 20))
        truth: list[np.ndarray] = []
        by_code: list[np.ndarray] = []
        for query, (rows, scores) in zip(asked, self.near(asked, 16 * nearest), strict=True):
            exact = inner(vectors[rows], query)
            # A row is its own nearest, which says nothing about others.
            chosen = np.argsort(-exact, kind="stable")[1 : nearest + 1]
            truth.append(exact[chosen])
            by_code.append(scores[chosen])
        x, y = np.concatenate(truth).astype(np.float64), np.concatenate(by_code).astype(np.float64)
        # Codes rise as scores do; where all near rows are alike, and no line is to be seen, that is all we know.
        slope = (float(((x - x.mean()) * (y - y.mean())).mean()) + ALIKE) / (float(x.var()) + ALIKE)
        slope = min(max(slope, 0.0), 1.5)
        start = float(y.mean() - slope * x.mean())
        return slope, start, math.hypot(float((y - slope * x - start).std()), ROUNDED)

    def least(self, score: float) -> float:
        """The code that a row of this true score has at least, but for errors beyond what is allowed for."""
        return self._slope * score + self._start - SPREADS * self._spread

    def near(
        self, queries: np.ndarray, depth: int, within: Within | None = None, probes: int | None = None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each query, rows within and scores by their codes, `depth` of them or all there are, best first."""
        import faiss

        selector = None if within is None else within.selector
        parameters: Any = faiss.SearchParametersIVF(nprobe=probes or self.lists, sel=selector)  # type: ignore[call-arg]
        scores, rows = self._index.search(queries, min(depth, self.size), params=parameters)
        return [(r[r >= 0], s[r >= 0]) for r, s in zip(rows, scores, strict=True)]

    def probes_for(self, query: np.ndarray, held: np.ndarray, least: int) -> int:
        """How many of the lists nearest to the query hold so many rows together; `held` counts each list's rows."""
        _, order = self._coarse.search(query[None], self.lists)
        enough = int(np.searchsorted(np.cumsum(held[order[0]]), least))
        return min(enough + 1, self.lists)
