"""Encoders of each kind give for a packed batch what they give for a padded one."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoConfig, AutoModel

from model.config import EncoderConfig
from model.network.cpu.packed import KINDS
from model.network.encoder import SentenceEncoder

VOCABULARY, LENGTH, PAD = 300, 12, 1
SMALL: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
    "pad_token_id": PAD,
}
OTHERS = {
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48},
    "electra": {"embedding_size": 16},
    "albert": {"embedding_size": 16, "num_hidden_groups": 1},
}


@pytest.fixture(params=sorted(KINDS - {"bert"}))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A small encoder of a kind, with random weights."""
    torch.manual_seed(3)
    kind = request.param
    named = {"hidden_size"} if kind == "distilbert" else set()
    given = {name: value for name, value in SMALL.items() if name not in named} | OTHERS.get(kind, {})
    model = AutoModel.from_config(AutoConfig.for_model(kind, **given))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)  # biases too, and clear differences by distance
    model.save_pretrained(tmp_path)
    return tmp_path


def folder_kind(folder: Path) -> str:
    return str(AutoConfig.from_pretrained(folder).model_type)


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(3, LENGTH + 1, (9,), generator=generator)
    mask = (torch.arange(LENGTH) < lengths[:, None]).long()
    ids = torch.randint(2, VOCABULARY, mask.shape, generator=generator)
    return ids.masked_fill(mask == 0, PAD), mask


@pytest.mark.parametrize("noisy", [False, True])
def test_outputs_and_gradients_are_those_of_the_padded_batch(
    noisy: bool, folder: Path, batch: tuple[Tensor, Tensor]
) -> None:
    ids, mask = batch
    config = EncoderConfig(source="hub", name=str(folder), pooling="mean", max_length=LENGTH)
    encoder = SentenceEncoder(config, VOCABULARY, PAD).double().eval()
    plain = AutoModel.from_pretrained(folder, attn_implementation="eager").double().eval()
    noise = torch.randn(*ids.shape, encoder.word_embedding_size, dtype=torch.float64) if noisy else None
    inputs = (
        {"input_ids": ids} if noise is None else {"inputs_embeds": plain.get_input_embeddings()(ids) + noise}
    )
    states = plain(**inputs, attention_mask=mask).last_hidden_state
    theirs = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    seen: list[int] = []
    handle = encoder.bert.get_input_embeddings().register_forward_hook(
        lambda module, given, output: seen.append(output.shape[1])
    )
    ours = encoder(ids, mask, noise)
    handle.remove()
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11)
    if noise is None:
        assert seen == [int(mask.sum())]  # no padding went through
    weights = torch.randn_like(ours)
    names = {name for name, _ in encoder.bert.named_parameters()}
    own, other = dict(encoder.bert.named_parameters()), dict(plain.named_parameters())
    assert names <= other.keys()
    mine = torch.autograd.grad((ours * weights).sum(), [own[n] for n in sorted(names)], allow_unused=True)
    yours = torch.autograd.grad(
        (theirs * weights).sum(), [other[n] for n in sorted(names)], allow_unused=True
    )
    for name, one, two in zip(sorted(names), mine, yours, strict=True):
        assert (one is None) == (two is None), name
        if one is not None:
            torch.testing.assert_close(one, two, rtol=1e-7, atol=1e-9, msg=name)


@pytest.mark.parametrize("noisy", [False, True])
def test_token_types_are_those_of_the_encoder(
    noisy: bool, folder: Path, batch: tuple[Tensor, Tensor]
) -> None:
    ids, mask = batch
    types = ((torch.arange(LENGTH) > 2) * mask).long()
    config = EncoderConfig(source="hub", name=str(folder), pooling="mean", max_length=LENGTH)
    encoder = SentenceEncoder(config, VOCABULARY, PAD).eval()
    plain = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    has_types = folder_kind(folder) not in {"distilbert", "mpnet"}
    noise = torch.randn(*ids.shape, encoder.word_embedding_size) if noisy else None
    inputs = (
        {"input_ids": ids} if noise is None else {"inputs_embeds": plain.get_input_embeddings()(ids) + noise}
    )
    given = inputs | ({"token_type_ids": types} if has_types else {})
    states = plain(**given, attention_mask=mask).last_hidden_state
    theirs = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    ours = encoder(ids, mask, noise, token_types=types)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    assert torch.equal(ours, encoder(ids, mask, noise)) != has_types


def test_gradient_checkpointing_changes_nothing(folder: Path, batch: tuple[Tensor, Tensor]) -> None:
    config = EncoderConfig(source="hub", name=str(folder), pooling="mean", max_length=LENGTH, dropout=0.0)
    found = []
    for checkpointing in (False, True):
        encoder = SentenceEncoder(config, VOCABULARY, PAD).train()
        if not encoder.bert.supports_gradient_checkpointing:
            pytest.skip(f"transformers has none for {encoder.bert.config.model_type}")
        if checkpointing:
            encoder.bert.activation_checkpointing_enable()
        encoder(*batch).square().sum().backward()
        found.append({name: p.grad for name, p in encoder.bert.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[0].items():
        torch.testing.assert_close(gradient, found[1][name], msg=name)


def test_an_encoder_of_another_kind_is_known_by_its_name(tmp_path: Path) -> None:
    settings = {name: value for name, value in SMALL.items() if name != "max_position_embeddings"}
    given = settings | {
        "max_position_embeddings": 512,
        "relative_attention": True,
        "pos_att_type": ["p2c", "c2p"],
    }
    AutoModel.from_config(AutoConfig.for_model("deberta-v2", **given)).save_pretrained(tmp_path)
    config = EncoderConfig.model_validate({"source": "hub", "name": str(tmp_path), "max_length": LENGTH})
    encoder = SentenceEncoder(config, VOCABULARY, PAD)
    assert encoder.padded_kind(torch.device("cpu")) == "deberta-v2"
    assert encoder.padded_kind(torch.device("cuda")) is None
    assert SentenceEncoder(EncoderConfig(), VOCABULARY, PAD).padded_kind(torch.device("cpu")) is None
