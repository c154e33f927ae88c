"""Accuracy, and its test against statsmodels."""

import math

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from model.metrics.accuracy import Accuracy

ACCURACY = Accuracy()


def test_it_is_the_share_of_equal_labels() -> None:
    assert ACCURACY.score(np.array([0.0, 1, 2, 3]), np.array([0.0, 1, 1, 3])) == 0.75


TABLES = [(3, 9), (0, 6), (12, 12), (1, 0), (0, 0), (20, 30), (60, 25), (14, 11), (400, 460)]


@pytest.mark.parametrize(("gained", "lost"), TABLES)
def test_its_row_test_is_the_exact_one_of_statsmodels_and_of_coins(gained: int, lost: int) -> None:
    ours = np.array([1] * gained + [0] * lost + [1] * 7 + [0] * 5, dtype=float)
    theirs = np.array([0] * gained + [1] * lost + [1] * 7 + [0] * 5, dtype=float)
    p = ACCURACY.row_test(ours, theirs, np.ones(len(ours)))
    assert p == pytest.approx(mcnemar([[7, gained], [lost, 5]], exact=True).pvalue)
    tosses = gained + lost
    as_far = sum(math.comb(tosses, k) for k in range(tosses + 1) if abs(2 * k - tosses) >= abs(gained - lost))
    assert p == pytest.approx(as_far / 2**tosses)
