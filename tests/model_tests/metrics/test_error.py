"""Mean errors: the paired t-test, and the range of a task."""

import numpy as np
import pytest
from scipy import stats

from model.metrics.error import MeanAbsoluteError, MeanSquaredError
from model.tasks import Task
from tests.model_tests.made import TASKS


def test_their_row_test_is_the_paired_t_test_of_the_rows_errors() -> None:
    rng = np.random.default_rng(7)
    labels, ours, theirs = rng.normal(size=(3, 60))
    square = stats.ttest_rel((ours - labels) ** 2, (theirs - labels) ** 2).pvalue
    amount = stats.ttest_rel(abs(ours - labels), abs(theirs - labels)).pvalue
    assert MeanSquaredError().row_test(ours, theirs, labels) == pytest.approx(square)
    assert MeanAbsoluteError().row_test(ours, theirs, labels) == pytest.approx(amount)


def test_where_all_rows_have_one_gap_it_is_a_sign_test() -> None:
    labels = np.arange(10.0)
    p = MeanAbsoluteError().row_test(labels, labels + 0.5, labels)
    assert p == pytest.approx(stats.binomtest(10, 10).pvalue)
    assert MeanAbsoluteError().row_test(labels, labels, labels) == 1


def test_a_task_gives_them_its_range() -> None:
    wide = Task.model_validate(TASKS["sts"].model_dump() | {"metric": "mae", "range": (-2, 6)})
    assert wide.scorer.bounds == (0, 8)
    assert wide.model_copy(update={"metric": "mse"}).scorer.bounds == (0, 64)
    assert wide.scorer.rising(2.0, 0.0, 9.0) == (0.75, 1.0, 0.0)
    assert TASKS["sts"].scorer.rising(-0.2, 0.4) == (-0.2, 0.4)
