"""p over dev rows where few of them differ, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from model.overall import Overall
from model.tasks import Task
from sweeper.report.statistics.paired import Gap, Sample, compare_samples
from tests.sweeper_tests.simulated import TASKS, Run, predictions, run, sample


def other_answers(of: Run, task: str, rows: slice) -> Run:
    """The same with the next class for some rows of a task."""
    own, changed = of[task], of[task].predicted.copy()
    changed[rows] = (changed[rows] + 1) % (TASKS[task].classes or 1)
    return {**of, task: replace(own, predicted=changed)}


def in_all(ours: Run, theirs: Run, overall: Overall = Overall()) -> Gap:  # noqa: B008 - frozen
    return compare_samples(TASKS, sample([ours]), sample([theirs]), overall=overall)["overall"]


def test_a_task_of_one_differing_row_hides_no_difference_of_another() -> None:
    ours = run(np.random.default_rng(5), 200, 1.0, 1.0, 0.8)
    worse = other_answers(ours, "para", slice(40))
    without, both = in_all(ours, worse), in_all(ours, other_answers(worse, "sst", slice(1)))
    assert both.value > without.value
    assert without.p_rows < 1e-6
    assert both.p_rows == pytest.approx(without.p_rows, rel=1e-6)
    # One that says the other way is not what carries a claim.
    against = other_answers(ours, "sst", slice(1))
    assert in_all(worse, against, Overall(weights={"sst": 1000})).p_rows == 1


def test_a_task_in_which_few_rows_differ_carries_no_other() -> None:
    """Four rows, all one way: a sign test gives 2 / 2^4, and the bootstrap of their rows less."""
    ours = run(np.random.default_rng(5), 200, 1.0, 0.7, 0.8)
    few, heavy = other_answers(ours, "sst", slice(4)), Overall(weights={"sst": 50})
    assert in_all(ours, few, heavy).p_rows == 2 / 2**4
    assert in_all(ours, few).p_rows == 2 / 2**4
    undecided = other_answers(few, "para", slice(2))
    assert in_all(ours, undecided, heavy).p_rows == 2 / 2**4


def test_classes_that_no_row_has_count_where_the_metric_tells_them_apart() -> None:
    """Quadratic kappa: 1 - 50 / 650 against 1 - 450 / 650, and no prediction is of a class that is there."""
    labels = np.repeat([0.0, 4.0], 50)
    tasks = {
        name: Task.model_validate(TASKS["sst"].model_dump() | {"metric": name})
        for name in ("kappa_quadratic", "kappa")
    }
    one, other = (predictions(np.where(labels == 0, answer, 4), labels) for answer in (1.0, 3.0))
    sides = [
        Sample(
            (0,), {n: np.array([task.score(own)]) for n, task in tasks.items()}, [dict.fromkeys(tasks, own)]
        )
        for own in (one, other)
    ]
    found = compare_samples(tasks, *sides, overall=None)
    assert found["kappa_quadratic"].value == pytest.approx(400 / 650)
    assert found["kappa_quadratic"].p_rows < 1e-6
    assert found["kappa"].p_rows == 1
