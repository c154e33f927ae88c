"""Encoders of own code: what they are given, and what is refused."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import BaseModel, Field, ValidationError
from transformers import BertConfig, BertModel

from model.config import EncoderConfig
from model.data.tokenizer import build_tokenizer
from model.encoders import ENCODERS, Encoder
from model.errors import EncoderError
from model.features import Features
from model.network.encoder import SentenceEncoder
from model.registry import adding


class Options(BaseModel):
    heads: int = Field(2, ge=1)


class Doubled(BertModel):
    """A BERT of own code, whose states are twice those of a BERT."""

    def forward(self, *given: Any, **more: Any) -> Any:
        output = super().forward(*given, **more)
        output.last_hidden_state = 2 * output.last_hidden_state
        return output


def made(
    kind: type[BertModel], config: EncoderConfig, vocabulary_size: int, pad_id: int, heads: int
) -> BertModel:
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_attention_heads": heads, "num_hidden_layers": 1, "intermediate_size": 8}
    longest = config.max_length
    return kind(
        BertConfig(vocab_size=vocabulary_size, pad_token_id=pad_id, max_position_embeddings=longest, **sizes)
    )


@pytest.fixture
def add() -> Iterator[Callable[..., None]]:
    with adding("mine.py"):
        yield lambda name, *given, **more: ENCODERS.add(name, Encoder("mine", *given, **more))
    for name in [*ENCODERS.foreign]:
        ENCODERS.remove(name)


def test_its_own_arithmetic_is_computed_and_not_that_of_what_it_is_derived_from(
    add: Callable[..., None],
) -> None:
    add("plain", lambda *given, **more: made(BertModel, *given, **more), options=Options)
    add("doubled", lambda *given, **more: made(Doubled, *given, **more), options=Options)
    ids, mask = torch.tensor([[1, 2, 3], [4, 0, 0]]), torch.tensor([[1, 1, 1], [1, 0, 0]])
    plain, doubled = (
        SentenceEncoder(EncoderConfig(source=name, pooling="mean"), 20, 0).eval()
        for name in ("plain", "doubled")
    )
    torch.testing.assert_close(doubled(ids, mask), 2 * plain(ids, mask))
    assert doubled.padded_kind(torch.device("cpu")) is None
    assert doubled.revision(torch.device("cpu")) == 1


def test_it_is_given_its_options_and_a_vocabulary_from_the_training_text(add: Callable[..., None]) -> None:
    add("own", lambda *given, **more: made(BertModel, *given, **more), options=Options)
    config = EncoderConfig(source="own", source_options={"heads": 4}, vocabulary=100)
    tokenizer = build_tokenizer(config, ["a fine film", "a film"])
    tiny = build_tokenizer(EncoderConfig(vocabulary=100), ["a fine film", "a film"])
    assert tokenizer.fingerprint() == tiny.fingerprint()
    encoder = SentenceEncoder(config, tokenizer.vocabulary_size, tokenizer.pad_id)
    assert encoder.bert.config.num_attention_heads == 4
    assert encoder.bert.get_input_embeddings().weight.shape == (tokenizer.vocabulary_size, 8)


def test_embeddings_that_are_kept_are_those_of_one_code_and_its_options(
    add: Callable[..., None], tmp_path: Path
) -> None:
    class Times(BaseModel):
        factor: float = 1.0

    def network(config: EncoderConfig, size: int, pad_id: int, factor: float) -> BertModel:
        return made(Doubled if factor == 2 else BertModel, config, size, pad_id, heads=2)

    add("times", network, options=Times)
    keys = []
    for factor in (1.0, 2.0):
        encoder = SentenceEncoder(EncoderConfig(source="times", source_options={"factor": factor}), 20, 0)
        keys.append(Features(encoder, 0, torch.device("cpu"), tmp_path)._key)
        twin = SentenceEncoder(EncoderConfig(source="times", source_options={"factor": factor}), 20, 0)
        assert Features(twin, 0, torch.device("cpu"), tmp_path)._key == keys[-1]
    assert keys[0] != keys[1]


def test_it_may_bring_its_tokenizer(add: Callable[..., None]) -> None:
    brought = build_tokenizer(EncoderConfig(max_length=7), ["a"])
    add("own", print, lambda config, texts: brought)
    add("bad", print, lambda config, texts: "words")
    assert build_tokenizer(EncoderConfig(source="own"), ["b"]) is brought
    with pytest.raises(EncoderError, match="bad: its tokenizer is a str, expected a SentenceTokenizer"):
        build_tokenizer(EncoderConfig(source="bad"), [])


@pytest.mark.parametrize(
    ("network", "settings", "said"),
    [
        (
            lambda *_: torch.nn.Linear(1, 1),
            {},
            "its network is a Linear, expected a transformers.Pre",
        ),
        (lambda *given: made(BertModel, *given, heads=2), {"freeze": 1}, "it has 1 layers"),
    ],
)
def test_what_it_cannot_be_asked_for_is_refused(
    add: Callable[..., None], network: Any, settings: dict[str, Any], said: str
) -> None:
    add("own", network)
    with pytest.raises(EncoderError, match=said):
        SentenceEncoder(EncoderConfig(source="own", **settings), 20, 0)


def test_names_and_options_are_checked(add: Callable[..., None]) -> None:
    add("own", print, options=Options)
    with pytest.raises(ValidationError, match="'tiny', 'minilm', 'hub' or 'own'"):
        EncoderConfig(source="onw")
    with pytest.raises(ValidationError, match="head"):
        EncoderConfig(source="own", source_options={"head": 1})
    with pytest.raises(ValidationError, match="source_options heads is for source own; source is tiny"):
        EncoderConfig(source_options={"heads": 1})
    with pytest.raises(TypeError, match="source 'no' must be a Encoder"), adding("mine.py"):
        ENCODERS.add("no", print)  # type: ignore[arg-type]
