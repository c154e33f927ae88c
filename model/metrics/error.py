"""Mean squared and mean absolute error of predicted scores."""

from abc import abstractmethod

import numpy as np

from .draws import draws
from .metric import Score, Scored, TaskMetric, Values


class MeanError(TaskMetric):
    """The mean over rows of an error; 0 is the best.

    In `overall` it is 1 - its share of the largest error that the range allows, at least 0.

    Args:
        span: The range's highest score less its lowest.
    """

    labels = "range"
    higher_is_better = False
    row_test_name = "paired t over the rows' errors"

    def __init__(self, span: float = 1.0) -> None:
        with np.errstate(over="ignore"):  # of a range so wide that its file is refused
            self.bounds = (0.0, float(self.errors(np.array(span))))

    def of(self, task: Scored) -> TaskMetric:
        """That of the task's range."""
        low, high = task.range or (0.0, 1.0)
        return type(self)(high - low)

    @staticmethod
    @abstractmethod
    def errors(distances: Values) -> Values:
        """What distances of predictions from labels count."""

    def score(self, predictions: Values, labels: Values) -> float:
        """The mean of the errors."""
        return float(self.errors(predictions - labels).mean())

    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """Means of the errors of the rows that are drawn."""
        errors, rows = self.errors(predictions - labels).T, len(labels)
        return np.concatenate([drawn @ errors / rows for drawn in draws(rows, resamples, rng)]).T

    def row_test(self, ours: Values, theirs: Values, labels: Values) -> float:
        """Two-sided p-value of equal means by Student's paired t-test (1908); 1 of fewer than two rows.

        Where all rows have the same gap t has no bound: there it is that of Fisher's test of signs (1935).
        """
        from scipy.stats import ttest_1samp

        gaps = self.errors(ours - labels) - self.errors(theirs - labels)
        if len(gaps) < 2 or not gaps.any():
            return 1.0
        if np.ptp(gaps) == 0:
            return 2.0 ** (1 - len(gaps))
        return float(ttest_1samp(gaps, 0.0).pvalue)

    def contributions(self, predictions: Values, labels: Values) -> Values:
        """The mean over the runs of each row's error."""
        means: Values = self.errors(predictions - labels).mean(axis=0)
        return means

    def unit(self, score: Score) -> Score:
        """1 - the share of the largest error, at least 0."""
        unit: Score = np.maximum(1 - score / self.bounds[1], 0.0)
        return unit

    def term(self, name: str) -> str:
        """``max(0, 1 - sts / 25)``."""
        most = self.bounds[1]
        return f"max(0, 1 - {name}{'' if most == 1 else f' / {most:g}'})"


class MeanSquaredError(MeanError):
    """The mean squared error, in squared units of the labels."""

    description = "mean squared error (range; lower is better)"

    @staticmethod
    def errors(distances: Values) -> Values:
        """Their squares."""
        squares: Values = distances**2
        return squares


class MeanAbsoluteError(MeanError):
    """The mean absolute error, in the units of the labels."""

    description = "mean absolute error (range; lower is better)"

    @staticmethod
    def errors(distances: Values) -> Values:
        """Their amounts."""
        return np.abs(distances)
