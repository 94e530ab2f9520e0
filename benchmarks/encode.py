"""Encoding an import of mixed lengths: the compiled graph against plain sentence-transformers in fp32.

The baseline is `SentenceTransformer.encode` as anybody would call it, once for the whole list, so that it may sort
by length as well. Texts are cut to what it reads at once; beyond that the two differ on purpose.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.material import texts
from benchmarks.measuring import Line, WrongResult, interleaved
from embeddings.compiled import CompiledEncoder
from embeddings.encoder import find_model

#: The engine's promise about vectors; below it the graph would not be the model.
LOWEST_COSINE = 0.999
ROUNDS = 3
QUICK_ROUNDS = 1


def run(quick: bool = False) -> list[Line]:
    """Throughput as a ratio, and how close the vectors are."""
    from sentence_transformers import SentenceTransformer

    files = find_model(None)
    plain = SentenceTransformer(str(files.path), device="cpu", local_files_only=True)
    plain.max_seq_length = files.max_length
    compiled = CompiledEncoder(files, threads=1)
    made = [within(text, plain.tokenizer, files.max_length) for text, _ in texts(100 if quick else 1_500)]
    short = ["gene therapy for rare bone disease"]
    compiled.encode_passages(made[:50])
    plain.encode(made[:50], show_progress_bar=False)
    ours, theirs = interleaved(
        lambda: compiled.encode_passages(made),
        lambda: plain.encode(made, show_progress_bar=False),
        QUICK_ROUNDS if quick else ROUNDS,
    )
    one, other = interleaved(
        lambda: compiled.encode_queries(short), lambda: plain.encode(short, show_progress_bar=False), 15
    )
    rows = compiled.encode_passages(made)
    reference = np.asarray(plain.encode(made, normalize_embeddings=True, show_progress_bar=False))
    cosines = (rows * reference).sum(axis=1)
    if cosines.min() < LOWEST_COSINE:
        raise WrongResult(f"expected a cosine of at least {LOWEST_COSINE} to the reference, found {cosines.min():.5f}")
    many = f"{len(made)} texts"
    return [
        Line(
            "encode", many, theirs / ours, "×", 4.5, "≥", f"{len(made) / ours:.0f} vs {len(made) / theirs:.0f} texts/s"
        ),
        Line("encode", "one short query", other / one, "×", None, "≥", f"{one * 1e3:.1f} vs {other * 1e3:.1f} ms"),
        Line(
            "encode", "mean cosine to the reference", float(cosines.mean()), "", 0.9999, "≥", f"min {cosines.min():.5f}"
        ),
        Line("encode", "top-10 overlap", overlap(rows, reference), "", 0.99, "≥", many),
    ]


def within(text: str, tokenizer: Any, limit: int) -> str:
    """The text, cut at a word to what the model reads at once."""
    words = text.split()
    while len(tokenizer(" ".join(words), verbose=False)["input_ids"]) > limit:
        words = words[: len(words) * 9 // 10]
    return " ".join(words)


def overlap(rows: np.ndarray, reference: np.ndarray, *, k: int = 10, queries: int = 200) -> float:
    """The share of each text's nearest neighbours that both kinds of vectors agree on."""
    shared = []
    for n in range(min(queries, len(rows))):
        ours, theirs = (np.argsort(-(matrix @ matrix[n]))[: k + 1].tolist() for matrix in (rows, reference))
        shared.append(len((set(ours) & set(theirs)) - {n}) / k)
    return min(float(np.mean(shared)), 1.0)
