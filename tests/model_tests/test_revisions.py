"""At which settings a trial is not gone on from a checkpoint of earlier versions, and at which it is."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing
from transformers import AutoConfig, AutoModel

from model import trainer
from model.config import EncoderConfig, TrainConfig
from model.data.tokenizer import SentenceTokenizer, build_tokenizer
from model.data.tokens import tokenise
from model.errors import OutdatedCheckpointError
from model.network.multitask import MultitaskEncoder
from model.revisions import revised
from tests.model_tests.made import PAIRS, TASKS, TINY, config

SIZES: dict[str, Any] = {
    **{"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4},
    **{"intermediate_size": 16, "max_position_embeddings": 40, "pad_token_id": 0},
}
KINDS: dict[str, dict[str, Any]] = {
    "bert": {},
    "convbert": {"embedding_size": 16},
    "electra": {"embedding_size": 8},
    "modernbert": {"bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2},
    "gpt_neox": {},
    "mpnet": {},
}


def trial(folder: Path, kind: str, settings: dict[str, Any]) -> TrainConfig:
    AutoModel.from_config(AutoConfig.for_model(kind, **SIZES | KINDS[kind])).save_pretrained(folder)
    encoder = {"source": "hub", "name": str(folder), "max_length": 16, "pooling": "mean"}
    given = {name: value for name, value in settings.items() if name != "encoder"}
    return config(tasks=TASKS, encoder=encoder | settings.get("encoder", {}), **given)


def tokenizer(single: str = "[CLS] $A [SEP]", pair: str = "[CLS] $A [SEP] $B [SEP]") -> SentenceTokenizer:
    made = build_tokenizer(EncoderConfig(max_length=16), [*PAIRS.texts[0], *PAIRS.texts[1]])
    backend = Tokenizer.from_str(made.backend.to_str())
    backend.post_processor = TemplateProcessing(
        single=single, pair=pair, special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return SentenceTokenizer(backend, 0, 16)


def found(given: TrainConfig, folder: Path, cut: SentenceTokenizer, joint: bool = False) -> tuple[str, ...]:
    task = TASKS["sts"].model_copy(update={"pair_encoding": "joint" if joint else "apart"})
    train = {"sts": tokenise(task, PAIRS, cut, folder / "cache")}
    return revised(given, MultitaskEncoder(given, 60, 0), train, cut)


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        ("bert", {"mask_words": 0.1, "word_dropout": 0.1, "pair_layer": "relu"}, ()),
        ("bert", {"encoder": {"freeze": 1}, "layer_decay": 0.9}, ()),
        ("bert", {"encoder": {"reinitialize": 1}, "precision": "bf16"}, ()),
        ("bert", {"pair_layer": "relu", "precision": "bf16"}, ("pair_layer",)),
        ("electra", {}, ()),
        ("electra", {"encoder": {"freeze": "embeddings"}}, ("embeddings",)),
        ("electra", {"encoder": {"freeze": "all"}}, ()),
        ("electra", {"layer_decay": 0.9}, ("embeddings",)),
        ("electra", {"encoder": {"lora": {"rank": 2}}, "layer_decay": 0.9}, ()),
        ("mpnet", {"encoder": {"freeze": 1}}, ("embeddings",)),
        ("mpnet", {"encoder": {"reinitialize": 1}, "layer_decay": 0.9}, ()),
        ("modernbert", {"encoder": {"reinitialize": 1}}, ("drawn",)),
        ("modernbert", {"layer_decay": 0.9}, ()),
        ("bert", {"encoder": {"dropout": 0.3}}, ()),
        ("modernbert", {"encoder": {"dropout": 0.3}}, ()),
        ("gpt_neox", {"encoder": {"dropout": 0.3}}, ("dropout",)),
        ("gpt_neox", {}, ()),
        ("convbert", {"weight_decay": 0.01}, ("biases",)),
        ("convbert", {"weight_decay": 0.0}, ()),
        ("convbert", {"weight_decay": 0.01, "encoder": {"freeze": "all"}}, ()),
    ],
)
def test_only_what_was_computed_otherwise_is_named(
    kind: str, settings: dict[str, Any], expected: tuple[str, ...], tmp_path: Path
) -> None:
    assert found(trial(tmp_path, kind, settings), tmp_path, tokenizer()) == expected


@pytest.mark.parametrize("setting", ["mask_words", "word_dropout", "swap_pairs"])
def test_words_at_the_ends_are_a_matter_of_the_tokenizer(setting: str, tmp_path: Path) -> None:
    given = trial(tmp_path, "bert", {setting: 0.1})
    other = () if setting == "swap_pairs" else ("edges",)
    assert found(given, tmp_path, tokenizer()) == ()
    assert found(given, tmp_path, tokenizer("$A [SEP]")) == other
    assert found(given, tmp_path, tokenizer("$A [SEP]"), joint=True) == ()
    assert found(given, tmp_path, tokenizer(pair="$A [SEP] $B"), joint=True) == other


def test_a_trial_that_an_earlier_arithmetic_began_is_not_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = config(encoder=TINY, epochs=2, steps_per_epoch=1)
    begun = trainer.train(given, tmp_path / "run", data=None, cache=tmp_path / "cache")
    next(begun)
    begun.close()
    monkeypatch.setattr(trainer, "revised", lambda *given: ("edges",))
    again = trainer.train(given, tmp_path / "run", data=None, cache=tmp_path / "cache")
    with pytest.raises(OutdatedCheckpointError, match="by an earlier arithmetic of its gradient method"):
        next(again)
    monkeypatch.undo()
    torch.manual_seed(1)
    assert len(list(trainer.train(given, tmp_path / "run", data=None, cache=tmp_path / "cache"))) == 2
