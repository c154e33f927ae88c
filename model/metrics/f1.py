"""F1: of one class, and its mean over the classes."""

import numpy as np

from .confusion import ConfusionMetric, ratio
from .metric import Scored, TaskMetric, Values


class F1(ConfusionMetric):
    """The harmonic mean of a class's precision and recall, 0-1 (van Rijsbergen, 1979).

    Args:
        positive: Number of the class; default 1, the second of two.
    """

    description = "F1 of one class (classes)"
    of_one_class = True
    undefined = (0.0, "no row of the class, and none predicted")

    def __init__(self, positive: int = 1) -> None:
        self.positive = positive

    def of(self, task: Scored) -> TaskMetric:
        """That of the task's `positive` class."""
        return F1(1 if task.positive is None else task.positive)

    def told_apart(self, classes: Values) -> Values:
        """1 for the class, 0 for all others."""
        told: Values = (classes == self.positive).astype(np.float64)
        return told

    def of_tables(self, tables: Values) -> Values:
        """2 TP / (2 TP + FP + FN)."""
        found: Values = np.take(_by_class(tables), 1, axis=-1)
        return found

    def defined(self, labels: Values) -> bool:
        """Whether there are rows of the class."""
        return bool((labels == self.positive).any())


class MacroF1(ConfusionMetric):
    """The mean of F1 over the classes that occur among labels or predictions, 0-1."""

    description = "mean F1 over the classes (classes)"

    def of_tables(self, tables: Values) -> Values:
        """The mean over the classes with a row."""
        occur = (tables.sum(axis=-1) + tables.sum(axis=-2) > 0).sum(axis=-1)
        found: Values = _by_class(tables).sum(axis=-1) / occur
        return found


def _by_class(tables: Values) -> Values:
    """F1 of each class, ``[..., classes]``; 0 of one that occurs nowhere."""
    return ratio(2 * np.diagonal(tables, axis1=-2, axis2=-1), tables.sum(axis=-1) + tables.sum(axis=-2))
