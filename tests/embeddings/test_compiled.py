"""The compiled graph is the model: the same vectors, whatever the batch, with nothing cut."""

import sys

import numpy as np
import pytest

from embeddings import SentenceTransformerEncoder, load_encoder
from embeddings.compiled import CompiledEncoder
from embeddings.encoder import GlossedEncoder, batches_of, find_model, windows_of

TEXTS = [
    "GMP manufacturing of viral vectors",
    "Wir suchen klinische Partner für eine Studie zur Knochenheilung",
    "a",
    "We offer " + "long and careful biomechanical testing of orthopaedic implants " * 60,
]


@pytest.fixture(scope="module")
def encoder() -> CompiledEncoder:
    encoder = load_encoder()
    assert isinstance(encoder, GlossedEncoder)
    encoder = encoder.model
    assert isinstance(encoder, CompiledEncoder)
    return encoder


@pytest.mark.model
def test_the_graph_gives_the_vectors_of_sentence_transformers(encoder: CompiledEncoder) -> None:
    had_torch = "torch" in sys.modules
    rows = encoder.encode_passages(TEXTS)
    assert ("torch" in sys.modules) == had_torch
    reference = SentenceTransformerEncoder(find_model(None)).encode_passages(TEXTS)
    assert (rows * reference).sum(axis=1).min() > 0.9995
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


@pytest.mark.model
def test_a_text_has_one_vector_whatever_it_is_encoded_with(encoder: CompiledEncoder) -> None:
    together = encoder.encode_passages(TEXTS * 20)
    alone = np.concatenate([encoder.encode_queries([text]) for text in TEXTS])
    assert (together[-4:] * alone).sum(axis=1).min() > 0.9999
    assert encoder.encode_passages([]).shape == (0, 384)


@pytest.mark.model
def test_words_beyond_the_model_s_limit_still_count(encoder: CompiledEncoder) -> None:
    start = "Careful biomechanical testing of orthopaedic implants. " * 40
    plain, with_end = encoder.encode_passages([start, start + "Viral vectors for gene therapy. " * 20])
    topic = encoder.encode_queries(["viral vectors for gene therapy"])[0]
    assert with_end @ topic > plain @ topic + 0.1


def test_windows_hold_every_token_within_the_limit() -> None:
    ids = [101, *range(1000, 1700), 102]
    windows = windows_of(ids, 256)
    assert [t for w in windows for t in w[1:-1]] == ids[1:-1]
    assert all(len(w) <= 256 and (w[0], w[-1]) == (101, 102) for w in windows)


def test_batches_hold_every_text_once_within_the_budget() -> None:
    lengths = [int(n) for n in np.random.default_rng(0).integers(1, 256, 500)]
    batches = batches_of(lengths, 1024, 16)
    assert sorted(n for b in batches for n in b) == list(range(500))
    assert all(len(b) * max(lengths[n] for n in b) <= 1024 for b in batches)
