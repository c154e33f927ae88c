"""Spearman's rho of resampled rows, drawn and ranked anew."""

import numpy as np
import pytest
from scipy import stats

from model.metrics.draws import draws
from model.metrics.spearman import Spearman


@pytest.mark.parametrize("digits", [0, 5])
def test_each_resample_is_that_of_scipy(digits: int) -> None:
    rng = np.random.default_rng(8)
    labels, other = np.round(rng.normal(size=(2, 30)), digits)
    found = Spearman().resampled(np.stack([labels + other, other]), labels, 30, np.random.default_rng(9))
    drawn = np.concatenate(list(draws(30, 30, np.random.default_rng(9)))).astype(int)
    for place, counts in enumerate(drawn):
        x, y, z = (np.repeat(each, counts) for each in (labels + other, other, labels))
        expected = [stats.spearmanr(each, z).statistic for each in (x, y)]
        assert found[:, place] == pytest.approx(expected)


def test_a_constant_counts_as_no_correlation() -> None:
    assert Spearman().score(np.ones(5), np.arange(5.0)) == 0.0
    assert Spearman().resampled(np.ones((1, 5)), np.arange(5.0), 9, np.random.default_rng(1)).max() == 0.0
