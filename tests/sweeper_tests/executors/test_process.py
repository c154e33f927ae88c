"""A trial in its process: the threads that it has, and what a full disk makes of it."""

import errno
import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from model.config import TrialConfig
from model.config.trainers import TRAINERS, Trainer
from model.result import EpochResult, Metric
from sweeper.executors import process
from sweeper.executors.inline import InlineExecutor
from sweeper.executors.process import disk_full, run_trial
from sweeper.executors.protocol import Evaluated, Failed, Finished, Noted, Started
from tests.sweeper_tests.executors.story import SST, job, story


def test_a_trial_keeps_the_threads_that_it_began_with_and_says_so(tmp_path: Path) -> None:
    mine = replace(job(tmp_path), began_with=2)
    began, said, *_ = story(InlineExecutor(), mine)[mine.number]
    assert isinstance(began, Started)
    assert began.threads == 2
    assert said == Noted(
        mine.number,
        "goes on with 2 threads, as it began, not with the 1 of its share here: its numbers stay the same",
    )


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("78125 requested and 0 written"),
        RuntimeError("I/O error: No space left on device (os error 28)"),
        RuntimeError("PytorchStreamWriter failed: No space left on device"),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_full_disk_is_told_as_such(wrapped: bool, error: Exception) -> None:
    assert disk_full(_caused_by(error) if wrapped else error)
    assert not disk_full(OSError(errno.EACCES, "Permission denied"))


def _caused_by(cause: Exception) -> Exception:
    try:
        raise ValueError("cannot be read back") from cause
    except ValueError as error:
        return error


@pytest.mark.parametrize(("module", "name"), [(Path, "mkdir"), (os, "open"), (process, "write_beside")])
def test_a_full_disk_is_no_fault_of_the_trial_whose_folder_it_is(
    module: object, name: str, tmp_path: Path
) -> None:
    """Neither the run folder, nor the lock in it, nor a file can be made."""
    mine = job(tmp_path)
    if name != "mkdir":
        mine.rundir.mkdir()
    with patch.object(module, name, side_effect=FULL):
        [failed] = run_trial(mine, lambda: False)
    assert isinstance(failed, Failed)
    assert failed.disk_full


def epoch(number: int, overall: Any = 0.5, *, best: Any = True, sst: Any = 0.5) -> EpochResult:
    metrics = (Metric("dev", "sst", "accuracy", sst), Metric("dev", "overall", "overall", overall))
    return EpochResult(number, overall, best, metrics, 0.0, 0.0, {"sst": 1}, {"sst": 1}, 1.0)


def of_own_code(monkeypatch: pytest.MonkeyPatch, folder: Path, epochs: list[object]) -> list[object]:
    """The events of a trial whose trainer yields these."""
    monkeypatch.setattr(TRAINERS, "_entries", dict(TRAINERS))
    TRAINERS.add("own.py", Trainer(TrialConfig, lambda *_, **__: iter(epochs)))
    config = TrialConfig.model_validate({"trainer": "own.py", "tasks": {"sst": SST}, "epochs": 2})
    return list(run_trial(replace(job(folder), config=config), lambda: False))


def test_numbers_of_numpy_are_recorded_as_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    half, yes = np.float32(0.5), np.True_
    told = of_own_code(monkeypatch, tmp_path, [epoch(1, half, best=yes, sst=half), epoch(2, best=False)])
    assert isinstance(told[-1], Finished)
    [first, _] = [event.result for event in told if isinstance(event, Evaluated)]
    assert first == epoch(1)
    assert [type(value) for value in (first.overall, first.metrics[0].value, first.best)] == [
        float,
        float,
        bool,
    ]


@pytest.mark.parametrize(
    ("epochs", "said"),
    [
        ([], "train has ended without an epoch"),
        ([0.5], "train must yield an EpochResult, not a float"),
        ([epoch(1, math.nan)], "epoch 1: `overall` and all dev scores must be finite numbers"),
        ([epoch(1, None)], "EpochResult.metrics.1.value = None: Input should be a valid number"),
        ([epoch(1, sst=math.inf)], "epoch 1: `overall` and all dev scores must be finite numbers"),
        ([epoch(0)], "train must yield its epochs in turn: 0 came after 0"),
        ([epoch(1), epoch(1)], "train must yield its epochs in turn: 1 came after 1"),
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
