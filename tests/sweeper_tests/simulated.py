"""Dev predictions drawn from known distributions, for the tests of the statistics."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.predictions import Predictions
from sweeper.report.statistics.intervals import mean_scores
from sweeper.report.statistics.paired import Sample

from .made import study

TASKS = study().tasks
"""sst and para are scored by accuracy, sts by Pearson's r."""

Run = dict[str, Predictions]


def sample(runs: Sequence[Run], seeds: Sequence[int] | None = None) -> Sample:
    """Runs as a side of a comparison, at seeds from 0 unless others are given."""
    tasks = {name: TASKS[name] for name in runs[0]}
    each = [mean_scores(tasks, [run]) for run in runs]
    scores = {name: np.array([one[name] for one in each]) for name in each[0]}
    return Sample(tuple(range(len(runs)) if seeds is None else seeds), scores, runs)


def predictions(predicted: ArrayLike, labels: ArrayLike) -> Predictions:
    labels = np.asarray(labels, dtype=np.float64)
    return Predictions(np.arange(len(labels)).astype(str), np.asarray(predicted, dtype=np.float64), labels)


def classified(right: NDArray[np.bool_]) -> Predictions:
    """Two classes, predicted right or wrong as told."""
    labels = np.arange(len(right)) % 2
    return predictions(np.where(right, labels, 1 - labels), labels)


def correlated(rng: np.random.Generator, labels: NDArray[np.float64], rho: float) -> Predictions:
    """Scores whose correlation with normal labels is rho in the population."""
    noise = rng.standard_normal(len(labels))
    return predictions(rho * labels + np.sqrt(1 - rho**2) * noise, labels)


def run(rng: np.random.Generator, rows: int, sst: float, para: float, rho: float) -> Run:
    """A run of which the population's accuracies and correlation are known."""
    return {
        "sst": classified(rng.random(rows) < sst),
        "para": classified(rng.random(rows) < para),
        "sts": correlated(rng, rng.standard_normal(rows), rho),
    }


def alike(rng: np.random.Generator, rows: int) -> tuple[Run, Run]:
    """Two runs that are equally good in the population and often right or wrong together."""
    easy = {task: rng.random(rows) < 0.75 for task in ("sst", "para")}
    labels, shared = rng.standard_normal((2, rows))

    def one() -> Run:
        right = {
            task: np.where(rng.random(rows) < 0.7, each, rng.random(rows) < 0.7)
            for task, each in easy.items()
        }
        scores = predictions(0.7 * labels + 0.5 * shared + 0.5 * rng.standard_normal(rows), labels)
        return {"sst": classified(right["sst"]), "para": classified(right["para"]), "sts": scores}

    return one(), one()
