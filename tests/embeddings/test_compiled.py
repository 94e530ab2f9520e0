"""The compiled graph is the model: the same vectors, whatever the batch, with nothing cut."""

import logging
import sys
from pathlib import Path

import numpy as np
import pytest

from embeddings import SentenceTransformerEncoder, compiled, load_encoder
from embeddings.compiled import PROBES, CompiledEncoder, reference_vectors
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


@pytest.mark.model
def test_the_kept_probe_vectors_are_those_of_sentence_transformers() -> None:
    files = find_model(None)
    kept = reference_vectors(files, None)
    made = SentenceTransformerEncoder(files).encode_passages(PROBES)
    assert (kept * made).sum(axis=1).min() > 0.99999


@pytest.mark.model
def test_a_graph_that_differs_from_the_model_does_not_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    files = find_model(None)
    another = np.roll(reference_vectors(files, None), 1, axis=0)
    monkeypatch.setattr(compiled, "reference_vectors", lambda *_: another)
    encoder = CompiledEncoder(files)
    with caplog.at_level(logging.WARNING):
        rows = encoder.encode_queries(TEXTS)
    assert encoder.falls_back
    assert "runs on sentence-transformers, not as a compiled graph: expected a cosine of at least" in caplog.text
    np.testing.assert_allclose(rows, SentenceTransformerEncoder(files).encode_queries(TEXTS), atol=1e-5)


@pytest.mark.model
def test_a_model_that_cannot_be_compiled_still_runs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(compiled, "build_graph", fail)
    encoder = CompiledEncoder(find_model(None))
    assert encoder.encode_queries(["gene therapy"]).shape == (1, 384)
    assert encoder.falls_back
    assert "RuntimeError" in caplog.text


@pytest.mark.model
def test_probe_vectors_of_another_model_are_made_once_and_made_anew_if_damaged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = find_model(None)
    bundled = reference_vectors(files, None)
    monkeypatch.setattr(compiled, "BUNDLED_PROBES", tmp_path / "none")
    made = reference_vectors(files, tmp_path)
    np.testing.assert_allclose(made, bundled, atol=1e-5)
    [kept] = tmp_path.glob("graph-*/*")
    assert kept.name == f"{files.fingerprint}.npy"

    def no_process(*_: object, **__: object) -> None:
        raise AssertionError("expected the kept vectors to be read, found a process started")

    with monkeypatch.context() as patch:
        patch.setattr(compiled.subprocess, "run", no_process)
        np.testing.assert_array_equal(reference_vectors(files, tmp_path), made)
        kept.write_bytes(b"\x80\x04K\x01.")
        with pytest.raises(AssertionError, match="found a process started"):
            reference_vectors(files, tmp_path)


def test_the_reference_can_be_asked_for_and_shares_the_index() -> None:
    plain, fast = load_encoder(reference=True), load_encoder()
    assert isinstance(plain, GlossedEncoder)
    assert isinstance(plain.model, SentenceTransformerEncoder)
    assert plain.fingerprint == fast.fingerprint
