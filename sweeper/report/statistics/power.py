"""What difference a study could have told apart, and how many seeds a smaller one would need."""

import math
from dataclasses import dataclass

import numpy as np

from ...text import LEVEL
from .spread import Spread

POWER = 0.8
"""How often a difference is to be found for a study to count as able to tell it apart."""

MOST_SEEDS = 1000
"""Seeds beyond which nobody goes."""

_QUANTILES = (np.arange(200) + 0.5) / 200
"""Where the distribution of a variance estimated from seeds is looked at, to take the mean over it."""


@dataclass(frozen=True)
class Detectable:
    """The smallest difference that a comparison could have told apart from none.

    Attributes:
        difference: The difference, found in 80 of 100 studies.
        seeds_for_half: Seeds on each side that half of it would need; None where `MOST_SEEDS` would not do,
            as the dev rows are too few.
    """

    difference: float
    seeds_for_half: int | None


def detectable(spread: Spread, family: int, settled: bool = False) -> Detectable | None:
    """What a comparison by rows and by seeds could have found with its seeds and rows.

    A difference is found where the t-test over seeds and the test over rows both reject. The smallest p-value
    of a family has, by Holm, to be below `LEVEL` over the family's size. The difference that a study sees
    varies with its seeds and with its rows.

    Args:
        spread: Spread of the difference.
        family: How many comparisons are adjusted for.
        settled: Whether nothing hangs on the seed, so that the test over seeds rejects whatever differs.

    Returns:
        The smallest difference; None with a single seed on a side, and where nothing varies, as where a
        configuration is compared with itself. None too where seeds give the same difference by accident: of
        their variance, and of what a t-test finds, nothing is known then.
    """
    if min(spread.runs) < 2 or not (settled or any(spread.seed)):
        return None
    level = LEVEL / max(family, 1)
    found = smallest(spread, level)
    return None if found == 0 else Detectable(found, _seeds_for(found / 2, spread, level))


def smallest(spread: Spread, level: float, seeds: int | None = None) -> float:
    """The smallest true difference that is found at 80 % power.

    Args:
        spread: Spread of the difference.
        level: Largest p-value that counts.
        seeds: Runs on each side, at least 2; None: as many as there were.
    """
    from scipy.optimize import brentq

    high = 50 * math.sqrt(spread.over_seeds(seeds) + spread.over_rows(seeds))
    if high == 0:
        return 0.0
    while power_of(high, spread, level, seeds) < POWER:
        high *= 4
    return float(brentq(lambda gap: power_of(gap, spread, level, seeds) - POWER, 0.0, high, xtol=1e-6))


def power_of(gap: float, spread: Spread, level: float, seeds: int | None = None) -> float:
    """How often a true difference is found, by both tests.

    Args:
        gap: The true difference.
        spread: Spread of the difference.
        level: Largest p-value that counts.
        seeds: Runs on each side; None: as many as there were.
    """
    from scipy.special import chdtri, ndtr, ndtri, stdtrit  # those of scipy.stats take twenty times as long

    error, rows = math.sqrt(spread.over_seeds(seeds)), math.sqrt(spread.over_rows(seeds))
    seen = max(math.sqrt(spread.together(seeds)), 1e-12)
    freedom = spread.freedom(seeds)
    drawn = error * np.sqrt(chdtri(freedom, 1 - _QUANTILES) / freedom)
    needed = np.maximum(stdtrit(freedom, 1 - level / 2) * drawn, ndtri(1 - level / 2) * rows)
    found = ndtr((gap - needed) / seen) + ndtr((-needed - gap) / seen)
    return float(found.mean())


def _seeds_for(gap: float, spread: Spread, level: float) -> int | None:
    """The fewest seeds on each side with which a difference is found; None where `MOST_SEEDS` do not."""
    low, high = 1, MOST_SEEDS
    if power_of(gap, spread, level, high) < POWER:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_of(gap, spread, level, middle) >= POWER else (middle, high)
    return high
