"""The share of rows whose class was predicted."""

import math

import numpy as np

from .metric import TaskMetric, Values

_EXACT_BELOW = 25
"""Discordant rows below which the chi-squared distribution is too coarse for McNemar's test."""


class Accuracy(TaskMetric):
    """Right rows over all rows, 0-1."""

    description = "accuracy (classes)"
    labels = "classes"
    row_test_name = "McNemar"

    def score(self, predictions: Values, labels: Values) -> float:
        """Share of the rows where both are equal."""
        return float(np.mean(predictions == labels))

    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """From a multinomial distribution, in which all runs share the rows."""
        # Rows that the same runs got right are alike: drawing how many of each kind a resample has gives the
        # distribution that drawing the rows gives.
        kinds, counts = np.unique(predictions == labels, axis=1, return_counts=True)
        rows = len(labels)
        accuracies: Values = kinds @ rng.multinomial(rows, counts / rows, size=resamples).T / rows
        return accuracies

    def standard_error(self, score: float, rows: int) -> float:
        """√(p(1 - p) / n) of an accuracy p on n rows."""
        return math.sqrt(score * (1 - score) / rows)

    def row_test(self, ours: Values, theirs: Values, labels: Values) -> float:
        """Two-sided p-value of equal accuracy on the same rows (McNemar, 1947).

        Only rows that one got right and the other wrong count: by the exact binomial below 25 of them, else
        by chi-squared with continuity correction (Edwards, 1948).
        """
        from scipy.stats import binomtest, chi2

        right, other_right = ours == labels, theirs == labels
        gained, lost = int(np.sum(right & ~other_right)), int(np.sum(~right & other_right))
        if gained + lost == 0:
            return 1.0
        if gained + lost < _EXACT_BELOW:
            return float(binomtest(gained, gained + lost).pvalue)
        return float(chi2.sf(max(abs(gained - lost) - 1, 0) ** 2 / (gained + lost), 1))

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
