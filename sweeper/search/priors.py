"""Values near those that the user thinks to be good: the `prior` of a range."""

from collections.abc import Mapping
from random import Random
from statistics import NormalDist
from typing import Any

from ..study.space import Choice, FloatRange, IntRange, Space

SPREAD = 0.25
"""Standard deviation of what is drawn near a prior, as a part of the range."""


def near(space: Mapping[str, Space], configuration: int, attempt: int, seed: int) -> dict[str, Any]:
    """Values for those entries that have a prior, of one configuration.

    The first configuration has the priors themselves, where they are of use; of the others every second one
    is drawn near them and the rest from the whole range, so that a prior that is wrong costs half of the
    draws at most.

    Method: a normal distribution about the prior, cut off at the ends of the range, as in Mallik et al.
    (2023, arXiv 2306.12370), on the scale of the range.

    Args:
        space: The space.
        configuration: Number of the configuration.
        attempt: How many draws for it were of no use before.
        seed: Seed of this draw.

    Returns:
        Nothing for a configuration that is drawn from the whole range.
    """
    ranges = {
        key: entry
        for key, entry in space.items()
        if not isinstance(entry, Choice) and entry.prior is not None
    }
    if configuration == attempt == 0:
        return {key: entry.prior for key, entry in ranges.items()}
    if configuration % 2 and ranges:
        random = Random(f"prior/{seed}")  # noqa: S311 - no secret
        return {key: _drawn(entry, random.random()) for key, entry in ranges.items()}
    return {}


def centre(entry: FloatRange | IntRange) -> float:
    """Where the prior of a range lies on its scale from 0 to 1; 0.5 without one."""
    # `prior` is of the type of its own range.
    return 0.5 if entry.prior is None else entry.unit(entry.prior)  # type: ignore[arg-type]


def _drawn(entry: FloatRange | IntRange, share: float) -> float:
    """The value at a share of the distribution about the prior that lies within the range."""
    about = NormalDist(centre(entry), SPREAD)
    low, high = about.cdf(0), about.cdf(1)
    return entry.at(min(max(about.inv_cdf(low + share * (high - low)), 0.0), 1.0))
