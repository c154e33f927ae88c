"""An encoder of own code whose vocabulary comes from the training text: trained, predicted, refused."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from scipy.special import softmax

from model.data.rows import read
from model.plugins.load import load
from model.predictions import read_predictions
from sweeper.study.load import load_study
from tests.sweeper_tests.typed import Command, write

OWN = """
from transformers import BertConfig, BertModel
from model.data.tokenizer import SentenceTokenizer, wordpiece
from model.encoders import ENCODERS, Encoder

def network(config, vocabulary_size, pad_id):
    sizes = {"hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": 8}
    return BertModel(BertConfig(vocab_size=vocabulary_size, pad_token_id=pad_id, **sizes))

def tokenizer(config, texts):
    return SentenceTokenizer(wordpiece(texts, 200), 0, config.max_length)

ENCODERS.add("own", Encoder("own", network, tokenizer))
"""
STUDY = """
name: own
plugins: [own.py]
workload: small
base: {encoder.source: own}
"""


@pytest.fixture(autouse=True)
def _own(folder: Path) -> Iterator[None]:
    write(folder / "studies/own.py", OWN)
    write(folder / "studies/own.yaml", STUDY)
    yield
    load(())


def test_it_predicts_with_the_vocabulary_that_it_trained_with(sweeper: Command, folder: Path) -> None:
    said = sweeper("run", "own", "--trials", "1", "--executor", "inline")
    assert said.code == 0, said.err
    trained = read_predictions(folder / ".sweeper/runs/own@small/0/predictions.npz")
    assert trained is not None
    task = load_study("own").tasks["sst"]
    rows = read("sst", task, "dev", None)
    write(folder / "in.tsv", "\n".join(["sentence", *rows.texts[0], ""]))
    given = ("--input", "in.tsv", "--output", "out.tsv")
    said = sweeper("predict", "own", *given, "--code", "studies/own.yaml")
    assert said.code == 0, said.err
    predicted = pd.read_csv(folder / "out.tsv", sep="\t", quoting=csv.QUOTE_NONE)
    found = predicted.filter(like="probability.").to_numpy()
    assert found == pytest.approx(softmax(trained["sst"].scores, axis=1), abs=1e-6)


def test_advice_names_the_file_that_own_code_needs(sweeper: Command, folder: Path) -> None:
    assert sweeper("run", "own", "--trials", "1", "--executor", "inline").code == 0
    write(folder / "studies/own.py", OWN.replace("200", "300"))
    said = sweeper("run", "own", "--trials", "2").err
    assert said.endswith("Undo the change, or run the changed study under another name with --name NAME\n")


def test_an_error_of_its_tokenizer_has_file_and_line(sweeper: Command, folder: Path) -> None:
    write(folder / "studies/own.py", OWN.replace("wordpiece(texts, 200)", "texts.nothing"))
    said = sweeper("validate", "own").err
    assert "studies/own.py:11: AttributeError: 'list' object has no attribute 'nothing'" in said
