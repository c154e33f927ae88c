"""What `show` says of a trial."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from model.result import EpochResult, Metric
from sweeper.errors import InputError
from sweeper.search.distributions import distributions
from sweeper.search.propose import propose
from sweeper.show.trial import trial_text
from sweeper.store.owners import Owner
from sweeper.store.study import StudyStore
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.trial import ErrorClass, Outcome, RunState
from tests.sweeper_tests.sweep.test_driver import open_study

HERE = str(Owner.this_process())
DEAD = str(Owner(Owner.this_process().host, 1, 1))


@pytest.fixture
def study() -> Study:
    return load_study("quickstart", "demo")


def add(store: StudyStore, study: Study, owner: str) -> int:
    leases = store.leases(owner, 60.0)
    number = leases.claim()
    trial = propose(study, number, store.trials.past())
    assert trial is not None
    assert leases.add(trial, distributions(study))
    return number


def evaluation(epoch: int, value: float) -> EpochResult:
    metrics = (Metric("train", "sst", "loss", 1 / value), Metric("dev", "overall", "overall", value))
    return EpochResult(epoch, value, True, metrics, 1.0, 1.0, {}, {}, 10.0)


@pytest.fixture
def store(study: Study, tmp_path: Path) -> Iterator[StudyStore]:
    """Four trials: complete, failed after two epochs, running, and left by a driver that died."""
    with open_study(tmp_path, study) as store:
        fill(store, study)
        yield store


def fill(store: StudyStore, study: Study) -> None:
    outcomes = store.outcomes(HERE)
    for owner in (HERE, HERE, HERE, DEAD):
        add(store, study, owner)
    for number in (0, 1, 2):
        outcomes.started(number, 1, "cpu", {"torch": "9.9"})
    for epoch, value in ((1, 0.5), (2, 0.625)):
        outcomes.epoch(0, evaluation(epoch, value))
        outcomes.epoch(1, evaluation(epoch, value))
    outcomes.epoch(1, evaluation(3, float("nan")))
    outcomes.epoch(2, evaluation(1, 0.5))
    scores = {"overall": 0.625, "sst": 0.25}
    outcomes.finished(0, Outcome(state=RunState.COMPLETE, seconds=9.0, best_epoch=2, scores=scores))
    failed = Outcome(
        state=RunState.FAILED,
        seconds=3.0,
        error_class=ErrorClass.NAN,
        traceback="Traceback (most recent call last):\n  [red]here[/red]\nValueError: the loss is nan\n",
    )
    outcomes.finished(1, failed)


def test_a_complete_trial(store: StudyStore) -> None:
    lines = trial_text(store, 0).splitlines()
    assert lines[:2] == ["quickstart@demo trial 0: complete", "arm: Baseline"]
    assert "best epoch 2: overall 0.6250, sst 0.2500" in lines
    assert "device: cpu, 1 threads; attempts: 1" in lines
    assert "versions: torch 9.9" in lines
    table = [line.split() for line in lines[lines.index("Scores by epoch:") + 1 :]]
    assert table == [
        ["1", "2"],
        ["dev", "overall", "overall", "0.5000", "0.6250"],
        ["train", "sst", "loss", "2.0000", "1.6000"],
    ]


def test_a_result_that_was_reused_and_a_batch_that_was_halved(store: StudyStore, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "studies.db")) as connection, connection:
        connection.execute("UPDATE run SET reused_from = 7, halvings = 1, machine = 'here' WHERE number = 0")
    lines = trial_text(store, 0).splitlines()
    assert "not trained: configuration and seed are those of trial 7, and so is the result" in lines
    assert (
        "memory ran out at first: trained with half the micro-batch, accumulation 1; the batch is the same"
    ) in lines
    assert "machine: here" in lines


def test_a_failed_trial(store: StudyStore) -> None:
    text = trial_text(store, 1)
    assert "\ndev overall overall 0.5000 0.6250 not a number\n" in text
    assert (
        "\n\nWhat happened: in epoch 4 of 4, a loss was not finite, and the trial ended at that step: "
        "ValueError: the loss is nan\n"
        "Last dev scores, of epoch 3: none is a number.\n"
        "Peak memory: 10 MiB.\n"
        "Nearest configuration that worked: trial 0 (overall 0.6250), with arm Baseline instead of S-BERT."
        "\n\n"
    ) in text
    assert text.endswith(
        "\n\nFailure (nan):\nTraceback (most recent call last):\n  [red]here[/red]\n"
        "ValueError: the loss is nan"
    )


def test_a_trial_that_has_not_begun(store: StudyStore) -> None:
    text = trial_text(store, 3)
    assert text.startswith("quickstart@demo trial 3: queued\n")
    assert "Scores by epoch" not in text
    assert "Failure" not in text


def test_no_such_trial(store: StudyStore) -> None:
    for number in (4, -1):
        with pytest.raises(InputError, match=f"no trial {number}; its trials are 0 to 3"):
            trial_text(store, number)
