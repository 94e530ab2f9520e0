"""The fast path: a BERT model as an OpenVINO graph, built straight from its weights; no torch in the process.

The graph is built from the same files that sentence-transformers reads, once per model; its compiled form is
cached by fingerprint. Before its first use it is checked against reference vectors of probe texts, which
sentence-transformers made: those of the bundled model lie in the folder `probes` beside this file, those of any
other model are made once, in a process of their own. If the graph differs, sentence-transformers runs instead.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.encoder import (
    ModelFiles,
    ModelRefused,
    ModelUnavailable,
    Progress,
    SentenceTransformerEncoder,
    encode_windows,
    read_json,
)
from embeddings.graphs import cpu_settings

log = logging.getLogger(__name__)

#: Padded tokens in a batch (more would leave the second-level cache), and the step of widths.
BATCH_TOKENS, WIDTH_STEP = 1024, 16
#: Texts tokenised at a time.
CHUNK = 4096
#: Texts on which the graph must agree with sentence-transformers, and how closely (bf16 reaches .9999).
PROBES = (
    "gene therapy",
    "We manufacture viral vectors under GMP and look for a hospital that runs phase II trials in rare bone disease.",
    "Wir prüfen Implantate: Ermüdung, Verschleiß, Korrosion (ISO 10993).",
    "Vi söker kliniska partner för läkemedelsprövningar på barn; över 40 patienter/år.",
    "α-synuclein, CRISPR/Cas9, 5-HT₂A – 100 µg/ml; ¿qué? 再生医療",
    "Biobank samples, imaging, registry data and patient organisations for a study of long-term outcomes. " * 6,
)
AGREEMENT = 0.999
BUNDLED_PROBES = Path(__file__).with_name("probes")


class GraphDiffers(Exception):
    """The compiled graph does not give the vectors of the model it was built from."""


def can_compile(files: ModelFiles) -> bool:
    """Whether the model is a BERT with mean pooling, the one shape the graph builder knows."""
    config = read_json(files.path / "config.json")
    pooling = read_json(files.path / "1_Pooling" / "config.json")
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and bool(pooling.get("pooling_mode_mean_tokens"))
        and not any(pooling.get(f"pooling_mode_{k}") for k in ("cls_token", "max_tokens", "mean_sqrt_len_tokens"))
        and (files.path / "tokenizer.json").is_file()
        and not (files.path / "2_Dense").exists()
    )


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a safetensors file as float32 (or integer) arrays."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    raw = np.memmap(path, mode="r", offset=8 + length)
    tensors = {}
    for name, facts in header.items():
        if name == "__metadata__":
            continue
        start, end = facts["data_offsets"]
        data = np.asarray(raw[start:end])
        kind = facts["dtype"]
        if kind == "BF16":
            values = (data.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        elif kind in ("F32", "F16"):
            values = data.view({"F32": np.float32, "F16": np.float16}[kind]).astype(np.float32)
        elif kind == "I64":
            values = data.view(np.int64)
        else:
            raise ModelRefused(f"expected weights in 16 or 32 bit floats, found {kind} in {path.name}")
        tensors[name] = values.reshape(facts["shape"])
    return tensors


def build_graph(files: ModelFiles) -> Any:
    """The model with mean pooling and unit length inside: (ids, mask) int32 [n, width] → float32 [n, dimension]."""
    import openvino as ov
    from openvino import opset13 as op

    config = read_json(files.path / "config.json")
    weights = read_weights(files.path / "model.safetensors")
    prefix = "bert." if any(name.startswith("bert.") for name in weights) else ""
    heads, hidden = int(config["num_attention_heads"]), int(config["hidden_size"])
    epsilon = float(config.get("layer_norm_eps", 1e-12))

    def const(name: str) -> Any:
        try:
            return op.constant(np.ascontiguousarray(weights[prefix + name]))
        except KeyError as error:
            raise ModelRefused(f"expected the tensor {name} in the weights of {files.name}, found none") from error

    def number(*values: int) -> Any:
        return op.constant(np.array(values, dtype=np.int64))

    def linear(x: Any, name: str) -> Any:
        return op.add(op.matmul(x, const(f"{name}.weight"), False, True), const(f"{name}.bias"))

    def layer_norm(x: Any, name: str) -> Any:
        normal = op.mvn(x, number(-1), True, epsilon, "inside_sqrt")
        return op.add(op.multiply(normal, const(f"{name}.weight")), const(f"{name}.bias"))

    ids = op.parameter([-1, -1], np.int32, name="ids")
    mask = op.parameter([-1, -1], np.int32, name="mask")
    width = op.gather(op.shape_of(ids), number(1), number(0))
    positions = op.slice(const("embeddings.position_embeddings.weight"), number(0), width, number(1), number(0))
    x = op.gather(const("embeddings.word_embeddings.weight"), ids, number(0))
    x = op.add(op.add(x, op.unsqueeze(positions, number(0))), _first_row(op, weights, prefix))
    x = layer_norm(x, "embeddings.LayerNorm")
    seen = op.convert(mask, np.float32)
    # A masked token gets a score so low that its share of the attention is zero in every precision.
    bias = op.multiply(op.subtract(seen, op.constant(np.float32(1.0))), op.constant(np.float32(1e4)))
    bias = op.unsqueeze(bias, number(1, 2))
    split = number(0, 0, heads, hidden // heads)

    def split_heads(y: Any) -> Any:
        return op.transpose(op.reshape(y, split, True), number(0, 2, 1, 3))

    for n in range(int(config["num_hidden_layers"])):
        layer = f"encoder.layer.{n}"
        query, key, value = (
            split_heads(linear(x, f"{layer}.attention.self.{part}")) for part in ("query", "key", "value")
        )
        attended = op.scaled_dot_product_attention(query, key, value, bias, causal=False)
        merged = op.reshape(op.transpose(attended, number(0, 2, 1, 3)), number(0, 0, hidden), True)
        x = layer_norm(
            op.add(x, linear(merged, f"{layer}.attention.output.dense")), f"{layer}.attention.output.LayerNorm"
        )
        inner = op.gelu(linear(x, f"{layer}.intermediate.dense"), "erf")
        x = layer_norm(op.add(x, linear(inner, f"{layer}.output.dense")), f"{layer}.output.LayerNorm")

    weight = op.unsqueeze(seen, number(2))
    pooled = op.divide(op.reduce_sum(op.multiply(x, weight), number(1)), op.reduce_sum(weight, number(1)))
    unit = op.normalize_l2(pooled, number(1), 1e-12, "max")
    return ov.Model([op.result(unit)], [ids, mask], "encoder")


def _first_row(op: Any, weights: dict[str, np.ndarray], prefix: str) -> Any:
    return op.constant(weights[f"{prefix}embeddings.token_type_embeddings.weight"][:1][None])


def reference_vectors(files: ModelFiles, cache_dir: Path | None) -> np.ndarray:
    """What sentence-transformers makes of the probe texts: read where it is known, else made and kept.

    It is made in a process of its own, so that this one never holds torch.
    """
    name = f"{files.fingerprint}.npy"
    kept = [BUNDLED_PROBES / name] + ([cache_dir / f"graph-{files.fingerprint}" / name] if cache_dir else [])
    for path in kept:
        try:
            rows = np.load(path, allow_pickle=False)
        except (OSError, ValueError):
            continue  # Not there, or damaged: it is made anew.
        if rows.ndim == 2 and len(rows) == len(PROBES):
            return np.asarray(rows, dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / name
        if len(kept) > 1:
            kept[-1].parent.mkdir(parents=True, exist_ok=True)
            target = kept[-1].with_suffix(f".{os.getpid()}.npy")
        command = [sys.executable, "-m", "embeddings.compiled", str(files.path), str(files.max_length), str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program.
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ModelUnavailable(
                f"expected sentence-transformers to encode the probe texts of {files.name}: {reason}"
            )
        rows = np.load(target, allow_pickle=False)
        if len(kept) > 1:
            target.replace(kept[-1])
        return np.asarray(rows, dtype=np.float32)


class CompiledEncoder:
    """The model as a compiled graph: same vectors as sentence-transformers, several times as fast.

    Where the graph cannot be built, or differs on the probe texts, sentence-transformers runs in its place.
    """

    def __init__(self, files: ModelFiles, *, cache_dir: Path | None = None, threads: int | None = None) -> None:
        self._files = files
        self._cache_dir = cache_dir
        self._threads = threads
        self._lock = threading.Lock()
        self._local = threading.local()
        self._tokenizer: Any = None
        self._compiled: Any = None
        self._instead: SentenceTransformerEncoder | None = None
        self.name = files.name
        self.fingerprint = self.space = files.fingerprint
        self.languages = files.languages
        self.limit = files.max_length
        self.dimension = int(read_json(files.path / "config.json")["hidden_size"])

    def encode_queries(
        self, texts: Sequence[str], *, languages: Sequence[str] | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Unit rows for texts that seek."""
        return self._encode(self._files.query_prefix, texts, progress)

    def encode_passages(
        self, texts: Sequence[str], *, languages: Sequence[str] | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Unit rows for texts that are sought."""
        return self._encode(self._files.passage_prefix, texts, progress)

    @property
    def falls_back(self) -> bool:
        """Whether sentence-transformers runs, because the graph may not."""
        return self._instead is not None

    def _load(self) -> None:
        if self._compiled is not None or self._instead is not None:
            return
        with self._lock:
            if self._compiled is not None or self._instead is not None:
                return
            try:
                self._tokenizer, compiled = self._compile()
                self._check(compiled)
            except ModelRefused:
                raise  # What must not be trusted must not be run by anything else either.
            except Exception as error:
                reason = str(error) if isinstance(error, GraphDiffers | ModelUnavailable) else type(error).__name__
                log.warning("%s runs on sentence-transformers, not as a compiled graph: %s", self.name, reason)
                self._instead = SentenceTransformerEncoder(self._files)
            else:
                self._compiled = compiled

    def _compile(self) -> tuple[Any, Any]:
        try:
            import openvino as ov
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ModelUnavailable(f"expected openvino and tokenizers, found none ({error})") from error
        tokenizer = Tokenizer.from_file(str(self._files.path / "tokenizer.json"))
        # The file may ship with a shorter limit and fixed padding; both are ours to decide.
        tokenizer.no_padding()
        tokenizer.no_truncation()
        core = ov.Core()
        if self._cache_dir is not None:
            core.set_property({"CACHE_DIR": str(self._cache_dir / f"graph-{self.fingerprint}")})
        capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        settings = cpu_settings("bf16" if "BF16" in capabilities else "f32", self._threads)
        return tokenizer, core.compile_model(build_graph(self._files), "CPU", settings)

    def _check(self, compiled: Any) -> None:
        reference = reference_vectors(self._files, self._cache_dir)
        request = compiled.create_infer_request()
        rows = self._encode_chunk(list(PROBES), request)
        if rows.shape != reference.shape:
            raise GraphDiffers(f"expected probe vectors of shape {reference.shape}, found {rows.shape}")
        worst = float((rows * reference).sum(axis=1).min())
        if not worst >= AGREEMENT:
            raise GraphDiffers(f"expected a cosine of at least {AGREEMENT} to its probe vectors, found {worst:.4f}")

    def _request(self) -> Any:
        request = getattr(self._local, "request", None)
        if request is None:
            # A request belongs to the thread that made it.
            request = self._local.request = self._compiled.create_infer_request()
        return request

    def _encode(self, prefix: str, texts: Sequence[str], progress: Progress | None) -> np.ndarray:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if not texts:
            return rows
        self._load()
        if self._instead is not None:
            return self._instead.encode_prefixed(prefix, texts, progress)
        for start in range(0, len(texts), CHUNK):
            chunk = [prefix + text for text in texts[start : start + CHUNK]]
            rows[start : start + len(chunk)] = self._encode_chunk(chunk, self._request())
            if progress is not None:
                progress(start + len(chunk), len(texts))
        return rows

    def _encode_chunk(self, texts: list[str], request: Any) -> np.ndarray:
        def run(batch: list[list[int]]) -> np.ndarray:
            # Few distinct widths, so that the graph's kernels are made once.
            width = -(-max(len(ids) for ids in batch) // WIDTH_STEP) * WIDTH_STEP
            ids = np.zeros((len(batch), width), dtype=np.int32)
            mask = np.zeros((len(batch), width), dtype=np.int32)
            for row, window in enumerate(batch):
                ids[row, : len(window)] = window
                mask[row, : len(window)] = 1
            request.infer([ids, mask], share_inputs=True)
            return np.array(request.get_output_tensor(0).data)

        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]
        return encode_windows(tokens, self.limit, run, self.dimension, budget=BATCH_TOKENS, step=WIDTH_STEP)


def _write_reference(path: Path, max_length: int, target: Path) -> None:
    files = ModelFiles(path.name, path, "", max_length, "", "", frozenset())
    np.save(target, SentenceTransformerEncoder(files).encode_prefixed("", PROBES))


if __name__ == "__main__":
    _write_reference(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
