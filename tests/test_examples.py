"""The examples: how long they are, and their numbers against what computes them otherwise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from model.config import TrainConfig
from model.heads import HEADS
from model.losses import LOSSES
from model.metrics import METRICS
from model.plugins.load import load
from model.predictions import read_predictions
from model.trainer import train
from sweeper.study.load import load_study
from sweeper.study.study import Study

EXAMPLES = Path(__file__).parents[1] / "examples"
CHARACTERS = EXAMPLES / "charcnn"


@pytest.fixture
def study() -> Iterator[Study]:
    yield load_study(str(CHARACTERS / "study.yaml"))
    load(())


def test_the_character_head_has_under_60_lines() -> None:
    assert len((CHARACTERS / "charcnn.py").read_text(encoding="utf-8").splitlines()) < 60


def test_focal_loss_is_its_formula_and_cross_entropy_at_0(study: Study) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(50, 5, generator=generator, dtype=torch.float64)
    targets = torch.randint(5, (50,), generator=generator)
    focal: Any = LOSSES["focal"].classes
    assert focal(logits, targets, gamma=0.0) == pytest.approx(functional.cross_entropy(logits, targets))
    raw = logits.numpy()
    shares = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    p = shares[np.arange(50), targets.numpy()]
    assert focal(logits, targets, gamma=2.0).item() == pytest.approx(np.mean(-((1 - p) ** 2) * np.log(p)))


def test_the_metric_is_a_count(study: Study) -> None:
    metric = METRICS["within_one"]
    assert metric.score(np.array([0.0, 2, 4, 3]), np.array([1.0, 0, 4, 2])) == 3 / 4


def test_the_head_gives_what_a_loop_over_the_characters_gives(study: Study) -> None:
    pieces = ("", "ab", "c", "bca")
    task = study.tasks["sst"]
    torch.manual_seed(0)
    head = HEADS["charcnn"].network(task, 4, 0.0, pieces=pieces, channels=3, width=3).double().eval()
    tokens = torch.tensor([[1, 3, 0], [2, 1, 1]])
    embedding = torch.randn(2, 4, dtype=torch.float64)
    found = head(embedding, tokens=(tokens,)).detach().numpy()
    table, filters = head.embed.weight.detach().numpy(), head.filters.weight.detach().numpy()
    answer = head.answer[1]
    for row in range(2):
        text = [c for token in tokens[row] for c in pieces[token].ljust(3, "-")]
        numbers = ["-abc".index(c) for c in text]
        letters = np.stack([np.zeros(16), *(table[number] for number in numbers), np.zeros(16)])
        seen = [
            [(letters[i : i + 3].T * one).sum() + bias for i in range(len(text))]
            for one, bias in zip(filters, head.filters.bias.detach().numpy(), strict=True)
        ]
        strongest = np.maximum(0, np.max(seen, axis=1))
        joined = np.concatenate([embedding[row].numpy(), strongest])
        expected = answer.weight.detach().numpy() @ joined + answer.bias.detach().numpy()
        np.testing.assert_allclose(found[row], expected, rtol=1e-12)


def test_it_trains_is_stopped_and_goes_on_bit_for_bit(study: Study, tmp_path: Path) -> None:
    settings = study.config("Characters", study.first, 1).model_dump()
    small: dict[str, Any] = {"epochs": 2, "steps_per_epoch": 3, "threads": 1, "train_sample": 20}
    config = TrainConfig.model_validate(settings | small)

    def trained(folder: Path) -> list[tuple[object, ...]]:
        found = train(config, folder, data=None, cache=tmp_path / "cache")
        return [result.metrics for result in found]

    whole = trained(tmp_path / "whole")
    half = train(config, tmp_path / "half", data=None, cache=tmp_path / "cache")
    next(half)
    half.close()
    assert trained(tmp_path / "half") == whole
    saved = read_predictions(tmp_path / "whole" / "predictions.npz")
    assert saved is not None
    bootstrap = saved["sst"].bootstrap
    assert bootstrap is not None
    near = np.abs(saved["sst"].predicted - saved["sst"].labels) <= 1
    assert bootstrap[0] == near.mean()
    assert saved["para"].bootstrap is None
