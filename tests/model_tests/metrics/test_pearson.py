"""Pearson's r and its test against SciPy and published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from model.metrics.pearson import Pearson, williams

PEARSON = Pearson()
STUDIES = 2000


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=30), st.integers(1, 9), st.integers(-9, 9))
def test_of_a_line_it_is_one(values: list[int], slope: int, offset: int) -> None:
    x = np.array(values, dtype=float)
    expected = 1.0 if len(set(values)) > 1 else 0.0
    assert PEARSON.score(x, slope * x + offset) == pytest.approx(expected, abs=1e-9)


def test_correlation_with_a_constant_counts_as_none() -> None:
    assert PEARSON.score(np.full(9, 0.1), np.arange(9.0)) == 0.0


@pytest.mark.parametrize("value", [1.0, -0.3, 4.7])
def test_predictions_that_differ_by_rounding_alone_are_a_constant(value: float) -> None:
    steps = np.float32(value) + np.arange(-1, 2, dtype=np.float32) * np.spacing(np.float32(value))
    rounded = np.resize(steps, 60).astype(float)
    assert PEARSON.score(rounded, rounded) == 0.0
    assert PEARSON.score(rounded * (1 + 1e-4 * np.arange(60)), np.arange(60.0)) != 0.0


def test_williams_gives_the_published_value() -> None:
    """Howell, Statistical Methods for Psychology, 6th edition, page 262: t(23) = 1.36."""
    assert williams(0.80, 0.72, 0.89, 26) == pytest.approx(2 * stats.t.sf(1.361, 23), abs=2e-4)
    assert williams(0.72, 0.80, 0.89, 26) == williams(0.80, 0.72, 0.89, 26)
    assert williams(0.9, -0.9, -1, 26) == 1
    assert williams(0.9, 0.1, 0.5, 3) == 1


@pytest.mark.parametrize("rows", [20, 200])
def test_williams_finds_1_in_20_of_equal_correlations_different(rows: int) -> None:
    rng = np.random.default_rng(8)
    labels, shared = rng.standard_normal((2, STUDIES, rows))
    ours, theirs = 0.6 * labels + 0.5 * shared + 0.6 * rng.standard_normal((2, STUDIES, rows))
    p = [PEARSON.row_test(a, b, y) for a, b, y in zip(ours, theirs, labels, strict=True)]
    assert 0.035 <= np.mean(np.array(p) < 0.05) <= 0.065
