"""What is degenerate about a trial's predictions: one answer, chance, a class with no row right. Pure."""

import numpy as np

from model.predictions import Predictions
from model.tasks import Task

from ..text import one_line, plural, score

NEAR = 1e-9
"""A score this close to a constant's is its score."""


def collapse(task: Task, own: Predictions) -> tuple[int, str] | None:
    """What is degenerate about a run's predictions for a task: how bad, 0 the worst, and in words.

    Args:
        task: The task.
        own: The predictions.

    Returns:
        0: one answer for all rows, or no score; 1: one that the largest class alone, or chance, would reach;
        2: a class of which no row is right, where the score is one of all classes. None if nothing is.
    """
    if not len(own.labels):
        return None
    scorer = task.scorer
    if not scorer.defined(own.labels):
        missing = "one label for all dev rows" if np.ptp(own.labels) == 0 else "no dev row of its class"
        return 0, f"{missing}, so that its score is not defined,"
    given = own.predicted if scorer.recorded else scorer.given(own)
    if np.ptp(given) <= NEAR * max(1.0, float(np.abs(given).max())):
        return 0, f"the same answer for all {plural(len(own.labels), 'dev row')}"
    return _collapse_of_classes(task, own) if task.classes is not None else None


def _collapse_of_classes(task: Task, own: Predictions) -> tuple[int, str] | None:
    scorer, right = task.scorer, own.predicted == own.labels
    counts = np.bincount(own.labels.astype(int), minlength=task.classes or 0)
    share = float(counts.max()) / len(own.labels)
    if task.metric == "accuracy" and right.mean() <= share + NEAR:
        return 1, f"accuracy no more than the largest class's share, {score(share)},"
    if scorer.chance is not None and (value := task.score(own)) <= scorer.chance + NEAR:
        return 1, f"{task.metric} {score(value)}, no more than chance gives,"
    empty = [
        one_line(task.class_names[label])
        for label in range(len(counts))
        if counts[label] and not right[own.labels == label].any()
    ]
    if not empty or scorer.needs_scores or scorer.of_one_class:
        return None
    return 2, f"no row of {'class' if len(empty) == 1 else 'classes'} {', '.join(empty)} right"
