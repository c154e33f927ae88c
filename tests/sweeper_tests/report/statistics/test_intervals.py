from collections import Counter
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from model.overall import Overall
from sweeper.errors import InputError
from sweeper.report.statistics.intervals import (
    mean_scores,
    score_intervals,
)
from sweeper.report.statistics.resampling import resampled_scores
from tests.sweeper_tests.report.statistics.coverage import covered, populations
from tests.sweeper_tests.simulated import TASKS, classified, predictions, run

STUDIES = 1000
ONE_TASK = {kind: {kind: TASKS[kind]} for kind in ("sst", "sts")}


def r_or_zero(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """SciPy's correlation; 0 where it is not defined."""
    return float(stats.pearsonr(x, y).statistic) if np.ptp(x) > 0 and np.ptp(y) > 0 else 0.0


def test_the_scores_are_those_of_scipy_and_of_the_trainer() -> None:
    rng = np.random.default_rng(1)
    runs = [run(rng, 200, 0.7, 0.8, 0.6) for _ in range(2)]
    means = mean_scores(TASKS, runs)
    each = [one["sts"] for one in runs]
    assert means["sts"] == pytest.approx(np.mean([r_or_zero(one.predicted, one.labels) for one in each]))
    resampled = resampled_scores(TASKS, runs[:1])
    first = {name: float(values[0, 0]) for name, values in resampled.items()}
    assert first["overall"] == pytest.approx(Overall().score(TASKS, first))


def test_resamples_of_a_small_dev_set_occur_as_often_as_in_their_full_enumeration() -> None:
    x, y = np.array([0.1, 0.4, 0.35, 2.0]), np.array([1.0, 2.0, 4.0, 3.0])
    expected = Counter(
        round(r_or_zero(x[list(rows)], y[list(rows)]), 9) for rows in product(range(4), repeat=4)
    )
    found = resampled_scores(ONE_TASK["sts"], [{"sts": predictions(x, y)}], resamples=100_000)["sts"][0]
    seen = Counter(np.round(found, 9))
    assert set(map(abs, seen)) <= set(map(abs, expected))
    for value, count in expected.items():
        assert seen[value] / 100_000 == pytest.approx(count / 4**4, abs=0.006)


@pytest.mark.parametrize("right", [40, 0, 31])
def test_overall_of_one_task_is_as_sure_as_its_score(right: int) -> None:
    """Also where each resample has the same score."""
    runs = [{"sst": classified(np.arange(40) < right)}]
    found = score_intervals(ONE_TASK["sst"], runs)
    assert (found["overall"].low, found["overall"].high) == (found["sst"].low, found["sst"].high)
    if right != 31:
        expected = proportion_confint(right, 40, method="wilson")
        assert (found["overall"].low, found["overall"].high) == pytest.approx(expected)


def test_overall_without_a_spread_has_the_ends_of_its_tasks() -> None:
    tasks = dict.fromkeys(("one", "other"), TASKS["sst"])
    runs = [{"one": classified(np.ones(40, bool)), "other": classified(np.zeros(90, bool))}]
    found = score_intervals(tasks, runs)["overall"]
    ends = [proportion_confint(count, rows, method="wilson") for count, rows in ((40, 40), (0, 90))]
    assert (found.low, found.high) == pytest.approx(np.mean(ends, axis=0))


def test_resampled_accuracies_are_binomial_and_runs_share_their_rows() -> None:
    right = np.arange(10) < 7
    runs = [{"sst": classified(right)}, {"sst": classified(~right)}, {"sst": classified(right)}]
    found = resampled_scores(ONE_TASK["sst"], runs, resamples=100_000)["sst"]
    counts = np.bincount(np.round(found[0] * 10).astype(int), minlength=11)
    assert counts / 100_000 == pytest.approx(stats.binom.pmf(np.arange(11), 10, 0.7), abs=0.006)
    assert found[0] + found[1] == pytest.approx(np.ones(100_000))
    assert np.array_equal(found[0], found[2])


def test_intervals_are_those_of_scipys_bootstrap() -> None:
    one = run(np.random.default_rng(3), 300, 0.6, 0.9, 0.7)
    found = score_intervals(TASKS, [one], resamples=20_000)
    right = {task: (one[task].predicted == one[task].labels).astype(float) for task in ("sst", "para")}
    x, y = one["sts"].predicted, one["sts"].labels

    def correlation(a: NDArray[np.float64], b: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        return np.asarray(stats.pearsonr(a, b, axis=axis).statistic)

    def bootstrap(data: tuple[NDArray[np.float64], ...], of: Callable[..., object], paired: bool) -> object:
        return stats.bootstrap(
            data, of, paired=paired, vectorized=True, n_resamples=5000, batch=500, method="percentile", rng=4
        )

    peers = {task: bootstrap((each,), np.mean, False) for task, each in right.items()}
    peers["sts"] = bootstrap((x, y), correlation, True)
    for name, peer in peers.items():
        expected = (peer.confidence_interval.low, peer.confidence_interval.high)  # type: ignore[attr-defined]
        assert (found[name].low, found[name].high) == pytest.approx(expected, abs=0.006)
    variances = [peer.standard_error**2 for peer in peers.values()]  # type: ignore[attr-defined]
    half = 1.96 * np.sqrt(variances[0] + variances[1] + variances[2] / 4) / 3
    assert (found["overall"].high - found["overall"].low) / 2 == pytest.approx(half, rel=0.03)


def test_the_same_seed_gives_the_same_interval() -> None:
    one = run(np.random.default_rng(5), 50, 0.6, 0.9, 0.7)
    assert score_intervals(TASKS, [one]) == score_intervals(TASKS, [one])
    assert score_intervals(TASKS, [one]) != score_intervals(TASKS, [one], seed=6)


def test_19_of_20_intervals_over_dev_rows_hold_the_truth() -> None:
    truth = {"sst": 0.55, "para": 0.85, "sts": 0.75}
    truth["overall"] = Overall().score(TASKS, truth)
    rng = np.random.default_rng(7)
    held = dict.fromkeys(truth, 0)
    for number in range(STUDIES):
        one = run(rng, 250, truth["sst"], truth["para"], truth["sts"])
        for name, interval in score_intervals(TASKS, [one], resamples=1000, seed=number).items():
            held[name] += interval.low <= truth[name] <= interval.high
    for name, count in held.items():
        assert 0.93 <= count / STUDIES <= 0.97, name


@pytest.mark.parametrize(("right", "rows"), [(40, 40), (0, 40), (1, 1), (0, 1)])
def test_an_accuracy_without_spread_has_wilsons_interval(right: int, rows: int) -> None:
    found = score_intervals(ONE_TASK["sst"], [{"sst": classified(np.arange(rows) < right)}])["sst"]
    assert found.method == "Wilson"
    assert (found.low, found.high) == pytest.approx(proportion_confint(right, rows, method="wilson"))


def test_little_is_said_of_a_correlation_of_few_rows_and_0_of_a_constant() -> None:
    few = score_intervals(ONE_TASK["sts"], [{"sts": predictions([1, 2, 4], [1, 2, 3])}])["sts"]
    assert (few.low, few.high, few.method) == (-1, 1, "too few rows")
    constant = score_intervals(ONE_TASK["sts"], [{"sts": predictions([0.3] * 5, [1, 2, 3, 4, 5])}])
    assert (constant["sts"].low, constant["sts"].high) == (0, 0)
    assert (constant["overall"].low, constant["overall"].high) == (0.5, 0.5)


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e9])
@pytest.mark.parametrize("offset", [0.0, 1e5])
def test_the_scale_of_scores_does_not_matter(factor: float, offset: float) -> None:
    # Of the first three rows alone, x and y are constant: rounding must not make that a correlation.
    one = predictions([0.1, 0.1, 0.1, 0.7, 0.35], [1.3, 1.3, 1.3, 2.6, 3.9])
    other = predictions((one.predicted + offset) * factor, one.labels * max(factor, 1))
    expected = resampled_scores(ONE_TASK["sts"], [{"sts": one}])["sts"]
    assert resampled_scores(ONE_TASK["sts"], [{"sts": other}])["sts"] == pytest.approx(expected, abs=1e-8)


def test_bad_predictions_are_named() -> None:
    good, bad = predictions([1, 0], [1, 0]), predictions([1, np.nan], [1, 0])
    with pytest.raises(InputError, match="task sst: row 1 has prediction nan"):
        score_intervals(ONE_TASK["sst"], [{"sst": bad}])
    with pytest.raises(InputError, match="task sst: the trials predicted different dev rows"):
        resampled_scores(ONE_TASK["sst"], [{"sst": good}, {"sst": predictions([1, 0], [0, 0])}])
    with pytest.raises(InputError, match="task sst: the dev set has no rows"):
        score_intervals(ONE_TASK["sst"], [{"sst": predictions([], [])}])


@pytest.mark.parametrize("name", ["f1", "macro_f1", "mcc", "kappa_quadratic", "auc", "spearman", "mse"])
def test_intervals_of_every_kind_of_metric_hold_the_truth(name: str) -> None:
    [population] = [one for one in populations() if one.name == name and one.share in (None, 0.1)]
    assert 0.91 <= covered(population, 200, resamples=500) <= 0.99
