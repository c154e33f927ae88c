"""What `show` says of a failed trial."""

from dataclasses import replace
from typing import Any

import pytest

from sweeper.show.failure import failure_lines, nearest_success
from sweeper.trial import ErrorClass, MetricKey, PastTrial, RunState, TrialRow
from tests.sweeper_tests import made

STUDY = made.study()
PARAMS = {"learning_rate": 1e-3, "dropout": 0.3, "weight_decay": 0.1}


def failed(error_class: ErrorClass = ErrorClass.NAN, traceback: str | None = None, **fields: Any) -> TrialRow:
    row = made.row(STUDY, 9, "S-BERT", params=PARAMS, state=RunState.FAILED, error=traceback)
    return replace(row, error_class=error_class, **fields)


def worked(number: int, arm: str = "S-BERT", seed: int = 11711, **params: Any) -> PastTrial:
    scores = {"overall": 0.5, "sst": 0.5, "para": 0.5, "sts": 0.5}
    return PastTrial(number, arm, PARAMS | params, seed, number, RunState.COMPLETE, scores)


NEAREST = [
    # Fewest hyperparameters first, however far they are.
    ([worked(0, learning_rate=1.1e-3, dropout=0.1), worked(1, learning_rate=1e-5)], 1),
    ([worked(0, arm="Baseline", dropout=0.1), worked(1, learning_rate=1e-5)], 1),
    # Then the distance: on the entry's scale, log here.
    ([worked(0, learning_rate=2.5e-4), worked(1, learning_rate=2e-3)], 1),
    ([worked(0, dropout=0.5), worked(1, learning_rate=1.1e-3)], 1),
    ([worked(0, arm="Baseline"), worked(1, dropout=0.1)], 1),
    # The same on another seed is nearest of all; the same seed before others; then the first.
    ([worked(0, learning_rate=1.1e-3), worked(1, seed=5)], 1),
    ([worked(0, seed=5, dropout=0.1), worked(1, dropout=0.1)], 1),
    ([worked(0, dropout=0.1), worked(1, dropout=0.5)], 0),
]


@pytest.mark.parametrize(("history", "number"), NEAREST)
def test_the_nearest_that_worked(history: list[PastTrial], number: int) -> None:
    for trials in (history, history[::-1]):
        found = nearest_success(failed(), trials, STUDY.space)
        assert found is not None
        assert found.trial.number == number


def test_only_complete_trials_have_worked() -> None:
    others = [
        replace(worked(number), state=state, scores=None)
        for number, state in enumerate(RunState)
        if state is not RunState.COMPLETE
    ]
    assert nearest_success(failed(), others, STUDY.space) is None
    assert failure_lines(failed(), {}, others, STUDY.space)[-1] == "No trial of the study has worked so far."


def test_a_value_that_a_changed_space_no_longer_knows_is_far() -> None:
    near = nearest_success(failed(), [worked(0, dropout=0.1), worked(1, weight_decay=0.3)], {})
    assert near is not None
    assert near.distance == 1


def test_values_that_three_digits_do_not_tell_apart_are_written_in_full() -> None:
    line = failure_lines(failed(), {}, [worked(0, learning_rate=1.0001e-3)], STUDY.space)[-1]
    assert line.endswith("with learning_rate 0.0010001 instead of 0.001.")


SAID = [
    (failed(ErrorClass.OOM), "memory ran out."),
    (failed(ErrorClass.OOM, halvings=1), "memory ran out, with half the micro-batch too."),
    (failed(ErrorClass.KILLED, "the trial's process was killed by SIGKILL"),
     "its process was killed from outside: the trial's process was killed by SIGKILL"),
    (failed(ErrorClass.TIMEOUT), "it took longer than a trial may take, and was ended."),
    (failed(ErrorClass.NAN, "Traceback:\n  here\nNonFiniteLossError: nan at \x1b[2Jstep 3\n"),
     "a loss was not finite, and the trial ended at that step: NonFiniteLossError: nan at \\x1b[2Jstep 3"),
    (failed(ErrorClass.ERROR, "KeyError: 'x'"), "an error ended it: KeyError: 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "said"), SAID)
def test_each_class_has_its_sentence(row: TrialRow, said: str) -> None:
    assert failure_lines(row, {}, [], STUDY.space)[0] == f"What happened: in epoch 1 of 4, {said}"


def test_how_far_it_was_and_what_would_work() -> None:
    metrics: dict[MetricKey, float | None] = {
        (1, "dev", "sst", "accuracy"): 0.1,
        (2, "dev", "sst", "accuracy"): 0.25,
        (2, "dev", "sts", "pearson"): None,
        (2, "dev", "overall", "overall"): 0.75,
        (2, "train", "sst", "loss"): 9.0,
    }
    other = worked(4, learning_rate=1.23456e-4, dropout=0.1, arm="Baseline")
    assert failure_lines(failed(peak_memory_mb=512.4), metrics, [other], STUDY.space)[1:] == [
        "Last dev scores, of epoch 2: overall 0.7500, sst 0.2500.",
        "Peak memory: 512 MiB.",
        "Nearest configuration that worked: trial 4 (overall 0.5000), with arm Baseline instead of S-BERT, "
        "learning_rate 0.000123 instead of 0.001, dropout 0.1 instead of 0.3.",
    ]
    same = failure_lines(failed(), metrics, [worked(5, seed=7)], STUDY.space)
    assert same[-1] == "The same configuration worked in trial 5 (overall 0.5000), with seed 7."


def test_what_applies_to_one_of_them_alone_differs_and_has_no_value_in_the_other() -> None:
    space = {
        "optimizer": ["adamw", "sgd"],
        "weight_decay": {"values": [0.0, 0.1], "when": {"optimizer": "adamw"}},
    }
    of = made.study(space=space, tables=["arms"])
    scores = {"overall": 0.5, "sst": 0.5, "para": 0.5, "sts": 0.5}
    with_decay, without = {"optimizer": "adamw", "weight_decay": 0.1}, {"optimizer": "sgd"}
    for own, other, said in [
        (without, with_decay, "with optimizer adamw, weight_decay 0.1 instead of —"),
        (with_decay, without, "with optimizer sgd instead of adamw, weight_decay — instead of 0.1."),
    ]:
        run = made.row(of, 1, "S-BERT", params=own, state=RunState.FAILED, error="boom")
        past = PastTrial(0, "S-BERT", other, 11711, 0, RunState.COMPLETE, scores)
        found = nearest_success(run, [past], of.space)
        assert found is not None
        assert found.distance == 2.0
        line = failure_lines(run, {}, [past], of.space)[-1]
        assert said in line.replace("adamw instead of sgd", "adamw")
