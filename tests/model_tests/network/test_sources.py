"""What a pretrained encoder is loaded from, and how long a sequence it takes: as many tokens as positions."""

import json
from pathlib import Path

import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedConfig,
    PreTrainedModel,
    RobertaConfig,
    RobertaModel,
    XLNetConfig,
    XLNetModel,
)

from model.config import EncoderConfig
from model.data.tokenizer import build_tokenizer
from model.errors import EncoderError
from model.network.encoder import SentenceEncoder

SIZE = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
NARROW = SIZE | {"intermediate_size": 16, "max_position_embeddings": 20}


def saved(folder: Path, kind: type[PreTrainedModel], made: PreTrainedConfig) -> str:
    torch.manual_seed(0)
    kind(made).save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize(
    ("kind", "settings", "longest"),
    [
        (BertModel, BertConfig(**NARROW), 20),
        (DistilBertModel, DistilBertConfig(vocab_size=40, dim=16, n_layers=1, n_heads=2, hidden_dim=16), 512),
        (RobertaModel, RobertaConfig(**NARROW, pad_token_id=1), 18),
        (MPNetModel, MPNetConfig(**NARROW, pad_token_id=1), 18),
    ],
)
def test_max_length_is_what_there_are_positions_for(
    kind: type[PreTrainedModel], settings: PreTrainedConfig, longest: int, tmp_path: Path
) -> None:
    name = saved(tmp_path, kind, settings)
    encoder = SentenceEncoder(EncoderConfig(source="hub", name=name, max_length=longest), 40, 1).eval()
    ids = torch.full((1, longest), 5)
    assert encoder(ids, torch.ones_like(ids)).isfinite().all()
    if longest < 512:
        more = EncoderConfig(source="hub", name=name, max_length=longest + 1)
        with pytest.raises(EncoderError, match=f"max_length {longest + 1} is beyond the {longest} positions"):
            SentenceEncoder(more, 40, 1)


def test_an_encoder_that_says_no_limit_has_none(tmp_path: Path) -> None:
    """XLNet, which says -1."""
    name = saved(
        tmp_path, XLNetModel, XLNetConfig(vocab_size=40, d_model=16, n_layer=1, n_head=2, d_inner=16)
    )
    encoder = SentenceEncoder(
        EncoderConfig(source="hub", name=name, max_length=40, pooling="mean"), 40, 0
    ).eval()
    ids = torch.full((1, 40), 5)
    assert encoder(ids, torch.ones_like(ids)).isfinite().all()


def test_a_home_that_is_not_known_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no model could be loaded from '~nobody-of-this-name/model'"):
        SentenceEncoder(EncoderConfig(source="hub", name="~nobody-of-this-name/model"), 40, 0)


def bert(folder: Path, **changes: object) -> EncoderConfig:
    """A model whose config.json says something else than its weights."""
    name = saved(folder, BertModel, BertConfig(**NARROW))
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | changes))
    return EncoderConfig(source="hub", name=name, max_length=16)


@pytest.mark.parametrize("content", [b"", b"\xff" * 1000, None])
def test_damaged_weights_are_no_model(content: bytes | None, tmp_path: Path) -> None:
    given, weights = bert(tmp_path), tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500] if content is None else content)
    with pytest.raises(EncoderError, match=r"no model could be loaded from .*: Error while deserializing"):
        SentenceEncoder(given, 40, 0)


def test_weights_of_another_size_are_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"are of other sizes than its config.json says"):
        SentenceEncoder(bert(tmp_path, hidden_size=32), 40, 0)


def test_a_layer_that_was_not_published_does_not_begin_at_random_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    SentenceEncoder(bert(tmp_path / "two", num_hidden_layers=2), 40, 0)
    (said,) = caplog.messages
    assert said.startswith("encoder.name: 16 weights are not in the files of")
    assert said.endswith("begin at random, such as encoder.layer.1.attention.output.LayerNorm.bias")
    caplog.clear()
    SentenceEncoder(bert(tmp_path / "one"), 40, 0)
    bare(tmp_path / "bare")
    assert not caplog.messages


def bare(folder: Path, **settings: object) -> SentenceEncoder:
    """One that was published without the layer on [CLS]."""
    BertModel(BertConfig(**NARROW), add_pooling_layer=False).save_pretrained(folder)
    given = {"source": "hub", "name": str(folder), "max_length": 16}
    return SentenceEncoder(EncoderConfig.model_validate(given | settings), 40, 0)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"freeze": "all"}, "encoder.freeze all"),
        ({"lora": {"rank": 2}}, "encoder.lora.rank 2"),
        ({"freeze": "all", "pooling": "mean"}, None),
        ({"freeze": "embeddings"}, None),
    ],
)
def test_a_layer_that_stays_at_random_is_told(
    settings: dict[str, object], why: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = bare(tmp_path, **settings)
    learns = [one.requires_grad for name, one in encoder.bert.named_parameters() if "pooler" in name]
    assert any(learns) == (why is None and settings.get("pooling") != "mean")
    if why is None:
        assert not caplog.messages
        return
    said = f"is not in the files of {str(tmp_path)!r}, and with {why} it stays as it is drawn at random"
    (message,) = caplog.messages
    assert said in message
    assert message.endswith("set encoder.pooling: mean")


def test_code_that_comes_with_a_model_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is anybody asked whether it may be."""
    name, asked = str(tmp_path), []
    (tmp_path / "foreign.py").write_text("raise ImportError('it ran')\n")
    mapped = {"AutoConfig": "foreign.Config", "AutoTokenizer": [None, "foreign.Tokenizer"]}
    content = json.dumps({"model_type": "foreign", "tokenizer_class": "Foreign", "auto_map": mapped})
    for file in ("config.json", "tokenizer_config.json"):
        (tmp_path / file).write_text(content)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "y")
    given = EncoderConfig(source="hub", name=name, max_length=16)
    said = f"could be loaded from '{name}': it takes code that comes with it, which is not run"
    with pytest.raises(EncoderError, match=f"encoder.name: no model {said}"):
        SentenceEncoder(given, 40, 0)
    with pytest.raises(EncoderError, match=f"encoder.name: no tokenizer {said}"):
        build_tokenizer(given, [])
    assert not asked
