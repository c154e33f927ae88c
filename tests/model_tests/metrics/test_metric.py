"""What holds for every metric, and one that is of neither of our kinds."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model.metrics import METRICS
from model.metrics.accuracy import Accuracy

LABELS = {"accuracy": np.arange(40.0) % 3, "pearson": np.arange(40.0) / 8}


class Percent(Accuracy):
    bounds = (50.0, 100.0)


@pytest.mark.parametrize("name", METRICS)
def test_each_resample_is_a_score_and_the_truth_scores_best(name: str) -> None:
    metric, labels = METRICS[name], LABELS[name]
    low, high = metric.bounds
    given: NDArray[np.float64] = np.stack([labels, labels[::-1], np.roll(labels, 1)])
    found = metric.resampled(given, labels, 50, np.random.default_rng(1))
    assert found.shape == (3, 50)
    assert ((found >= low) & (found <= high)).all()
    assert found[0] == pytest.approx(np.full(50, high))
    assert metric.score(labels, labels) == pytest.approx(high)
    assert metric.row_test(given[1], given[1], labels) == pytest.approx(1)
    assert metric.standard_error(metric.score(labels, labels), 40) == pytest.approx(0)


TERMS = [(METRICS["accuracy"], "x"), (METRICS["pearson"], "(x + 1) / 2"), (Percent(), "(x - 50) / 50")]


@pytest.mark.parametrize(("metric", "term"), TERMS)
def test_the_term_says_what_the_unit_score_is(metric: Accuracy, term: str) -> None:
    assert metric.term("x") == term
    for score in (*metric.bounds, 0.3):
        assert metric.unit(score) == pytest.approx(eval(term, {"x": score}))  # noqa: S307
    assert metric.unit(np.array(metric.bounds)).tolist() == [0.0, 1.0]
