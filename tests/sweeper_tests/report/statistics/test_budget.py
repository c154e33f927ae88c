from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.special import comb

from sweeper.report.statistics.budget import expected_best

SCORES = [0.61, 0.4, 0.55, 0.7, 0.4]


def test_the_best_of_k_is_the_mean_over_all_draws_of_k() -> None:
    found = expected_best(SCORES, [1, 2, 3, 4, 5])
    expected = [np.mean([max(drawn) for drawn in combinations(SCORES, k)]) for k in range(1, 6)]
    assert found.mean == pytest.approx(expected)


def test_the_band_is_that_of_scipys_bootstrap() -> None:
    scores = np.random.default_rng(1).normal(0.6, 0.05, 40)
    found = expected_best(scores, budgets=[1, 5, 20], resamples=5000)
    for position, budget in enumerate((1, 5, 20)):

        def best(sample: NDArray[np.float64], axis: int = -1, budget: int = budget) -> NDArray[np.float64]:
            # Of all ways to draw so many of 40, the share in which each rank is the highest.
            share = comb(np.arange(40), budget - 1, exact=False) / comb(40, budget, exact=False)
            return np.asarray(np.sort(sample, axis=axis) @ share)

        peer = stats.bootstrap((scores,), best, n_resamples=5000, method="percentile", rng=2)
        assert found.low[position] == pytest.approx(peer.confidence_interval.low, abs=0.003)
        assert found.high[position] == pytest.approx(peer.confidence_interval.high, abs=0.003)


def test_the_band_holds_the_best_of_k_draws_of_the_population() -> None:
    rng = np.random.default_rng(3)
    truth = float(stats.norm.expect(lambda x: 10 * x * stats.norm.cdf(x) ** 9))
    held = 0
    for number in range(1000):
        found = expected_best(rng.standard_normal(200), budgets=[10], resamples=400, seed=number)
        held += bool(found.low[0] <= truth <= found.high[0])
    assert 0.89 <= held / 1000 <= 0.97


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_the_curve_rises_from_the_mean_and_stays_below_the_best(scores: list[float]) -> None:
    found = expected_best(scores, range(1, len(scores) + 1), resamples=50)
    assert found.mean[0] == pytest.approx(np.mean(scores), abs=1e-12)
    assert (np.diff(found.mean) >= -1e-12).all()
    assert (found.mean <= max(scores) + 1e-12).all()
    assert (found.low <= found.high + 1e-12).all()


def test_it_is_right_on_average_where_drawing_with_replacement_is_too_low() -> None:
    rng = np.random.default_rng(4)
    truth = float(stats.norm.expect(lambda x: 10 * x * stats.norm.cdf(x) ** 9))
    found = [expected_best(rng.standard_normal(12), budgets=[10], resamples=2).mean[0] for _ in range(4000)]
    assert np.mean(found) == pytest.approx(truth, abs=4 * np.std(found) / np.sqrt(len(found)))


def test_one_trial_is_its_own_best() -> None:
    found = expected_best([0.6], [1])
    assert (found.mean[0], found.low[0], found.high[0]) == (0.6, 0.6, 0.6)
