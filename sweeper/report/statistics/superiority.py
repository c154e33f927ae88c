"""P(A > B): how probable it is that a run of one side scores more than one of the other."""

import math
from dataclasses import dataclass

import numpy as np

from .seeds import ROUNDING, Scores

MEANINGFUL = 0.75
"""From here on a difference is worth acting on (Bouthillier et al., 2021, Accounting for Variance)."""

_Z = 1.959963984540054
"""The normal distribution's two-sided 95 % quantile."""


@dataclass(frozen=True)
class Superiority:
    """An estimate of P(A > B), in which a tie counts one half.

    Attributes:
        value: The estimate.
        low: Lower end of its 95 % interval.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def paired_superiority(differences: Scores) -> Superiority:
    """P(A > B) from pairs of runs at the same seeds, or of configurations with the same settings.

    The share of the pairs in which the first is better, with Wilson's interval (1927).

    Args:
        differences: One difference a pair, at least one.
    """
    array = np.asarray(differences, dtype=np.float64)
    value = float(np.mean(np.where(np.abs(array) < ROUNDING, 0.5, array > 0)))
    pairs = len(array)
    centre = (value + _Z**2 / (2 * pairs)) / (1 + _Z**2 / pairs)
    half = _Z / (1 + _Z**2 / pairs) * math.sqrt(value * (1 - value) / pairs + _Z**2 / (4 * pairs**2))
    return Superiority(value, max(0.0, centre - half), min(1.0, centre + half))


def unpaired_superiority(ours: Scores, theirs: Scores) -> Superiority:
    """P(A > B) from runs at seeds that do not match: Mann and Whitney's U over the number of pairs.

    The interval is Newcombe's (2006, Statistics in Medicine 25, method 5): the values of P at whose own
    standard error (Hanley and McNeil, 1982) the estimate lies 1.96 errors away.

    Args:
        ours: One score a run, at least one.
        theirs: The other's.
    """
    from scipy.optimize import brentq

    one, other = np.asarray(ours, dtype=np.float64)[:, None], np.asarray(theirs, dtype=np.float64)
    gaps = one - other
    value = float(np.mean(np.where(np.abs(gaps) < ROUNDING, 0.5, gaps > 0)))
    pairs, more = gaps.size, (len(one) + len(other)) / 2 - 1

    def beyond(theta: float) -> float:
        spread = theta * (1 - theta) * (1 + more * ((1 - theta) / (2 - theta) + theta / (1 + theta))) / pairs
        return (value - theta) ** 2 - _Z**2 * spread

    # At 0 and 1 themselves the error is none.
    low = brentq(beyond, 0.0, min(value, 1 - 1e-9)) if value > 0 else 0.0
    high = brentq(beyond, max(value, 1e-9), 1.0) if value < 1 else 1.0
    return Superiority(value, float(low), float(high))
