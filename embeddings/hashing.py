"""An encoder without a model: for fast tests and for development without the real one."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np

from embeddings.language import is_stop_word, normalise, pieces, stem, words


class HashingEncoder:
    """Texts that share word stems or letter triples get similar vectors; the same text always the same."""

    name = "hashing"
    #: Hashed words know no language in particular, so nothing is translated for them.
    languages: frozenset[str] = frozenset({"en", "de", "sv", ""})
    limit = 10_000

    def __init__(self, dimension: int = 256) -> None:
        if dimension < 8:
            raise ValueError(f"expected at least 8 dimensions, got {dimension}")
        self.dimension = dimension
        self.fingerprint = self.space = f"hashing-1-{dimension}"

    def encode_queries(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> np.ndarray:
        """Unit rows, one per text."""
        return self.encode_passages(texts, progress=progress)

    def encode_passages(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> np.ndarray:
        """Unit rows, one per text."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for feature, weight in _features(text):
                code = zlib.crc32(feature.encode())
                row[code % self.dimension] += weight if code & 0x80000000 else -weight
            norm = float(np.linalg.norm(row))
            if norm == 0.0:
                row[0] = 1.0
            else:
                row /= norm
        if progress is not None:
            progress(len(texts), len(texts))
        return rows


def _features(text: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for match in words(normalise(text)):
        for piece in pieces(match.group()):
            if is_stop_word(piece, ""):
                continue
            found.append((stem(piece, "en"), 1.0))
            padded = f"<{piece}>"
            found.extend((padded[n : n + 3], 0.25) for n in range(len(padded) - 2))
    return found
