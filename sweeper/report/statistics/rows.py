"""Tests over dev rows: whether two sides differ by more than these rows make them, the networks fixed."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from model.overall import Overall
from model.tasks import Task

from .resampling import Runs
from .seeds import ROUNDING

Array = NDArray[np.float64]


def rounded(differences: Array) -> Array:
    """The same with 0 for what only the order of additions makes of it."""
    return np.where(np.abs(differences) < ROUNDING, 0.0, differences)


def row_p(resampled: Array, differing: int | None = None) -> float:
    """Two-sided p-value of no difference over rows.

    Args:
        resampled: The difference on each resample, ``[resamples]``.
        differing: On how many rows the sides differ, for the least that these can give; None: without it.
    """
    fewer = min(np.count_nonzero(resampled <= 0), np.count_nonzero(resampled >= 0))
    p = float(2 * (fewer + 1) / (len(resampled) + 1))
    if not fewer:
        # However far zero lies, so many resamples can say no less, and in a large family nothing is found.
        p = min(p, _normal_p(resampled))
    return min(1.0, p if differing is None else max(p, 2.0 ** (1 - differing)))


def _normal_p(resampled: Array) -> float:
    """The same for a difference that is normal over resamples, as sums over hundreds of rows nearly are."""
    from scipy.special import ndtr

    spread = resampled.std(ddof=1)
    return 2 * float(ndtr(-abs(resampled.mean()) / spread)) if spread else 0.0


def row_p_of_overall(
    tasks: Mapping[str, Task],
    ours: Mapping[str, Array],
    theirs: Mapping[str, Array],
    overall: Overall,
    differing: Mapping[str, int],
) -> float:
    """The p-value over rows of ``overall``, which no task carries in which hardly a row differs.

    It is floored as by the task with the fewest rows that differ; or, if that gives less, it is the larger
    one of that without a floor and of the same with the tasks of the fewest left out, floored by the others:
    then these would say as much if the former were the same on both sides.

    Args:
        tasks: The tasks.
        ours: For each task, and for ``overall``, the mean over the first side's observations on resampled
            rows, ``[resamples]``.
        theirs: The same of the second.
        overall: How ``overall`` follows from the tasks' scores.
        differing: Rows of each task on which the sides do not contribute the same to its score.
    """
    # One that does not count says nothing of overall, nor does one that is the same on both sides.
    counted = sorted((count, name) for name, count in differing.items() if count and overall.weight(name))
    whole = rounded(ours["overall"] - theirs["overall"])
    plain, found = row_p(whole), row_p(whole, counted[0][0] if counted else 0)
    for place, (count, _) in enumerate(counted[1:], start=1):
        if found <= plain:
            break
        alike = {name: ours[name] for _, name in counted[:place]}
        rest = rounded(overall.score(tasks, ours) - overall.score(tasks, {**theirs, **alike}))
        if rest.mean() * whole.mean() > 0:
            found = min(found, max(plain, row_p(rest, count)))
    return found


def differing_rows(task: Task, name: str, ours: Runs, theirs: Runs) -> int:
    """Rows on which the sides do not contribute the same to the score."""

    def contributions(runs: Runs) -> Array:
        given = np.stack([task.scorer.given(run[name]) for run in runs])
        return task.scorer.contributions(given, runs[0][name].labels).reshape(given.shape[1], -1)

    sides = contributions(ours), contributions(theirs)
    # A column a class: the one side may have predicted classes that the other one did not.
    widest = max(side.shape[1] for side in sides)
    one, other = (np.pad(side, ((0, 0), (0, widest - side.shape[1]))) for side in sides)
    return int(np.count_nonzero((one != other).any(axis=1)))
