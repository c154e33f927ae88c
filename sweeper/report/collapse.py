"""What is degenerate about predictions: one answer, chance, a class with no row right. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from model.metrics.pearson import flat
from model.predictions import Predictions
from model.tasks import Task

from ..text import SHOWN_NAMES, one_line, plural, score, some_names
from .results import Results
from .statistics.comparison import Comparisons

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
    if flat(given):
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
    names = task.class_names
    empty = [
        one_line(names[label])
        for label in range(len(counts))
        if counts[label] and not right[own.labels == label].any()
    ]
    if not empty or scorer.needs_scores or scorer.of_one_class:
        return None
    return 2, f"no row of {'class' if len(empty) == 1 else 'classes'} {', '.join(empty)} right"


def collapses(results: Results, claims: Comparisons) -> Iterator[str]:
    """What is degenerate about the arms' best configurations.

    One line an arm and task; one a task where more arms have something than a line names.
    """
    of = "" if claims.results is results else f" of {claims.results.name}"
    for name, task in results.tasks.items():
        arms: dict[str, tuple[list[tuple[int, str, int]], int]] = {}
        for one in claims.leaders:
            runs = [(number, claims.results.predictions(number)) for number in one.numbers]
            there = [(number, run[name]) for number, run in runs if run is not None and name in run]
            found = [(*what, number) for number, own in there if (what := collapse(task, own))]
            if found:
                arms[one.arm] = found, len(there)
        if len(arms) > SHOWN_NAMES:
            every = [each for found, _ in arms.values() for each in found]
            whole = [arm for arm, (found, total) in arms.items() if len(found) == total]
            yield (
                f"{name}: {_degenerate(every, sum(total for _, total in arms.values()))} of the best "
                f"configurations of {len(arms)} arms{of} ({some_names(arms)})"
                f"{f'; all runs of {some_names(whole)}' if 0 < len(whole) < len(arms) else ''}."
            )
            continue
        for arm, (found, total) in arms.items():
            numbers = sorted(number for *_, number in found)
            trials = f"trial{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}{of}"
            yield (
                f"{one_line(arm)}, {name}: {_degenerate(found, total)} of its best configuration ({trials})."
            )


def _degenerate(found: Sequence[tuple[int, str, int]], total: int) -> str:
    """What is degenerate in how many runs, the worst first: ``no row of class 0 right in 2 of 3 runs``.

    Args:
        found: How bad it is, what it is, and the trial, of each run in which something is.
        total: All runs.
    """
    kinds = sorted(
        Counter((rank, text) for rank, text, _ in found).items(), key=lambda kind: (kind[0][0], -kind[1])
    )
    if len(kinds) == 1:
        return f"{kinds[0][0][1]} in {len(found)} of {plural(total, 'run')}"
    said = ", ".join(f"{text.rstrip(',')} in {count}" for (_, text), count in kinds[:SHOWN_NAMES])
    left = sum(count for _, count in kinds[SHOWN_NAMES:])
    more = f", the like in {left}" if left else ""
    return f"{said}{more}: {len(found)} of {plural(total, 'run')}"
