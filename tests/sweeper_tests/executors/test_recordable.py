"""What own code tells of a trial: recorded, or the end of that trial, never of the sweep."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.config import TrialConfig
from model.config.trainers import TRAINERS, Trainer
from model.inputs import Inputs, SplitRows
from model.owntrial import StepLog
from model.result import EpochResult, Metric
from sweeper.executors.process import run_trial
from sweeper.executors.protocol import Evaluated, Event, Failed, Finished, Loaded, Stopped
from tests.sweeper_tests.executors.story import SST, job

READ = Inputs({"sst": {"train": SplitRows(8, 0, 8, labels={"0": 8})}}, {}, None, 7)


def epoch(number: int, overall: Any = 0.5, *, best: Any = True, sst: Any = 0.5) -> EpochResult:
    metrics = (Metric("dev", "sst", "accuracy", sst), Metric("dev", "overall", "overall", overall))
    return EpochResult(number, overall, best, metrics, 0.0, 0.0, {"sst": 1}, {"sst": 1}, 1.0)


def of_own_code(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    epochs: list[object],
    inputs: object = READ,
    *,
    asked: bool = False,
) -> list[Event]:
    """The events of a trial whose trainer trains on these, and yields these."""

    def train(*_: object, report: StepLog, **__: object) -> Iterator[object]:
        report.loaded(inputs)  # type: ignore[arg-type]
        yield from epochs

    monkeypatch.setattr(TRAINERS, "_entries", dict(TRAINERS))
    TRAINERS.add("own.py", Trainer(TrialConfig, train))
    config = TrialConfig.model_validate({"trainer": "own.py", "tasks": {"sst": SST}, "epochs": 2})
    return list(run_trial(replace(job(folder), config=config), lambda: asked))


def test_numbers_of_numpy_are_recorded_as_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    half, yes = np.float32(0.5), np.True_
    epochs: list[object] = [epoch(1, half, best=yes, sst=half), epoch(2, best=False)]
    told = of_own_code(monkeypatch, tmp_path, epochs, replace(READ, parameters=np.int64(7)))
    assert isinstance(told[-1], Finished)
    [first, _] = [event.result for event in told if isinstance(event, Evaluated)]
    assert first == epoch(1)
    [read] = [event.inputs for event in told if isinstance(event, Loaded)]
    assert (read, type(read.parameters)) == (READ, int)
    assert [type(value) for value in (first.overall, first.metrics[0].value, first.best)] == [
        float,
        float,
        bool,
    ]


@pytest.mark.parametrize(
    ("epochs", "asked", "end"),
    [([], True, Stopped), ([epoch(1)], True, Stopped), ([epoch(1)], False, Finished)],
)
def test_an_own_trainer_may_end_early_but_is_not_complete_where_it_was_asked_to_stop(
    epochs: list[object], asked: bool, end: type[Event], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert isinstance(of_own_code(monkeypatch, tmp_path, epochs, asked=asked)[-1], end)


@pytest.mark.parametrize(
    ("epochs", "said"),
    [
        ([], "train has ended without an epoch"),
        ([0.5], "train must yield an EpochResult, not a float"),
        ([epoch(1, math.nan)], "epoch 1: `overall` and all dev scores must be finite numbers"),
        (
            [epoch(1, None)],
            "train must yield an EpochResult: its metrics.1.value = None: Input should be a valid number",
        ),
        ([epoch(1, sst=math.inf)], "epoch 1: `overall` and all dev scores must be finite numbers"),
        ([epoch(0)], "train must yield its epochs in turn: 0 came after 0"),
        ([epoch(1), epoch(1)], "train must yield its epochs in turn: 1 came after 1"),
        ([epoch(1), epoch(2), epoch(3)], "train yields epoch 3, and `epochs` is 2"),
        ([epoch(1, best=False)], "epoch 1 is the best so far: `best` must be true"),
    ],
)
def test_an_own_trainer_that_cannot_be_recorded_fails_its_trial_alone(
    epochs: list[object], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The driver could not write such an outcome, and would end with the whole sweep, each time anew."""
    failed = of_own_code(monkeypatch, tmp_path, epochs)[-1]
    assert isinstance(failed, Failed)
    assert failed.message == f"PluginError: own.py: {said}"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"rows": {}}, "report.loaded takes an Inputs, not a dict"),
        (replace(READ, parameters=None), "its parameters = None: Input should be a valid integer"),
    ],
)
def test_inputs_that_cannot_be_recorded_fail_their_trial_alone(
    inputs: object, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failed = of_own_code(monkeypatch, tmp_path, [epoch(1)], inputs)[-1]
    assert isinstance(failed, Failed)
    assert failed.message.startswith("PluginError: own.py: report.loaded takes an Inputs")
    assert failed.message.endswith(said)
