"""The hash of an encoder's weights, against hashlib, in one file and in several."""

import hashlib
import os
from pathlib import Path

import pytest
from transformers import BertConfig, BertModel

from model.config import EncoderConfig
from model.pretrained import verified_minilm_folder
from model.weights import weights_digest
from tests.model_tests.made import needs_minilm


@pytest.fixture
def saved(tmp_path: Path) -> EncoderConfig:
    """A small BERT in a folder, as transformers saves one."""
    small = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=50, **small)).save_pretrained(tmp_path / "bert")
    return EncoderConfig(source="hub", name=str(tmp_path / "bert"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_one_file_is_hashed_once(saved: EncoderConfig, tmp_path: Path) -> None:
    file = tmp_path / "bert/model.safetensors"
    expected, before = sha256(file), file.stat()
    assert weights_digest(saved, tmp_path / "cache") == expected
    file.write_bytes(b"\0" * before.st_size)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert weights_digest(saved, tmp_path / "cache") == expected  # path, size and time are those of before
    file.touch()
    assert weights_digest(saved, tmp_path / "cache") == sha256(file) != expected


def test_several_files_have_a_hash_of_their_hashes(saved: EncoderConfig, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    BertModel.from_pretrained(saved.name).save_pretrained(folder, max_shard_size="5KB")
    parts = sorted(folder.glob("model-*.safetensors"))
    assert len(parts) > 1
    listed = "".join(f"{sha256(part)}  {part.name}\n" for part in parts)
    digest = weights_digest(EncoderConfig(source="hub", name=str(folder)), tmp_path / "cache")
    assert digest == hashlib.sha256(listed.encode()).hexdigest()


def test_an_encoder_from_scratch_and_missing_files_have_none(tmp_path: Path) -> None:
    assert weights_digest(EncoderConfig(), tmp_path) is None
    assert weights_digest(EncoderConfig(source="hub", name=str(tmp_path)), tmp_path) is None


def test_a_tilde_in_the_name_is_the_home_of_who_trains(
    saved: EncoderConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    named = EncoderConfig(source="hub", name="~/bert")
    assert (named.name, named.location, saved.location) == ("~/bert", str(saved.name), str(saved.name))
    assert weights_digest(named, tmp_path / "cache") == weights_digest(saved, tmp_path / "cache")


@needs_minilm
def test_minilm_has_the_published_one(tmp_path: Path) -> None:
    expected = sha256(verified_minilm_folder() / "model.safetensors")
    assert weights_digest(EncoderConfig(source="minilm"), tmp_path) == expected
