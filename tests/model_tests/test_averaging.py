"""Weights averaged over the steps: against torch's own, by hand, and in a trial."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from model.averaging import AveragedWeights
from model.config.average import AverageConfig
from model.data.keptcorpus import kept_corpus
from model.data.rows import read
from model.errors import TrialStoppedError
from model.files import RunFolder
from model.predictions import read_predictions
from model.predictor import Predictor
from model.result import EpochResult
from model.trainer import train
from tests.model_tests.made import TINY, config, metrics, same, weights

TRIAL: dict[str, Any] = {
    "encoder": TINY,
    "epochs": 5,
    "steps_per_epoch": 1,
    "learning_rate": 1e-2,
    "warmup": 0.0,
}
AVERAGES: list[dict[str, Any]] = [{"name": "ema", "decay": 0.3}, {"name": "swa", "start": 0.4}]


def walk(network: nn.Module, steps: int) -> None:
    """Another place for every weight, at each of so many steps."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) / steps)


@pytest.mark.parametrize("name", ["ema", "swa"])
def test_the_averages_are_those_of_torch(name: str) -> None:
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(7, 5), nn.LayerNorm(5), nn.Linear(5, 3))
    # A decay of .1 is all that n / (9 + n) lets be.
    given = AverageConfig(name="ema", decay=0.1) if name == "ema" else AverageConfig(name="swa", start=0)
    ours = AveragedWeights(list(network.parameters()), given, 9)
    theirs = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.1) if name == "ema" else None)
    if name == "ema":
        theirs.update_parameters(network)  # which takes the first weights as they are
    for step in range(9):
        walk(network, step + 1)
        ours.after_step(step)
        theirs.update_parameters(network)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    with ours.in_place():
        for own, expected in zip(network.parameters(), theirs.module.parameters(), strict=True):
            torch.testing.assert_close(own, expected, rtol=1e-6, atol=1e-7)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), before, strict=True))


def test_a_moving_average_forgets_its_first_weights_soon() -> None:
    """tf.train.ExponentialMovingAverage: decay = min(decay, (1 + updates) / (10 + updates))."""
    weight = nn.Parameter(torch.zeros(()))
    average, expected = AveragedWeights([weight], AverageConfig(name="ema", decay=0.5), 40), 0.0
    for step in range(40):
        weight.data.fill_(float(step))
        average.after_step(step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
        with average.in_place():
            assert weight.item() == pytest.approx(expected, rel=1e-6)


def test_a_mean_is_of_the_steps_from_its_start_on() -> None:
    weight = nn.Parameter(torch.zeros(()))
    average = AveragedWeights([weight], AverageConfig(name="swa", start=0.75), 8)
    for step in range(8):
        weight.data.fill_(float(step))
        average.after_step(step)
        assert average.begun is (step >= 6)
    with average.in_place():
        assert weight.item() == 6.5


@pytest.mark.parametrize("average", AVERAGES, ids=["ema", "swa"])
def test_a_trial_is_scored_with_its_averages_and_trains_as_without_them(
    average: dict[str, Any], cache: Path, tmp_path: Path
) -> None:
    """A step an epoch, so that the checkpoints have all the weights that are averaged."""
    plain = list(train(config(**TRIAL), tmp_path / "plain", data=None, cache=cache))
    given, rundir = config(**TRIAL, average=average), tmp_path / "averaged"
    steps, kept, results = [], {}, list[EpochResult]()
    for result in train(given, rundir, data=None, cache=cache):
        results.append(result)
        steps.append(weights(rundir, result.epoch))
        if result.best:
            kept = load_file(RunFolder(rundir).weights)
    assert same(steps[-1], weights(tmp_path / "plain", 5))

    best = max(results, key=lambda result: result.judged).epoch
    for name, value in kept.items() if average["name"] == "swa" else ():
        of_these = steps[2:best] or steps[best - 1 : best]
        expected = np.mean([one[name].double().numpy() for one in of_these], axis=0)
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-6)

    for ours, theirs in zip(results, plain, strict=True):
        dev = {(one.task, one.name): one.value for one in theirs.metrics if one.split == "dev"}
        raw = {
            (one.task, one.name.removeprefix("raw_")): one.value
            for one in ours.metrics
            if one.name.startswith("raw_")
        }
        assert raw == ({} if average["name"] == "swa" and ours.epoch <= 2 else dev)
        if not raw:
            assert ours.metrics == theirs.metrics
    assert metrics(results) != metrics(plain)


@pytest.mark.parametrize("average", AVERAGES, ids=["ema", "swa"])
def test_what_is_kept_predicts_what_was_scored(average: dict[str, Any], cache: Path, tmp_path: Path) -> None:
    given = config(**TRIAL, average=average)
    results = list(train(given, tmp_path, data=None, cache=cache))
    corpus = kept_corpus(given, None, cache)
    predictor = Predictor(given, corpus.tokenizer, RunFolder(tmp_path).weights, threads=1)
    stored = read_predictions(RunFolder(tmp_path).predictions) or {}
    for name, task in given.tasks.items():
        rows = read(name, task, "dev", None)
        assert np.array_equal(predictor.predict(name, rows.texts).values, stored[name].predicted)
    best = max(results, key=lambda result: result.judged)
    assert best.dev_scores() == {name: task.score(stored[name]) for name, task in given.tasks.items()}


def test_smart_that_goes_by_scores_is_refused() -> None:
    dynamic = {"enabled": True, "weight": "dynamic"}
    with pytest.raises(ValidationError, match="goes by scores of the weights that train, and average ema"):
        config(smart=dynamic, average={"name": "ema"})


@pytest.mark.parametrize("average", AVERAGES, ids=["ema", "swa"])
@pytest.mark.parametrize("step", [3, 8])
def test_it_goes_on_in_the_midst_of_an_epoch(
    average: dict[str, Any], step: int, cache: Path, tmp_path: Path
) -> None:
    given = config(**TRIAL | {"steps_per_epoch": 3, "epochs": 3}, average=average)
    whole = list(train(given, tmp_path / "whole", data=None, cache=cache))
    asked = itertools.count()
    with pytest.raises(TrialStoppedError):
        list(train(given, tmp_path / "stopped", data=None, cache=cache, stop=lambda: next(asked) == step))
    assert metrics(list(train(given, tmp_path / "stopped", data=None, cache=cache))) == metrics(whole)
    kept = [load_file(RunFolder(tmp_path / name).weights) for name in ("whole", "stopped")]
    assert same(*kept)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"decay": 0.9}, "decay 0.9 is for name ema; it is none"),
        ({"name": "ema", "start": 0.5}, "start 0.5 is for name swa; it is ema"),
    ],
)
def test_what_belongs_to_another_average_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        config(average=settings)


def test_where_nothing_learns_nothing_is_averaged() -> None:
    """As of the cosine of embeddings that are frozen."""
    ours = AveragedWeights([], AverageConfig(name="ema"), 9)
    ours.after_step(0)
    assert not ours.begun
    with ours.in_place():
        assert ours.state_dict().keys() == {"taken"}
