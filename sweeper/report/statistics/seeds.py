"""Tests over training seeds: whether two sides differ by more than their seeds make them."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Scores = Sequence[float] | NDArray[np.float64]

ROUNDING = 1e-9
"""Differences below it come from the order of additions in the networks or here; they count as none."""


def paired_p(differences: Scores) -> float | None:
    """Two-sided p-value of Student's paired t-test (1908) that scores at the same seeds differ by nothing.

    Args:
        differences: One difference a seed, or a configuration.

    Returns:
        The p-value; 1 where all differences are zero up to rounding, None with fewer than two.
    """
    from scipy.stats import ttest_1samp

    array = np.asarray(differences, dtype=np.float64)
    if len(array) < 2:
        return None
    if array.std() < ROUNDING:  # SciPy's has no number for it
        return 1.0 if abs(array.mean()) < ROUNDING else 0.0
    return float(ttest_1samp(array, 0.0).pvalue)


def welch_p(ours: Scores, theirs: Scores) -> float | None:
    """Two-sided p-value of Welch's t-test (1947) of equal means over seeds that do not match.

    Args:
        ours: One score a seed.
        theirs: The other's, at any seeds.

    Returns:
        The p-value; 1 where all scores are one up to rounding, None with fewer than two on a side.
    """
    from scipy.stats import ttest_ind

    sides = [np.asarray(side, dtype=np.float64) for side in (ours, theirs)]
    if min(map(len, sides)) < 2:
        return None
    if max(side.std() for side in sides) < ROUNDING:
        return 1.0 if abs(sides[0].mean() - sides[1].mean()) < ROUNDING else 0.0
    return float(ttest_ind(*sides, equal_var=False).pvalue)


def satterthwaite(variance: float, parts: Iterable[tuple[float, int]]) -> float:
    """Degrees of freedom of a variance that is a sum of estimated ones (Satterthwaite, 1946).

    Args:
        variance: The sum.
        parts: Each estimated part with its degrees of freedom; parts left out count as known exactly.
    """
    spread = sum(part**2 / freedom for part, freedom in parts)
    return variance**2 / spread if spread > 0 else math.inf


def larger(one: float | None, other: float | None) -> float | None:
    """The larger of two p-values; None where one is not known."""
    return None if one is None or other is None else max(one, other)
