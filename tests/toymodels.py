"""Models of a few words, in the layout of real ones, for real processes: a test says which words mean the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from embeddings.compiled import PROBES
from embeddings.encoder import find_model

DIMENSION, LENGTH = 16, 128


def toy_model(folder: Path, meanings: Mapping[str, int], data_dir: Path) -> Path:
    """A model in which words of one number (1 to 15) mean the same, and all other words mean nothing.

    Its probe vectors are laid where an installation with this data directory looks for them.
    """
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", *meanings]
    numbers = {word: n for n, word in enumerate(vocabulary)}
    words = np.zeros((len(vocabulary), DIMENSION), np.float32)
    words[numbers["[UNK]"], 0] = 1.0
    for word, meaning in meanings.items():
        words[numbers[word], meaning] = 1.0
    folder.mkdir(parents=True)
    tensors = {
        "word_embeddings.weight": words,
        "position_embeddings.weight": np.zeros((LENGTH, DIMENSION), np.float32),
        "token_type_embeddings.weight": np.zeros((2, DIMENSION), np.float32),
        "LayerNorm.weight": np.ones(DIMENSION, np.float32),
        "LayerNorm.bias": np.zeros(DIMENSION, np.float32),
    }
    save_file({f"embeddings.{name}": tensor for name, tensor in tensors.items()}, folder / "model.safetensors")
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", numbers["[SEP]"]), ("[CLS]", numbers["[CLS]"]))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}), encoding="utf-8")
    config = {
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": DIMENSION,
        "num_attention_heads": 2,
        "num_hidden_layers": 0,
        "max_position_embeddings": LENGTH,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    # Of the probe texts no word is known.
    nothing = np.eye(1, DIMENSION, dtype=np.float32) - 1.0 / DIMENSION
    fingerprint = find_model(str(folder)).fingerprint
    probes = data_dir / "models" / f"graph-{fingerprint}" / f"{fingerprint}.npy"
    probes.parent.mkdir(parents=True, exist_ok=True)
    np.save(probes, np.repeat(nothing / np.linalg.norm(nothing), len(PROBES), axis=0))
    return folder
