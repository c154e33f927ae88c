"""What an ensemble scores on some rows, beside the best single trial on the very same ones."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.overall import Overall
from model.tasks import Task

from ...report.statistics.intervals import Interval, mean_scores, score_intervals
from ...report.statistics.paired import Gap, Sample, compare_samples
from .halves import Run


@dataclass(frozen=True)
class ScoredRows:
    """Scores of an ensemble and of a single trial on the same rows.

    Attributes:
        tasks: The tasks that have such rows.
        rows: Number of them by task.
        scores: Of the ensemble and of the single trial, by name, ``overall`` among them.
        intervals: 95 % intervals of these scores over the rows.
        gaps: The ensemble less the single trial.
        undefined: The tasks whose labels allow no score.
    """

    tasks: Mapping[str, Task]
    rows: Mapping[str, int]
    scores: tuple[Mapping[str, float], Mapping[str, float]]
    intervals: tuple[Mapping[str, Interval], Mapping[str, Interval]]
    gaps: Mapping[str, Gap]
    undefined: frozenset[str]


def score_rows(tasks: Mapping[str, Task], overall: Overall, ensemble: Run, single: Run) -> ScoredRows:
    """Scores both, with the intervals of a report: bootstrap over rows, the networks held fixed.

    Args:
        tasks: The tasks.
        overall: How `overall` follows from their scores.
        ensemble: What it predicted.
        single: What the single trial predicted for the same rows.
    """
    ours, theirs = (mean_scores(tasks, [run], overall) for run in (ensemble, single))
    return ScoredRows(
        tasks,
        {name: len(ensemble[name].labels) for name in tasks},
        (ours, theirs),
        (
            score_intervals(tasks, [ensemble], overall=overall),
            score_intervals(tasks, [single], overall=overall),
        ),
        compare_samples(tasks, _sample(ours, ensemble), _sample(theirs, single), overall=overall),
        frozenset(name for name, task in tasks.items() if not task.scorer.defined(ensemble[name].labels)),
    )


def _sample(scores: Mapping[str, float], run: Run) -> Sample:
    """One network, or several together, as a side of a comparison."""
    return Sample((0,), {name: np.array([value]) for name, value in scores.items()}, [run])
