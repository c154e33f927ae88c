"""Scores of groups of dev rows: by length, by label, by any column that the workload names. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.predictions import Predictions
from model.tasks import Task

from ...text import setting
from .intervals import Interval, score_intervals

LEAST_ROWS = 10
"""Rows below which a group's score says nothing; such groups are listed without one."""


LENGTHS = 4
"""Groups of about equal size by length."""


@dataclass(frozen=True)
class Group:
    """One group of the dev rows of a task.

    Attributes:
        task: The task.
        by: What groups the rows: ``words``, ``label`` or the name of a column.
        name: What the rows of the group have in common.
        rows: How many rows it has.
        score: Score on them by the task's metric; None with fewer than ten rows, or where their labels allow
            none.
        interval: 95 % interval of the score over such rows.
    """

    task: str
    by: str
    name: str
    rows: int
    score: float | None
    interval: Interval | None


def score_groups(tasks: Mapping[str, Task], predictions: Mapping[str, Predictions]) -> list[Group]:
    """All groups of a trial's dev rows, task by task.

    Classes are groups as they are; a similarity is cut at its whole numbers, and lengths at quartiles.

    Args:
        tasks: The tasks.
        predictions: The trial's predictions by task.
    """
    found = []
    for name, task in tasks.items():
        if task.scorer.recorded:  # of all rows alone
            continue
        for by, names, groups in _groupings(task, predictions[name]):
            for group in names:
                found.append(_score_group(name, task, by, group, predictions[name], groups == group))
    return found


def largest_gaps(found: list[Group]) -> dict[tuple[str, str], tuple[Group, Group]]:
    """For each task and grouping the groups with the highest and the lowest score, where they differ."""
    gaps = {}
    for key in dict.fromkeys((each.task, each.by) for each in found):
        scored = [each for each in found if (each.task, each.by) == key and each.score is not None]
        high, low = max(scored, key=_score, default=None), min(scored, key=_score, default=None)
        if high is not None and low is not None and high.score != low.score:
            gaps[key] = (high, low)
    return gaps


def _score(each: Group) -> float:
    return -np.inf if each.score is None else each.score


def _groupings(task: Task, found: Predictions) -> Iterator[tuple[str, list[str], NDArray[np.str_]]]:
    """Every grouping of a task's dev rows: by what, its groups in order, and that of each row, ``[rows]``."""
    if found.words is not None:
        lengths = _lengths(found.words)
        yield "words", _order(lengths), lengths
    if task.classes is not None:
        numbers = found.labels.astype(int)
        classes = task.class_names
        named = [classes[number] for number in np.unique(numbers)]
        yield "label", named, np.array(classes)[numbers]
    elif task.range is not None:
        low, high = task.range
        edges = np.arange(np.floor(low) + 1, high)
        names = [f"{setting(a)} to {setting(b)}" for a, b in zip([low, *edges], [*edges, high], strict=True)]
        parts = np.array(names)[np.digitize(found.labels, edges)]
        yield "label", _order(parts), parts
    for column, groups in found.groups.items():
        yield column, _order(groups), groups


def _lengths(words: NDArray[np.int64]) -> NDArray[np.str_]:
    """The group of each row by its number of words, such as ``5 to 9``, ``[rows]``."""
    edges = np.unique(np.quantile(words, np.arange(1, LENGTHS) / LENGTHS, method="higher"))
    places = np.digitize(words, edges)
    names = {}
    for place in np.unique(places):
        own = words[places == place]
        low, high = int(own.min()), int(own.max())
        names[place] = f"{low}" if low == high else f"{low} to {high}"
    return np.array([names[place] for place in places])


def _order(groups: NDArray[np.str_]) -> list[str]:
    def first_number(name: str) -> tuple[float, str]:
        head = name.split(" ", maxsplit=1)[0]
        try:
            return float(head), name
        except ValueError:
            return np.inf, name

    return sorted({str(group) for group in groups}, key=first_number)


def _score_group(  # noqa: PLR0917 - all of one group
    name: str, task: Task, by: str, group: str, found: Predictions, chosen: NDArray[np.bool_]
) -> Group:
    rows = int(chosen.sum())
    labels = found.labels[chosen]
    if rows < LEAST_ROWS or not task.scorer.defined(labels):
        return Group(name, by, group, rows, None, None)
    own = replace(
        found,
        ids=found.ids[chosen],
        predicted=found.predicted[chosen],
        labels=labels,
        groups={},
        scores=None if found.scores is None else found.scores[chosen],
    )
    value = task.score(own)
    interval = score_intervals({name: task}, [{name: own}])[name]
    return Group(name, by, group, rows, value, interval)
