"""What holds for every metric: scores as the libraries have them, resamples, tests, the unit form."""

import numpy as np
import pytest

from model.metrics import METRICS
from model.metrics.accuracy import Accuracy
from model.metrics.error import MeanAbsoluteError, MeanSquaredError
from model.metrics.metric import TaskMetric
from model.metrics.own import OwnMetric
from tests.model_tests.metrics.peers import PEERS, largest_gap, metric_of


class Percent(Accuracy):
    bounds = (50.0, 100.0)


class Fault(OwnMetric):
    description, labels, higher_is_better = "errors", "classes", False

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.bounds = low, high


@pytest.mark.parametrize("name", METRICS)
def test_it_is_what_scikit_learn_or_scipy_gives(name: str) -> None:
    assert largest_gap(name, 100) < 1e-9


@pytest.mark.parametrize("name", METRICS)
def test_resamples_are_scores_on_rows_drawn_and_runs_share_them(name: str) -> None:
    metric, rng = metric_of(name), np.random.default_rng(4)
    labels = np.arange(40.0) % (2 if metric.two_classes else 4)
    given = np.stack([rng.permutation(labels), np.where(rng.random(40) < 0.7, labels, labels[::-1]), labels])
    found = metric.resampled(given, labels, 20_000, np.random.default_rng(1))
    rows = rng.integers(0, 40, (1500, 40))
    direct = np.array([[metric.score(run[drawn], labels[drawn]) for drawn in rows] for run in given])
    assert found.mean(axis=1) == pytest.approx(direct.mean(axis=1), abs=5 * direct.std() / 1500**0.5 + 1e-9)
    assert found.std(axis=1) == pytest.approx(direct.std(axis=1), rel=0.1, abs=1e-9)
    assert np.corrcoef(found[:2])[0, 1] == pytest.approx(np.corrcoef(direct[:2])[0, 1], abs=0.1)
    assert found[2].max() <= metric.bounds[1] + 1e-12


@pytest.mark.parametrize("name", METRICS)
def test_runs_that_are_alike_are_not_told_apart_and_rows_count_where_they_differ(name: str) -> None:
    metric = metric_of(name)
    labels = np.arange(40.0) % (2 if metric.two_classes else 4)
    ours, theirs = labels[::-1].copy(), labels[::-1].copy()
    assert metric.row_test(ours, theirs, labels) in (None, 1)
    assert (metric.row_test(ours, theirs, labels) is None) == metric.row_test_name.startswith("none: ")
    theirs[:8] = labels[:8]
    one, other = (metric.contributions(run[None], labels).reshape(40, -1) for run in (ours, theirs))
    differ = (one != other).any(axis=1)
    assert differ.any()
    # Where every pair of rows counts, a row that is the same may do so otherwise.
    assert metric.needs_scores or name == "spearman" or not differ[8:].any()
    assert np.array_equal(metric.contributions(np.stack([ours, ours]), labels).reshape(40, -1), one)


@pytest.mark.parametrize("name", ["auc", "mse", "mae"])
def test_its_row_test_finds_1_in_20_of_equal_runs_different(name: str) -> None:
    metric, rng, found = metric_of(name), np.random.default_rng(5), []
    for _ in range(2000):
        labels = rng.integers(0, 2 if metric.two_classes else 4, 150).astype(float)
        ours, theirs = labels + rng.normal(size=(2, 150))
        found.append(metric.row_test(ours, theirs, labels))
    assert 0.035 <= np.mean(np.array(found, dtype=float) < 0.05) <= 0.065


TERMS = [
    (METRICS["accuracy"], "x"),
    (METRICS["pearson"], "(x + 1) / 2"),
    (Percent(), "(x - 50) / 50"),
    (MeanSquaredError(5), "max(0, 1 - x / 25)"),
    (MeanAbsoluteError(1), "max(0, 1 - x)"),
    (Fault(0, 1), "max(0, 1 - x)"),
    (Fault(0, 4), "max(0, 1 - x / 4)"),
    (Fault(-1, 1), "max(0, (1 - x) / 2)"),
]


@pytest.mark.parametrize(("metric", "term"), TERMS, ids=[term for _, term in TERMS])
def test_the_term_says_what_the_unit_score_is(metric: TaskMetric, term: str) -> None:
    assert metric.term("x") == term
    for score in (*metric.bounds, 0.3, 30.0):
        assert metric.unit(score) == pytest.approx(eval(term, {"x": score, "max": max}))  # noqa: S307
    best = metric.bounds if metric.higher_is_better else metric.bounds[::-1]
    assert metric.unit(np.array(best)).tolist() == [0.0, 1.0]


def test_every_metric_has_a_peer() -> None:
    assert list(PEERS) == list(METRICS)
