"""Whether one arm is better than another: paired comparisons on the same dev rows or the same seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from model.metrics import METRICS
from model.tasks import Task

from .intervals import Interval, mean_scores, percentiles
from .resampling import RESAMPLES, SEED, Runs, resampled_scores

_ROUNDING = 1e-9
"""Differences below it come from the order of additions in the networks or here; they count as none."""


@dataclass(frozen=True)
class Difference:
    """By how much one arm scores more than another.

    Attributes:
        value: Their difference; above 0, the first is better.
        interval: Its 95 % interval.
        p: Two-sided p-value of no difference.
    """

    value: float
    interval: Interval
    p: float

    def reversed(self) -> "Difference":
        """The same difference, seen from the other arm."""
        interval = replace(self.interval, low=-self.interval.high, high=-self.interval.low)
        return Difference(-self.value, interval, self.p)


class Verdict(StrEnum):
    """What a difference amounts to."""

    BETTER = "better"
    TIE = "tie"
    WORSE = "worse"


def verdict(difference: float, interval: Interval | None, p: float, alpha: float = 0.05) -> Verdict:
    """Calls a difference better or worse only if it stands out of the noise; else it is a tie.

    Args:
        difference: The difference; above 0, the first arm scores more.
        interval: Its 95 % interval; None, as of a single seed, is a tie.
        p: Its p-value, adjusted if it is one of a family.
        alpha: Largest share of false calls; default 0.05.
    """
    if interval is None or p >= alpha:
        return Verdict.TIE
    if difference > 0 and interval.low > 0:
        return Verdict.BETTER
    if difference < 0 and interval.high < 0:
        return Verdict.WORSE
    return Verdict.TIE


def score_differences(
    tasks: Mapping[str, Task], ours: Runs, theirs: Runs, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Difference]:
    """Paired bootstrap of the differences in `overall` and in each task's score.

    Both arms are scored on the same resampled dev rows (Efron and Tibshirani, 1993; Koehn, 2004). p is twice
    the share of resamples on the side of zero where fewer are, so p and interval agree. It is never less than
    2^(1 - m) of m rows on which the arms differ: the least that a sign test of them can give.

    Args:
        tasks: The tasks.
        ours: Runs of the first arm; several count with their mean score.
        theirs: Runs of the second.
        resamples: Number of resampled dev sets; default 2,000.
        seed: Seed of the draws; the same seed gives the same numbers.

    Returns:
        The difference in ``overall`` and in each task's score.

    Raises:
        InputError: As `resampled_scores`.
    """
    resampled = resampled_scores(tasks, [*ours, *theirs], resamples, seed)
    mine, others = mean_scores(tasks, ours), mean_scores(tasks, theirs)
    differing = {name: _differing_rows(task, name, ours, theirs) for name, task in tasks.items()}
    differing["overall"] = sum(differing.values())
    return {
        name: _difference(
            mine[name] - others[name],
            values[: len(ours)].mean(axis=0) - values[len(ours) :].mean(axis=0),
            differing[name],
        )
        for name, values in resampled.items()
    }


def _difference(value: float, resampled: NDArray[np.float64], differing: int) -> Difference:
    exact = np.where(np.abs(resampled) < _ROUNDING, 0.0, resampled)
    fewer = min(np.count_nonzero(exact <= 0), np.count_nonzero(exact >= 0))
    p = 2 * (fewer + 1) / (len(exact) + 1)
    return Difference(value, percentiles(exact), min(1.0, max(p, 2.0 ** (1 - differing))))


def _differing_rows(task: Task, name: str, ours: Runs, theirs: Runs) -> int:
    """Rows on which the arms do not contribute the same to the score."""

    def contributions(runs: Runs) -> NDArray[np.float64]:
        predicted = np.stack([run[name].predicted for run in runs])
        return METRICS[task.metric].contributions(predicted, runs[0][name].labels)

    return int(np.count_nonzero(contributions(ours) != contributions(theirs)))


def wilcoxon(differences: Sequence[float] | NDArray[np.float64]) -> float:
    """Two-sided p-value of Wilcoxon's signed-rank test (1945) that matched scores differ by nothing.

    Fewer than six pairs cannot give p < 0.05, however clear they are.

    Args:
        differences: One difference a matched seed or configuration; zeros, up to rounding, are left out.

    Returns:
        The p-value; 1 of no differences.
    """
    from scipy import stats

    array = np.asarray(differences, dtype=np.float64)
    array = array[np.abs(array) > _ROUNDING]
    return float(stats.wilcoxon(array).pvalue) if len(array) else 1.0


def holm(p: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjusts the p-values of a family so that one false call among all is as rare as alpha (Holm, 1979).

    Args:
        p: P-values of all comparisons made.

    Returns:
        The adjusted p-values in the same order, each to be compared with alpha itself.
    """
    array = np.asarray(p, dtype=np.float64)
    order = np.argsort(array)
    adjusted = np.empty_like(array)
    steps = array[order] * np.arange(len(array), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
