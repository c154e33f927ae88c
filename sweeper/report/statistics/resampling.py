"""The bootstrap over dev rows: the scores that runs would have had on other dev sets of the same size."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from model.metrics.own import RESAMPLES as RECORDED
from model.overall import Overall
from model.predictions import Predictions
from model.tasks import Task

from ...errors import InputError

RESAMPLES = 2000
"""Resampled dev sets, unless the caller says how many."""

_COMPARED = 10_000
"""Those on which arms are compared, among which p-values of a family of dozens are counted."""

SEED = 11711
"""Seed of their rows: the same study gives the same report."""

Runs = Sequence[Mapping[str, Predictions]]
"""Predictions by task of one run or more; the score of several is the mean of theirs."""


def resampled_scores(
    tasks: Mapping[str, Task],
    runs: Runs,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    overall: Overall | None = Overall(),  # noqa: B008 - frozen
) -> dict[str, NDArray[np.float64]]:
    """Scores of every run on resampled dev sets; all runs see the same resamples.

    The rows of each task are drawn with replacement, independently of those of the other tasks (Efron and
    Tibshirani, 1993, chapters 6 and 8).

    Args:
        tasks: The tasks.
        runs: Their predictions, of the same rows in every run.
        resamples: Number of resampled dev sets; default 2,000.
        seed: Seed of the draws; the same seed gives the same numbers.
        overall: How ``overall`` follows from the tasks' scores; None: it is left out.

    Returns:
        ``[runs, resamples]`` for ``overall`` and for each task, in the units of its metric.

    Raises:
        InputError: If runs predicted different rows, or no rows, or something that is not a finite number.
    """
    rng = np.random.default_rng(seed)
    scores: dict[str, NDArray[np.float64]] = {}
    for name, task in tasks.items():
        given, labels = _stacked(name, task, runs)
        scores[name] = task.scorer.resampled(given, labels, resamples, rng)
    return scores if overall is None else {"overall": overall.score(tasks, scores), **scores}


def compared_on(tasks: Mapping[str, Task]) -> int:
    """On how many resampled dev sets arms are compared: 10,000; of recorded scores on all that there are."""
    return RECORDED if any(task.scorer.recorded for task in tasks.values()) else _COMPARED


def _stacked(name: str, task: Task, runs: Runs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the metric is computed from ``[runs, rows]``, and labels ``[rows]`` of a task."""
    first = runs[0][name]
    if not len(first.labels):
        raise InputError(f"task {name}: the dev set has no rows to score")
    if not all(run[name].same_rows(first) for run in runs):
        raise InputError(
            f"task {name}: the trials predicted different dev rows; compare trials on one data set"
        )
    given = np.stack([task.scorer.given(run[name]) for run in runs])
    bad = np.argwhere(~np.isfinite(given))
    if len(bad):
        run, row = bad[0]
        raise InputError(f"task {name}: row {first.ids[row]} has prediction {given[run, row]}, not a number")
    return given, first.labels
