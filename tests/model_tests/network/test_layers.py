"""Layers that have rates of their own, and layers that are drawn anew."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from transformers import (
    AlbertConfig,
    AlbertModel,
    AutoConfig,
    AutoModel,
    BartConfig,
    BartModel,
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2Model,
    MPNetConfig,
    MPNetModel,
    PretrainedConfig,
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


KINDS: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 16},
    "bert": {},
    "convbert": {"embedding_size": 16},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "norm_rel_ebd": "layer_norm"},
    "electra": {"embedding_size": 16},
    "eurobert": {"bos_token_id": 1, "eos_token_id": 2},
    "gemma2": {"head_dim": 16, "num_key_value_heads": 2},
    "mobilebert": {"embedding_size": 16, "intra_bottleneck_size": 32},
    "modernbert": {"bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2},
    "mpnet": {},
    "rembert": {"input_embedding_size": 16},
}


def published(kind: str, folder: Path) -> PretrainedConfig:
    """A small encoder of a kind in a folder, nothing of which stands where it would be drawn."""
    settings = AutoConfig.for_model(kind, **SMALL | {"pad_token_id": 0} | KINDS[kind])
    model = AutoModel.from_config(settings)
    for parameter in model.parameters():
        nn.init.uniform_(parameter, 0.2, 0.3)
    model.save_pretrained(folder)
    return settings


@pytest.mark.parametrize("freeze", ["embeddings", 2])
@pytest.mark.parametrize("kind", ["bert", "convbert", "deberta-v2", "electra", "mpnet", "rembert"])
@torch.no_grad()
def test_what_is_frozen_says_what_it_said(kind: str, freeze: str | int, tmp_path: Path) -> None:
    """By the hidden states that `transformers` gives of it, however far all moves that learns."""
    published(kind, tmp_path)
    made = encoder(tmp_path, pooling="mean", freeze=freeze)
    plain = AutoModel.from_pretrained(tmp_path, attn_implementation="eager").eval()
    ids = torch.tensor([[5, 6, 7, 8, 9]])
    before = plain(input_ids=ids, output_hidden_states=True).hidden_states
    torch.manual_seed(0)
    for parameter in made.parameters():
        if parameter.requires_grad:
            parameter.add_(torch.randn_like(parameter) / 10)
    plain.load_state_dict(made.bert.state_dict(), strict=False)
    after = plain(input_ids=ids, output_hidden_states=True).hidden_states
    layers = freeze if isinstance(freeze, int) else 0
    same = [torch.equal(one, other) for one, other in zip(before, after, strict=True)]
    assert same == [True] * (layers + 1) + [False] * (4 - layers)


def test_embeddings_of_relative_positions_and_what_widens_are_embeddings(tmp_path: Path) -> None:
    expected = {
        "albert": {"encoder.embedding_hidden_mapping_in"},
        "bert": set(),
        "deberta-v2": {"encoder.rel_embeddings", "encoder.LayerNorm"},
        "mpnet": {"encoder.relative_attention_bias"},
    }
    for kind, parts in expected.items():
        published(kind, tmp_path / kind)
        made = encoder(tmp_path / kind, pooling="mean", freeze="embeddings").bert
        frozen = {name.rpartition(".")[0] for name, one in made.named_parameters() if not one.requires_grad}
        assert {name for name in frozen if not name.startswith("embeddings.")} == parts


@pytest.mark.parametrize("kind", ["convbert", "electra"])
def test_the_rates_are_those_of_electra_s_authors(kind: str, tmp_path: Path) -> None:
    """The depths of `_get_layer_lrs` in google-research/electra, less the two steps above the layers."""
    published(kind, tmp_path)
    made = encoder(tmp_path, pooling="mean")
    groups = build_optimizer(made, nn.Identity(), trial(layer_decay=0.5)).param_groups
    rates = {id(parameter): group["scale"] for group in groups for parameter in group["params"]}
    depths = {"embeddings": 0, "embeddings_project": 0} | {f"encoder.layer.{n}": n + 1 for n in range(4)}
    seen = set()
    for name, parameter in made.bert.named_parameters():
        (part,) = [part for part in depths if name.startswith(f"{part}.")]
        assert rates[id(parameter)] == 0.5 ** (4 - depths[part]), name
        seen.add(part)
    assert seen == {*depths}


@pytest.mark.parametrize("kind", ["eurobert", "gemma2", "mobilebert", "modernbert"])
def test_a_kind_s_own_way_of_drawing_is_that_of_transformers(kind: str, tmp_path: Path) -> None:
    settings = published(kind, tmp_path)
    torch.manual_seed(1)
    made = encoder(tmp_path, pooling="mean", reinitialize=2)
    assert made.redrawn
    fresh, plain = (
        dict(one.named_parameters())
        for one in (AutoModel.from_config(settings), AutoModel.from_pretrained(tmp_path))
    )
    for name, drawn in made.bert.named_parameters():
        one, kept = fresh[name], plain[name]
        if re.search(r"\blayers?\.[23]\.", name) is None:
            assert torch.equal(drawn, kept), name
        elif one.unique().numel() == 1:
            assert torch.equal(drawn, one), name
        else:
            assert drawn.std().item() == pytest.approx(one.std().item(), rel=0.1), name
            assert drawn.abs().max().item() <= 1.3 * one.abs().max().item(), name


def test_a_bert_has_no_way_of_its_own(bert: Path) -> None:
    assert not encoder(bert, reinitialize=2).redrawn
    assert not encoder(bert).redrawn


@pytest.mark.parametrize("settings", [{"freeze": 1}, {"reinitialize": 1}, {"lora": {"rank": 2}}])
def test_a_decoder_s_layers_are_not_those_below_it(settings: dict[str, Any], tmp_path: Path) -> None:
    """A BART's output is that of its decoder, and its encoder's layers were taken for the top ones."""
    small = {f"{part}_{what}": 2 for part in ("encoder", "decoder") for what in ("layers", "attention_heads")}
    given = BartConfig(vocab_size=60, d_model=16, encoder_ffn_dim=16, decoder_ffn_dim=16, **small)
    BartModel(given).save_pretrained(tmp_path)
    with pytest.raises(EncoderError, match="a bart has a decoder behind its encoder"):
        encoder(tmp_path, pooling="mean", **settings)
    with pytest.raises(EncoderError, match=r"layer_decay 0.5: a bart has a decoder behind its encoder"):
        build_optimizer(encoder(tmp_path, pooling="mean"), nn.Linear(16, 2), trial(layer_decay=0.5))
