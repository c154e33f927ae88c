"""The dev rows of a task on which two trials disagree. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.metrics import TaskMetric
from model.predictions import Predictions
from model.tasks import Task

from ..text import one_line
from .spreadsheet import cell

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Disagreement:
    """What two trials predicted for the same dev rows.

    Attributes:
        metric: The task's, with what it knows of the task.
        ours: Predictions of the one trial.
        theirs: Those of the other, for the same rows in the same order.
    """

    metric: TaskMetric
    ours: Predictions
    theirs: Predictions

    @property
    def of_classes(self) -> bool:
        """Whether a prediction is right or wrong; of scores it is more or less far from the label."""
        return self.metric.labels == "classes"

    def right(self, ours: bool, theirs: bool) -> Places:
        """The rows that each of the two got right, or did not, in their order."""
        labels = self.ours.labels
        found: Places = np.flatnonzero(
            ((self.ours.predicted == labels) == ours) & ((self.theirs.predicted == labels) == theirs)
        )
        return found

    def nearer(self) -> NDArray[np.float64]:
        """By how much we are nearer to each label than they are, in units of the labels, ``[rows]``."""
        labels = self.ours.labels
        nearer: NDArray[np.float64] = np.abs(self.theirs.predicted - labels) - np.abs(
            self.ours.predicted - labels
        )
        return nearer

    def apart(self) -> Places:
        """The rows whose errors differ, the most different first, equals in their order."""
        nearer = self.nearer()
        order = np.argsort(-np.abs(nearer), kind="stable")
        found: Places = order[nearer[order] != 0]
        return found

    def different(self) -> Places:
        """The rows with two predictions, in their order."""
        found: Places = np.flatnonzero(self.ours.predicted != self.theirs.predicted)
        return found

    def p(self) -> float | None:
        """Of equal scores, by the row test of the metric; None where it has none."""
        given = self.metric.given
        return self.metric.row_test(given(self.ours), given(self.theirs), self.ours.labels)


def disagreements(
    tasks: Mapping[str, Task], ours: Mapping[str, Predictions], theirs: Mapping[str, Predictions]
) -> dict[str, Disagreement]:
    """The tasks on which two trials predicted the same rows.

    Args:
        tasks: The tasks.
        ours: Predictions of the one trial, by task.
        theirs: Those of the other.
    """
    return {
        name: Disagreement(task.scorer, ours[name], theirs[name])
        for name, task in tasks.items()
        if name in ours and name in theirs and ours[name].same_rows(theirs[name])
    }


def as_csv(found: Mapping[str, Disagreement], names: Iterable[str]) -> str:
    """Every row with two predictions: task, id, label, both predictions, numbers in full.

    Args:
        found: What they disagree on, by task.
        names: What the two trials are called in the headings.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("task", "id", "label", *map(cell, names)))
    for task, each in found.items():
        for row in each.different():
            numbers = (each.ours.labels[row], each.ours.predicted[row], each.theirs.predicted[row])
            writer.writerow((cell(task), cell(one_line(str(each.ours.ids[row]))), *map(_number, numbers)))
    return file.getvalue()


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
