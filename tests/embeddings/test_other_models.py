"""Another model is switched to by its name or directory; how it wants to be used is read from its own files.

No model can be fetched in the tests, so a tiny one is made here in the layout that the hub's models have. It knows
nothing; what is tested is that it is run as its files say.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embeddings import Glossary, load_encoder
from embeddings.encoder import find_model

pytestmark = pytest.mark.model

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "query",
    "passage",
    ":",
    "bone",
    "heal",
    "gene",
    "knochen",
    "heilung",
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT and its tokenizer, as transformers saves them."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(7)
    folder = tmp_path_factory.mktemp("hub") / "tiny"
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = BertConfig(vocab_size=len(WORDS), max_position_embeddings=64, initializer_range=0.5, **size)
    BertModel(config).eval().save_pretrained(folder, safe_serialization=True)
    words = Tokenizer(models.WordLevel({w: n for n, w in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)
    return folder


def laid_out(hub: Path, folder: Path, *, pooling: str = "mean", **prompts: str) -> Path:
    """The tiny model as a sentence-transformers model of this name and pooling."""
    import shutil

    shutil.copytree(hub, folder)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    modes = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token"}
    pooled: dict[str, Any] = {"word_embedding_dimension": 16} | {m: m == modes[pooling] for m in modes.values()}
    (folder / "1_Pooling").mkdir()
    for name, content in {
        "modules.json": modules,
        "1_Pooling/config.json": pooled,
        "sentence_bert_config.json": {"max_seq_length": 12, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": prompts},
    }.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_prefixes_length_and_dimension_are_the_model_s_own(hub: Path, tmp_path: Path) -> None:
    folder = laid_out(hub, tmp_path / "some-model", query="query: ", passage="passage: ")
    files = find_model(str(folder))
    assert (files.query_prefix, files.passage_prefix, files.max_length) == ("query: ", "passage: ", 12)
    encoder = load_encoder(str(folder), reference=True)
    assert encoder.dimension == 16
    asked, told = encoder.encode_queries(["bone heal"]), encoder.encode_passages(["bone heal"])
    assert asked.shape == (1, 16)
    assert not np.allclose(asked, told, atol=1e-3)
    bare = load_encoder(str(laid_out(hub, tmp_path / "bare")), reference=True)
    np.testing.assert_allclose(bare.encode_passages(["query: bone heal"]), asked, atol=1e-5)
    assert bare.fingerprint != encoder.fingerprint


def test_the_pooling_is_the_model_s_own_and_decides_the_fingerprint(hub: Path, tmp_path: Path) -> None:
    mean = load_encoder(str(laid_out(hub, tmp_path / "mean")), reference=True)
    first = load_encoder(str(laid_out(hub, tmp_path / "first", pooling="cls")), reference=True)
    assert not np.allclose(mean.encode_passages(["bone heal"]), first.encode_passages(["bone heal"]), atol=1e-3)
    assert mean.fingerprint != first.fingerprint, "vectors of two poolings must never share an index"


def test_the_compiled_graph_reads_as_the_model_does(hub: Path, tmp_path: Path) -> None:
    folder = laid_out(hub, tmp_path / "compiled")
    texts = ["bone heal", "gene " * 30]
    compiled, reference = load_encoder(str(folder)), load_encoder(str(folder), reference=True)
    assert compiled.fingerprint == reference.fingerprint
    cosines = (compiled.encode_passages(texts) * reference.encode_passages(texts)).sum(axis=1)
    assert cosines.min() > 0.99


def test_a_multilingual_model_reads_german_itself_and_an_english_one_the_gloss(hub: Path, tmp_path: Path) -> None:
    glossary = Glossary.of({"de": {"knochen": "bone", "heilung": "heal"}})
    english = load_encoder(str(laid_out(hub, tmp_path / "plain")), glossary=glossary, reference=True)
    many = load_encoder(str(laid_out(hub, tmp_path / "multilingual-tiny")), glossary=glossary, reference=True)
    assert (english.languages, "de" in many.languages) == ({"en"}, True)

    def read(encoder: Any, text: str, language: str) -> np.ndarray:
        return np.asarray(encoder.encode_passages([text], languages=[language])[0])

    np.testing.assert_allclose(read(english, "Knochen", "de"), read(english, "bone", "en"), atol=1e-5)
    assert not np.allclose(read(many, "knochen", "de"), read(many, "bone", "en"), atol=1e-3)
