"""Layers that have rates of their own, and layers that are drawn anew."""

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from transformers import (
    AlbertConfig,
    AlbertModel,
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2Model,
    MPNetConfig,
    MPNetModel,
)

from model.config import EncoderConfig, TrainConfig
from model.errors import EncoderError
from model.network.encoder import SentenceEncoder
from model.network.layers import layers_of
from model.optim import build_optimizer, set_learning_rate
from tests.model_tests.made import DEMO

SMALL = {
    "vocab_size": 60,
    "hidden_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "max_position_embeddings": 40,
}


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    model = BertModel(BertConfig(**SMALL))
    for parameter in model.parameters():  # nothing stands where it would be drawn
        nn.init.uniform_(parameter, 2, 3)
    model.save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"


def encoder(folder: Path, **settings: object) -> SentenceEncoder:
    given = {"source": "hub", "name": str(folder), "max_length": 16} | settings
    return SentenceEncoder(EncoderConfig.model_validate(given), 60, 0)


def trial(**settings: object) -> TrainConfig:
    return TrainConfig.model_validate({"tasks": DEMO} | settings)


def test_the_rate_falls_from_layer_to_layer(bert: Path) -> None:
    made = encoder(bert)
    heads = nn.Linear(64, 2)
    settings = {"optimizer": "sgd", "weight_decay": 0.0, "layer_decay": 0.5, "head_learning_rate_scale": 3.0}
    optimizer = build_optimizer(made, heads, trial(**settings))
    set_learning_rate(optimizer, 0.1)
    before = {name: parameter.detach().clone() for name, parameter in made.named_parameters()}
    for parameter in [*made.parameters(), *heads.parameters()]:
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    moved = {
        name: float((before[name] - parameter).mean().detach()) for name, parameter in made.named_parameters()
    }
    expected = {"embeddings.": 0.5**4, "pooler.": 1.0} | {
        f"layer.{number}.": 0.5 ** (3 - number) for number in range(4)
    }
    for name, distance in moved.items():
        (scale,) = [scale for part, scale in expected.items() if part in f"{name}."]
        assert distance == pytest.approx(0.1 * scale, rel=1e-4), name
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(before) + 2


def test_no_decay_leaves_the_groups_as_they_were(bert: Path) -> None:
    optimizer = build_optimizer(encoder(bert), nn.Linear(64, 2), trial())
    assert [group["scale"] for group in optimizer.param_groups] == [1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_the_top_layers_are_drawn_anew(pooling: str, bert: Path) -> None:
    torch.manual_seed(1)
    plain = dict(encoder(bert, pooling=pooling).bert.named_parameters())
    drawn = dict(encoder(bert, pooling=pooling, reinitialize=2).bert.named_parameters())
    assert plain.keys() == drawn.keys()
    anew = {name for name in plain if not torch.equal(plain[name], drawn[name])}
    tops = ("layer.2.", "layer.3.", "pooler.")
    assert anew == {name for name in plain if any(top in name for top in tops)}
    for name in anew:
        values = drawn[name]
        if values.ndim == 2:
            assert values.std().item() == pytest.approx(0.02, rel=0.1)
            assert abs(values.mean().item()) < 0.002
        else:
            assert values.unique().tolist() == [1.0 if "LayerNorm.weight" in name else 0.0]


def test_a_relative_attention_s_layers_are_found() -> None:
    assert len(layers_of(MPNetModel(MPNetConfig(**SMALL)), "layer_decay 0.9")) == 4


def test_layers_that_are_shared_have_no_rates() -> None:
    with pytest.raises(EncoderError, match=r"layer_decay 0\.9: in a albert it is not known what that is"):
        layers_of(AlbertModel(AlbertConfig(**SMALL)), "layer_decay 0.9")


def test_more_layers_than_there_are(bert: Path) -> None:
    with pytest.raises(EncoderError, match=r"encoder\.reinitialize 5: it has 4 layers"):
        encoder(bert, reinitialize=5)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"source": "tiny", "reinitialize": 1}, "a tiny one is drawn as a whole"),
        ({"source": "minilm", "reinitialize": 1, "freeze": "all"}, "freeze is all"),
    ],
)
def test_what_is_not_drawn_anew(settings: dict[str, object], said: str) -> None:
    with pytest.raises(
        ValidationError, match=f"reinitialize 1 is for a pretrained encoder that learns; {said}"
    ):
        EncoderConfig.model_validate(settings)


def test_layers_that_are_gone_through_twice_are_none_of_their_own(tmp_path: Path) -> None:
    """Each layer of this ALBERT is both of its inner ones."""
    two = SMALL | {"num_hidden_layers": 2, "inner_group_num": 2, "embedding_size": 16}
    AlbertModel(AlbertConfig(**two)).save_pretrained(tmp_path / "albert")
    for settings in ({"freeze": 1}, {"reinitialize": 1}):
        with pytest.raises(
            EncoderError, match=r"no ModuleList of `config.num_hidden_layers` layers of their"
        ):
            encoder(tmp_path / "albert", **settings)
    with pytest.raises(EncoderError, match=r"layer_decay 0.5: in a albert it is not known"):
        build_optimizer(encoder(tmp_path / "albert"), nn.Linear(64, 2), trial(layer_decay=0.5))
    model = BertModel(BertConfig(**SMALL))
    model.encoder.layer[3] = model.encoder.layer[2]
    with pytest.raises(EncoderError, match="layers of their own"):
        layers_of(model, "layer_decay")


def test_what_it_does_not_know_how_to_draw_it_does_not_leave_silently(tmp_path: Path) -> None:
    """GPT-2's layers are of a class of their own, and stayed as they were."""
    settings = GPT2Config(vocab_size=60, n_embd=16, n_layer=2, n_head=2, n_positions=40)
    GPT2Model(settings).save_pretrained(tmp_path / "gpt2")
    with pytest.raises(EncoderError, match="reinitialize 1: how the weights of its Conv1D are drawn is not"):
        encoder(tmp_path / "gpt2", reinitialize=1)
    with pytest.raises(EncoderError, match=r"lora.rank 2: the layers of a gpt2 have no linear layer"):
        encoder(tmp_path / "gpt2", lora={"rank": 2})
