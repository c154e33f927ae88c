"""The bootstrap over dev rows: the scores that runs would have had on other dev sets of the same size."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from model.metrics import FLAT
from model.predictions import Predictions
from model.tasks import Task

from ...errors import InputError

RESAMPLES = 2000


SEED = 11711


_DRAWS_AT_ONCE = 100_000
"""Row numbers drawn in one piece: they fit a processor's cache, and memory does not grow with the rows."""

Runs = Sequence[Mapping[str, Predictions]]
"""Predictions by task of one run or more; the score of several is the mean of theirs."""


def resampled_scores(
    tasks: Mapping[str, Task], runs: Runs, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, NDArray[np.float64]]:
    """Scores of every run on resampled dev sets; all runs see the same resamples.

    The rows of each task are drawn with replacement, independently of those of the other tasks (Efron and
    Tibshirani, 1993, chapters 6 and 8).

    Args:
        tasks: The tasks.
        runs: Their predictions, of the same rows in every run.
        resamples: Number of resampled dev sets; default 2,000.
        seed: Seed of the draws; the same seed gives the same numbers.

    Returns:
        ``[runs, resamples]`` for ``overall`` and for each task, in the units of its metric.

    Raises:
        InputError: If runs predicted different rows, or no rows, or something that is not a finite number.
    """
    rng = np.random.default_rng(seed)
    scores: dict[str, NDArray[np.float64]] = {}
    for name, task in tasks.items():
        predicted, labels = _stacked(name, runs)
        if task.metric == "accuracy":
            scores[name] = _accuracies(predicted == labels, resamples, rng)
        else:
            scores[name] = _correlations(predicted, labels, resamples, rng)
    unit = [(scores[name] + 1) / 2 if tasks[name].metric == "pearson" else scores[name] for name in tasks]
    return {"overall": np.mean(unit, axis=0), **scores}


def _stacked(name: str, runs: Runs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predictions ``[runs, rows]`` and labels ``[rows]`` of a task."""
    first = runs[0][name]
    if not len(first.labels):
        raise InputError(f"task {name}: the dev set has no rows to score")
    if not all(run[name].same_rows(first) for run in runs):
        raise InputError(
            f"task {name}: the trials predicted different dev rows; compare trials on one data set"
        )
    predicted = np.stack([run[name].predicted for run in runs])
    bad = np.argwhere(~np.isfinite(predicted))
    if len(bad):
        run, row = bad[0]
        raise InputError(
            f"task {name}: row {first.ids[row]} has prediction {predicted[run, row]}, not a number"
        )
    return predicted, first.labels


def _accuracies(right: NDArray[np.bool_], resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    # Rows that the same runs got right are alike: drawing how many of each kind a resample has gives the
    # distribution that drawing the rows gives.
    kinds, counts = np.unique(right, axis=1, return_counts=True)
    rows = right.shape[1]
    accuracies: NDArray[np.float64] = kinds @ rng.multinomial(rows, counts / rows, size=resamples).T / rows
    return accuracies


def _correlations(
    predicted: NDArray[np.float64],
    labels: NDArray[np.float64],
    resamples: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Pearson's r of each resample from its sums of x, y, x², y² and xy; 0 where one of them is constant."""
    # Centred, so that the sums lose no digits.
    x, y = predicted - predicted.mean(axis=1, keepdims=True), (labels - labels.mean())[None]
    terms = np.concatenate([x, x**2, x * y, y, y**2]).T
    means = np.concatenate([share @ terms for share in _shares(len(labels), resamples, rng)]).T
    runs = len(predicted)
    mean_x, mean_xx, mean_xy = means[:runs], means[runs : 2 * runs], means[2 * runs : 3 * runs]
    mean_y, mean_yy = means[-2], means[-1]
    spread_x = np.sqrt(np.maximum(mean_xx - mean_x**2, 0))
    spread_y = np.sqrt(np.maximum(mean_yy - mean_y**2, 0))
    varied = spread_x > FLAT * np.abs(predicted).max(axis=1, keepdims=True)
    varied &= spread_y > FLAT * np.abs(labels).max()
    r = (mean_xy - mean_x * mean_y) / np.where(varied, spread_x * spread_y, 1.0)
    return np.clip(np.where(varied, r, 0.0), -1, 1)


def _shares(rows: int, resamples: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """The share of each row in some resamples at a time, ``[resamples, rows]``."""
    at_once = max(1, _DRAWS_AT_ONCE // rows)
    for start in range(0, resamples, at_once):
        number = min(at_once, resamples - start)
        drawn = rng.integers(0, rows, (number, rows)) + np.arange(number)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=number * rows).reshape(number, rows) / rows
