"""The area under the curve: DeLong's test against its definition, and what it is computed from."""

import math

import numpy as np
import pytest
from scipy import stats

from model.metrics.auc import AUC
from model.metrics.metric import Values
from model.predictions import Predictions

METRIC = AUC()


def delong(ours: Values, theirs: Values, labels: Values) -> float:
    """By its definition: the covariances of how each row stands to all of the other class."""
    wins = [
        (np.sign(scores[labels == 1][:, None] - scores[labels == 0]) + 1) / 2 for scores in (ours, theirs)
    ]
    spread = sum(np.cov([win.mean(axis=axis) for win in wins]) / wins[0].shape[1 - axis] for axis in (0, 1))
    error = math.sqrt(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1])
    return float(2 * stats.norm.sf(abs(wins[0].mean() - wins[1].mean()) / error))


@pytest.mark.parametrize("digits", [1, 9])
def test_its_row_test_is_delongs(digits: int) -> None:
    rng = np.random.default_rng(6)
    labels = (rng.random(80) < 0.3).astype(float)
    ours, theirs = (np.round(rng.normal(size=80) + labels, digits) for _ in range(2))
    assert METRIC.row_test(ours, theirs, labels) == pytest.approx(delong(ours, theirs, labels[:]))


def test_contributions_tell_how_often_a_row_is_on_the_right_side() -> None:
    labels, scores = np.array([1.0, 0, 1, 0, 0]), np.array([3.0, 1, 1, 0, 5])
    assert METRIC.contributions(scores[None], labels) == pytest.approx([2 / 3, 3 / 4, 1 / 2, 1, 0])


def test_it_is_of_the_margin_of_class_1_and_needs_the_heads_scores() -> None:
    labels = np.array([0.0, 1])
    found = Predictions(np.array(["1", "2"]), labels, labels, scores=np.array([[2, 1], [0, 3]], np.float32))
    assert METRIC.given(found).tolist() == [-1, 3]
    with pytest.raises(ValueError, match="needs scores"):
        METRIC.given(Predictions(np.array(["1", "2"]), labels, labels))


def test_of_one_class_it_is_not_defined_and_counts_half() -> None:
    assert not METRIC.defined(np.ones(3))
    assert METRIC.score(np.arange(3.0), np.ones(3)) == 0.5
    assert METRIC.row_test(np.arange(3.0), -np.arange(3.0), np.ones(3)) == 1
    assert METRIC.row_test(np.arange(9.0), np.arange(9.0), np.arange(9) % 2) == 1


def test_few_rows_have_no_less_p_than_all_ways_to_deal_their_labels() -> None:
    labels = np.array([0.0, 0, 1, 1])
    assert METRIC.row_test(labels, np.zeros(4), labels) == pytest.approx(2 / 6)
