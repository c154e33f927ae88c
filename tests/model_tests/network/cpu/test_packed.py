"""Encoders of each kind give for a packed batch what they give for a padded one."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import AutoConfig, AutoModel

from model.config import EncoderConfig
from model.network.cpu.packed import KINDS
from model.network.encoder import SentenceEncoder
from tests.model_tests.network.cpu.kinds import LENGTH, PAD, SMALL, VOCABULARY, batch, written


@pytest.fixture(params=sorted(KINDS - {"bert"}))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A small encoder of a kind, with random weights."""
    return written(request.param, tmp_path)


@pytest.fixture(name="batch")
def given_batch() -> tuple[Tensor, Tensor]:
    return batch()


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
    has_types = AutoConfig.from_pretrained(folder).model_type not in {"distilbert", "mpnet"}
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


def test_albert_s_layer_on_cls_sees_that_token_alone(tmp_path: Path) -> None:
    ids, mask = batch()
    config = EncoderConfig(source="hub", name=str(written("albert", tmp_path)), max_length=LENGTH)
    ours = SentenceEncoder(config, VOCABULARY, PAD).double().eval()(ids, mask)
    plain = AutoModel.from_pretrained(tmp_path, attn_implementation="eager").double().eval()
    theirs = plain(input_ids=ids, attention_mask=mask).pooler_output
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11)
