"""Pooling against NumPy, and pretrained embeddings against sentence-transformers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModel

from model import pretrained
from model.config import EncoderConfig
from model.data.tokenizer import build_tokenizer
from model.errors import EncoderError
from model.network.encoder import SentenceEncoder
from model.pretrained import minilm_folder, verified_minilm_folder
from tests.model_tests.made import needs_minilm, padded

IDS = torch.tensor([[2, 5, 6, 7, 3], [2, 8, 3, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


def tiny(pooling: str) -> SentenceEncoder:
    torch.manual_seed(0)
    return SentenceEncoder(
        EncoderConfig.model_validate({"pooling": pooling}), vocabulary_size=20, pad_id=0
    ).eval()


@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
@torch.inference_mode()
def test_pooling_follows_its_definition(pooling: str) -> None:
    encoder = tiny(pooling)
    output = encoder.bert(input_ids=IDS, attention_mask=MASK)
    states = output.last_hidden_state.numpy()
    if pooling == "cls":
        pooler = encoder.bert.pooler.dense
        expected = np.tanh(states[:, 0] @ pooler.weight.numpy().T + pooler.bias.numpy())
    else:
        reduce = np.mean if pooling == "mean" else np.max
        expected = np.stack([reduce(states[0], axis=0), reduce(states[1, :3], axis=0)])
    np.testing.assert_allclose(encoder(IDS, MASK), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
@torch.inference_mode()
def test_padding_changes_no_embedding(pooling: str) -> None:
    encoder = tiny(pooling)
    alone = encoder(IDS[1:, :3], MASK[1:, :3])
    torch.testing.assert_close(encoder(IDS, MASK)[1:], alone, rtol=1e-5, atol=1e-6)


def test_weights_that_pooling_does_not_use_are_left_out() -> None:
    assert any("pooler" in name for name, _ in tiny("cls").named_parameters())
    assert not any("pooler" in name for name, _ in tiny("mean").named_parameters())


@needs_minilm
@torch.inference_mode()
def test_minilm_embeds_as_sentence_transformers_does() -> None:
    library = pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    sentences = ["A man is playing a guitar.", "Why?", "Two dogs run on the grass, chasing a ball."]
    reference = library.SentenceTransformer(str(minilm_folder()), device="cpu")
    config = EncoderConfig(source="minilm", pooling="mean")
    tokenizer = build_tokenizer(config, [])
    encoder = SentenceEncoder(config, tokenizer.vocabulary_size, tokenizer.pad_id).eval()
    embedded = torch.nn.functional.normalize(encoder(*padded(tokenizer, sentences)))
    np.testing.assert_allclose(embedded, reference.encode(sentences, normalize_embeddings=True), atol=1e-5)


@needs_minilm
def test_dropout_of_a_pretrained_encoder_can_be_set() -> None:
    config = EncoderConfig(source="minilm", pooling="mean", dropout=0.37)
    encoder = SentenceEncoder(config, 30522, 0)
    rates = {module.p for module in encoder.modules() if isinstance(module, torch.nn.Dropout)}
    assert rates == {0.37}


def hub(folder: Path, kind: str, **small: Any) -> EncoderConfig:
    """A small encoder of a kind, with random weights, in a folder."""
    AutoModel.from_config(AutoConfig.for_model(kind, vocab_size=30, **small)).save_pretrained(folder)
    return EncoderConfig(source="hub", name=str(folder), dropout=0.37)


@pytest.mark.parametrize(
    ("kind", "small"),
    [
        ("distilbert", {"dim": 8, "n_layers": 1, "n_heads": 2, "hidden_dim": 8}),
        ("gpt2", {"n_embd": 8, "n_layer": 1, "n_head": 2}),
        ("xlnet", {"d_model": 8, "n_layer": 1, "n_head": 2, "d_inner": 8}),
    ],
)
def test_it_is_set_whatever_it_is_called(kind: str, small: dict[str, Any], tmp_path: Path) -> None:
    encoder = SentenceEncoder(hub(tmp_path, kind, **small), 30, 0)
    assert {module.p for module in encoder.modules() if isinstance(module, torch.nn.Dropout)} == {0.37}


def test_where_it_is_not_known_that_is_one_clear_error(tmp_path: Path) -> None:
    config = hub(tmp_path, "mamba", hidden_size=8, num_hidden_layers=1)
    with pytest.raises(EncoderError, match=r"encoder.dropout 0.37: in a mamba .*: leave it null"):
        SentenceEncoder(config, 30, 0)


def test_so_is_a_decoder_that_asks_for_a_text_of_its_own(tmp_path: Path) -> None:
    config = hub(tmp_path, "t5", d_model=8, d_kv=4, num_layers=1, num_heads=2, d_ff=8)
    with pytest.raises(EncoderError, match=r"encoder.name: .* is a t5, whose decoder asks for a text"):
        SentenceEncoder(config.model_copy(update={"dropout": None}), 30, 0)


@needs_minilm
def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the published weights")
    monkeypatch.setattr(pretrained, "minilm_folder", lambda: tmp_path)
    with pytest.raises(EncoderError, match="SHA-256"):
        verified_minilm_folder()


def test_a_missing_model_is_one_clear_error() -> None:
    with pytest.raises(EncoderError, match="no/such/folder"):
        SentenceEncoder(EncoderConfig(source="hub", name="./no/such/folder"), 20, 0)
