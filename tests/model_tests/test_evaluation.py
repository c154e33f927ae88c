"""Pairs in one sequence are scored as transformers and torch score them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from model.data.corpus import load_corpus
from model.data.rows import check
from model.evaluation import predictions
from model.files import RunFolder
from model.network.multitask import MultitaskEncoder
from model.predictions import read_predictions
from model.predictor import Predictor
from model.pretrained import minilm_folder
from model.trainer import train
from tests.model_tests.made import DEMO, TINY, config, needs_minilm

JOINT = {
    name: {**task.model_dump(), "pair_encoding": "joint", "head": "mlp", "loss": "ce"}
    for name, task in DEMO.items()
    if task.kind == "pair"
}


def dev_texts(name: str) -> tuple[tuple[str, ...], ...]:
    return check(config(tasks=JOINT), None)[name]["dev"].texts


@pytest.mark.parametrize(
    ("encoder", "max_length"),
    [(TINY, 128), (TINY, 12), pytest.param({"source": "minilm", "pooling": "mean"}, 128, marks=needs_minilm)],
)
@torch.inference_mode()
def test_outputs_are_those_of_a_plain_forward(
    encoder: dict[str, Any], max_length: int, tmp_path: Path
) -> None:
    given = config(tasks=JOINT, encoder=encoder | {"max_length": max_length})
    corpus = load_corpus(given, None, tmp_path)
    tokenizer, device = corpus.tokenizer, torch.device("cpu")
    torch.manual_seed(0)
    model = MultitaskEncoder(given, tokenizer.vocabulary_size, tokenizer.pad_id)
    for parameter in model.parameters():
        parameter.add_(torch.randn_like(parameter), alpha=0.03 if "source" in encoder else 0.2)
    found = predictions(model, corpus.dev, tokenizer.pad_id, device)
    if "source" in encoder:
        theirs = AutoTokenizer.from_pretrained(minilm_folder(), use_fast=True)
    else:
        theirs = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer.from_str(tokenizer.backend.to_str()), pad_token="[PAD]"
        )
    model.encoder.bert.save_pretrained(tmp_path / "plain")
    plain = AutoModel.from_pretrained(tmp_path / "plain", attn_implementation="eager").eval()
    for name in JOINT:
        first, second = dev_texts(name)
        tokens = theirs(
            list(first), list(second), truncation="longest_first", max_length=max_length,
            padding=True, return_token_type_ids=True, return_tensors="pt",
        )  # fmt: skip
        output = plain(**tokens)
        pooled = output.pooler_output
        if "source" in encoder:
            mask = tokens["attention_mask"].unsqueeze(-1)
            pooled = (output.last_hidden_state * mask).sum(1) / mask.sum(1)
        expected = model.heads[name].layers(pooled)
        assert np.abs(found[name].scores - expected.numpy()).max() < 1e-5
        assert float(expected.std()) > 0.01


def test_a_predictor_says_what_the_trainer_stored(tmp_path: Path) -> None:
    given = config(tasks=JOINT | {"sst": DEMO["sst"]}, encoder=TINY | {"max_length": 16}, epochs=1)
    list(train(given, tmp_path / "run", data=None, cache=tmp_path / "cache"))
    corpus = load_corpus(given, None, tmp_path / "cache")
    folder = RunFolder(tmp_path / "run")
    stored = read_predictions(folder.predictions)
    predictor = Predictor(given, corpus.tokenizer, folder.weights, threads=1)
    for name in JOINT:
        answers = predictor.predict(name, dev_texts(name))
        assert np.array_equal(answers.values, stored[name].predicted)
