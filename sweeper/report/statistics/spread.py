"""How far a mean over training seeds, or a difference of two, would move on other seeds and other rows."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .intervals import Interval, percentiles
from .seeds import ROUNDING, satterthwaite

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """The variance of a mean over seeds, or of a difference of two means, in its parts.

    A score of one run is the arm's, plus what its seed does, plus what the rows do, plus what this seed does
    on these rows. The variance over the seeds of a study and the variance over resampled rows both hold the
    last part, so that their sum holds it twice.

    Attributes:
        runs: Number of runs of each side that varies on its own: one of a mean or of paired differences, two
            of a difference at seeds that do not match.
        seed: Variance of a single run of each side over seeds; it holds the interaction.
        interaction: Variance of a single run of each side that seed and rows make together.
        rows: Variance over rows of the mean, or of the difference; it holds the interaction over the runs.
    """

    runs: tuple[int, ...]
    seed: tuple[float, ...]
    interaction: tuple[float, ...]
    rows: float

    def freedom(self, runs: int | None = None) -> float:
        """Degrees of freedom over seeds of so many runs a side: Welch's, where there are two sides."""
        parts = [
            (seed / (runs or own), (runs or own) - 1) for seed, own in zip(self.seed, self.runs, strict=True)
        ]
        found = satterthwaite(sum(part for part, _ in parts), parts)
        return found if math.isfinite(found) else float(sum(freedom for _, freedom in parts))

    def over_seeds(self, runs: int | None = None) -> float:
        """Variance over seeds of the mean of so many runs a side; by default of those there were."""
        return sum(seed / (runs or own) for seed, own in zip(self.seed, self.runs, strict=True))

    def over_rows(self, runs: int | None = None) -> float:
        """Variance over rows of the mean of so many runs a side; by default of those there were."""
        return max(self.rows - self._shared(), 0.0) + self._shared(runs)

    def together(self, runs: int | None = None) -> float:
        """Variance over seeds and rows of the mean of so many runs a side; by default of those there were.

        Never less than over rows, however alike a few seeds came out.
        """
        return max(self.over_seeds(runs), self._shared(runs)) + max(self.rows - self._shared(), 0.0)

    def _shared(self, runs: int | None = None) -> float:
        return sum(part / (runs or own) for part, own in zip(self.interaction, self.runs, strict=True))


def spread_of(scores: Array, resampled: Array) -> Spread:
    """The spread of the mean of some runs, or of differences between runs that belong together.

    Args:
        scores: A score, or a difference, for each run, ``[runs]``.
        resampled: The same on resampled rows, ``[runs, resamples]``.
    """
    seed, interaction = _parts(scores, resampled)
    return Spread((len(scores),), (seed,), (interaction,), float(resampled.mean(axis=0).var()))


def spread_between(ours: tuple[Array, Array], theirs: tuple[Array, Array]) -> Spread:
    """The spread of the difference of two means over seeds that do not match.

    Args:
        ours: Scores ``[runs]`` and those on resampled rows ``[runs, resamples]``.
        theirs: The same of the other side, on the same resamples.
    """
    sides = (ours, theirs)
    parts = [_parts(*side) for side in sides]
    rows = float((ours[1].mean(axis=0) - theirs[1].mean(axis=0)).var())
    return Spread(
        tuple(len(scores) for scores, _ in sides),
        tuple(seed for seed, _ in parts),
        tuple(interaction for _, interaction in parts),
        rows,
    )


def _parts(scores: Array, resampled: Array) -> tuple[float, float]:
    """Variance of a single run over seeds, and its part that seed and rows make together."""
    runs = len(scores)
    if runs == 1:
        return 0.0, 0.0
    seed = float(np.var(scores, ddof=1))
    # Of the variance over rows a mean of S runs keeps all that the runs share, and a part S of the rest.
    alone, mean = float(resampled.var(axis=1).mean()), float(resampled.mean(axis=0).var())
    return (seed if seed > ROUNDING**2 else 0.0), max((alone - mean) * runs / (runs - 1), 0.0)


def interval_of(mean: float, spread: Spread, resampled: Array) -> Interval:
    """95 % interval of a mean over seeds, or of a difference of two, on other seeds and other rows.

    Its variance is that over seeds plus that over rows less the interaction, which both hold; Student's t
    with Satterthwaite's (1946) degrees of freedom. That an arm was chosen for its score is not in it. Of a
    single run only the rows are known: its interval is the bootstrap's over them.

    Args:
        mean: The mean, or the difference.
        spread: Its spread.
        resampled: The mean on resampled rows, ``[resamples]``.
    """
    from scipy.stats import t

    if min(spread.runs) < 2:
        return percentiles(resampled)
    variance = spread.together()
    if variance < ROUNDING**2:
        return Interval(mean, mean, "no spread over seeds or rows")
    parts = ((seed / runs, runs - 1) for seed, runs in zip(spread.seed, spread.runs, strict=True))
    half = float(t.ppf(0.975, satterthwaite(variance, parts))) * math.sqrt(variance)
    return Interval(mean - half, mean + half, "t over seeds and dev rows")
