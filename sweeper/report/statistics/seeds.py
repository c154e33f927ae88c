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
    from scipy.stats import t

    array = _exact(differences)
    if len(array) < 2:
        return None
    error = float(array.std(ddof=1)) / math.sqrt(len(array))
    if error < ROUNDING:
        return 1.0 if abs(array.mean()) < ROUNDING else 0.0
    return float(2 * t.sf(abs(array.mean()) / error, len(array) - 1))


def welch_p(ours: Scores, theirs: Scores) -> float | None:
    """Two-sided p-value of Welch's t-test (1947) of equal means over seeds that do not match.

    Args:
        ours: One score a seed.
        theirs: The other's, at any seeds.

    Returns:
        The p-value; 1 where all scores are one up to rounding, None with fewer than two on a side.
    """
    from scipy.stats import t

    sides = [np.asarray(side, dtype=np.float64) for side in (ours, theirs)]
    if min(map(len, sides)) < 2:
        return None
    gap = float(sides[0].mean() - sides[1].mean())
    parts = [float(side.var(ddof=1)) / len(side) for side in sides]
    if math.sqrt(sum(parts)) < ROUNDING:
        return 1.0 if abs(gap) < ROUNDING else 0.0
    freedom = satterthwaite(sum(parts), zip(parts, (len(side) - 1 for side in sides), strict=True))
    return float(2 * t.sf(abs(gap) / math.sqrt(sum(parts)), freedom))


def satterthwaite(variance: float, parts: Iterable[tuple[float, int]]) -> float:
    """Degrees of freedom of a variance that is a sum of estimated ones (Satterthwaite, 1946).

    Args:
        variance: The sum.
        parts: Each estimated part with its degrees of freedom; parts left out count as known exactly.
    """
    spread = sum(part**2 / freedom for part, freedom in parts)
    return variance**2 / spread if spread > 0 else math.inf


def _exact(differences: Scores) -> NDArray[np.float64]:
    array = np.asarray(differences, dtype=np.float64)
    return np.where(np.abs(array) < ROUNDING, 0.0, array)
