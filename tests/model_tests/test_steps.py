"""How far an epoch is: when it is told, what is said, and that a trial is the same whoever hears it."""

from pathlib import Path

import numpy as np
import pytest

from model import steps
from model.optim import learning_rate
from model.owntrial import StepLog
from model.steps import StepReport, StepTeller
from model.trainer import train
from tests.model_tests.made import DEMO, TINY, config, metrics, same, weights


def test_a_step_is_told_once_a_second_with_the_time_that_an_even_pace_leaves() -> None:
    told: list[StepReport] = []
    now = [100.0]
    teller = StepTeller(told.append, 40, lambda: 321.0, lambda: now[0])
    teller.begin_epoch(10)
    for step in range(11, 41):
        now[0] += 0.25
        teller.after_step(step, step / 10, 1e-3)
    assert [report.step for report in told] == [14, 18, 22, 26, 30, 34, 38]
    assert [report.seconds_left for report in told] == [pytest.approx((40 - r.step) / 4) for r in told]
    assert told[0] == StepReport(14, 1.4, 1e-3, 40, 6.5, 321.0)
    teller.begin_epoch(0)
    now[0] += 0.9
    teller.after_step(1, 1.0, 1e-3)
    assert len(told) == 7


def test_whoever_hears_every_step_changes_no_bit(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = DEMO["sst"].model_dump() | {"dev_rows": 16}
    given = config(
        encoder=TINY | {"dropout": 0.2},
        tasks={"sst": task},
        train_sample=8,
        epochs=2,
        steps_per_epoch=5,
        schedule="cosine",
        accumulation=2,
    )
    expected = list(train(given, tmp_path / "alone", data=None, cache=cache))
    monkeypatch.setattr(steps, "TELL_SECONDS", 0.0)
    told: list[StepReport] = []
    heard = list(train(given, tmp_path / "heard", data=None, cache=cache, told=told.append))
    assert metrics(heard) == metrics(expected)
    assert same(weights(tmp_path / "heard", 2), weights(tmp_path / "alone", 2))
    assert [report.step for report in told] == [1, 2, 3, 4, 5] * 2
    assert {report.steps for report in told} == {5}
    assert [report.rate for report in told] == [learning_rate(given, step, 10) for step in range(10)]
    # What is recorded of an epoch is the mean over its steps, computed by the record's own sums.
    recorded = [m.value for result in heard for m in result.metrics if (m.split, m.name) == ("train", "loss")]
    losses = np.array([report.loss for report in told]).reshape(2, 5)
    np.testing.assert_allclose(losses.mean(axis=1), recorded, rtol=1e-6)


def test_what_an_own_trainer_reports_is_heard_as_often_as_it_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told: list[StepReport] = []
    report = StepLog(lambda inputs: None, told.append)
    for step in range(100):
        report(step, 0.5, 1e-2)
    assert told == [StepReport(0, 0.5, 1e-2)]
    assert capsys.readouterr().err == "step 0: loss 0.5, rate 0.01\n"
