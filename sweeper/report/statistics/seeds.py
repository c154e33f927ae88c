"""Tests over training seeds: whether two sides differ by more than their seeds make them."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Scores = Sequence[float] | NDArray[np.float64]

ROUNDING = 1e-9
"""Differences below it come from the order of additions in the networks or here; they count as none."""


SETTLED = 3
"""Seeds that must all score the same before the trainer is taken for one that draws nothing."""


def seeds_p(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], matched: bool, settled: bool = False
) -> float | None:
    """Two-sided p-value that two sides differ by nothing but their seeds.

    Where all seeds of both sides give the same, three or more of them, nothing hangs on the seed, and a
    difference is none of seeds: 0.

    Args:
        ours: One score a seed.
        theirs: The other's.
        matched: Whether they are at the same seeds, in the same order.
        settled: Whether on each side the predictions are the same at all seeds, and no one answer for all
            rows. Equal scores do not say so: a network that fails to learn gives one answer at one seed and
            another at the next, and scores may be coarse.

    Returns:
        The p-value; None with fewer than two on a side.
    """
    alike = max(ours.std(), theirs.std()) < ROUNDING
    if settled and alike and min(len(ours), len(theirs)) >= SETTLED:
        return 1.0 if abs(ours.mean() - theirs.mean()) < ROUNDING else 0.0
    return paired_p(ours - theirs) if matched else welch_p(ours, theirs)


def paired_p(differences: Scores) -> float | None:
    """Two-sided p-value of Student's paired t-test (1908) that scores at the same seeds differ by nothing.

    Args:
        differences: One difference a seed, or a configuration.

    Returns:
        The p-value; 1 where all differences are zero up to rounding, None with fewer than two. Where all are
        the same and not zero, as those of coarse scores can be, t has no bound: there it is that of Fisher's
        test of signs (1935), 2 of 2^n.
    """
    from scipy.stats import ttest_1samp

    array = np.asarray(differences, dtype=np.float64)
    if len(array) < 2:
        return None
    if array.std() < ROUNDING:  # SciPy's has no number for it
        return 1.0 if abs(array.mean()) < ROUNDING else 2.0 ** (1 - len(array))
    return float(ttest_1samp(array, 0.0).pvalue)


def welch_p(ours: Scores, theirs: Scores) -> float | None:
    """Two-sided p-value of Welch's t-test (1947) of equal means over seeds that do not match.

    Args:
        ours: One score a seed.
        theirs: The other's, at any seeds.

    Returns:
        The p-value; 1 where all scores are one up to rounding, None with fewer than two on a side. Where no
        side varies and they differ, t has no bound: there it is that of Fisher's permutation test (1935), 2
        of all ways to deal the scores to two sides.
    """
    from scipy.stats import ttest_ind_from_stats

    sides = [np.asarray(side, dtype=np.float64) for side in (ours, theirs)]
    if min(map(len, sides)) < 2:
        return None
    if max(side.std() for side in sides) < ROUNDING:
        orders = math.comb(len(sides[0]) + len(sides[1]), len(sides[0]))
        return 1.0 if abs(sides[0].mean() - sides[1].mean()) < ROUNDING else min(1.0, 2 / orders)
    # From means and deviations: of the scores themselves SciPy prints a warning where one side does not vary.
    moments = [moment for side in sides for moment in (side.mean(), side.std(ddof=1), len(side))]
    return float(ttest_ind_from_stats(*moments, equal_var=False).pvalue)


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
