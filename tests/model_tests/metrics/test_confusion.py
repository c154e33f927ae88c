"""The randomisation test against all assignments, and scores where a class is missing."""

from itertools import product

import numpy as np
import pytest

from model.metrics.confusion import ConfusionMetric
from model.metrics.f1 import F1, MacroF1
from model.metrics.kappa import Kappa, QuadraticKappa
from model.metrics.mcc import MCC


@pytest.mark.parametrize("metric", [F1(1), MacroF1(), MCC(), QuadraticKappa()])
def test_the_randomisation_test_is_that_over_all_assignments(metric: ConfusionMetric) -> None:
    rng = np.random.default_rng(3)
    labels, theirs = rng.integers(0, 3, (2, 60)).astype(float)
    ours = theirs.copy()
    ours[:10] = np.where(rng.random(10) < 0.7, labels[:10], rng.integers(0, 3, 10))
    rows = np.flatnonzero(ours != theirs)
    gap = abs(metric.score(ours, labels) - metric.score(theirs, labels))
    as_far = 0
    for swaps in product((False, True), repeat=len(rows)):
        one, other = ours.copy(), theirs.copy()
        swapped = rows[list(swaps)]
        one[swapped], other[swapped] = theirs[swapped], ours[swapped]
        as_far += abs(metric.score(one, labels) - metric.score(other, labels)) >= gap - 1e-12
    assert metric.row_test(ours, theirs, labels) == pytest.approx(as_far / 2 ** len(rows), abs=0.02)


def test_a_constant_scores_as_chance_and_labels_say_whether_there_is_a_score() -> None:
    labels = np.array([0.0, 1, 1, 2])
    for metric in (MCC(), Kappa(), QuadraticKappa()):
        assert metric.score(np.ones(4), labels) == metric.score(labels, np.ones(4)) == 0.0
        assert metric.score(np.ones(4), np.ones(4)) == 0.0
        assert metric.defined(labels)
        assert not metric.defined(np.ones(4))
    assert F1(2).defined(labels)
    assert not F1(3).defined(labels)
    assert F1(3).score(labels, labels) == 0.0
