"""The share of rows whose class was predicted."""

import numpy as np

from .draws import draws
from .metric import TaskMetric, Values


class Accuracy(TaskMetric):
    """Right rows over all rows, 0-1."""

    description = "accuracy (classes)"
    labels = "classes"
    row_test_name = "exact McNemar"

    def score(self, predictions: Values, labels: Values) -> float:
        """Share of the rows where both are equal."""
        return float(np.mean(predictions == labels))

    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """From how often each row is drawn."""
        right, rows = (predictions == labels).astype(np.float64).T, len(labels)
        return np.concatenate([drawn @ right / rows for drawn in draws(rows, resamples, rng)]).T

    def row_test(self, ours: Values, theirs: Values, labels: Values) -> float:
        """Two-sided p-value of equal accuracy on the same rows (McNemar, 1947), exact at any number of rows.

        Only rows that one got right and the other wrong count: each is a toss of a fair coin if the two are
        equal. Not by mid-p, which is below .05 in up to 7.7 % of cases, where they are 16.
        """
        from scipy.stats import binomtest

        right, other_right = ours == labels, theirs == labels
        gained, lost = int(np.sum(right & ~other_right)), int(np.sum(~right & other_right))
        return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0

    def contributions(self, predictions: Values, labels: Values) -> Values:
        """The share of the runs that got each row right."""
        shares: Values = (predictions == labels).mean(axis=0)
        return shares

    def interval(self, low: float, high: float, score: float, rows: int) -> tuple[float, float, str] | None:
        """Wilson's (1927) for an accuracy of 0 or 1, which every resample has too."""
        if low != high:
            return None
        from scipy.stats import binomtest

        found = binomtest(round(score * rows), rows).proportion_ci(0.95, method="wilson")
        return float(found.low), float(found.high), "Wilson"
