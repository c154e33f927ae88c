"""The area under the ROC curve."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .draws import draws
from .metric import Predicted, TaskMetric, Values

_LEAST = 2
"""Rows of each class below which nothing can be said of how exactly an area is known."""


class AUC(TaskMetric):
    """The area under the ROC curve, 0-1: how often a row of class 1 scores above one of class 0.

    Ties count half (Hanley and McNeil, 1982). Where the labels are of one class it counts as .5.
    """

    description = "area under the ROC curve (two classes)"
    labels = "classes"
    two_classes = True
    needs_scores = True
    chance = 0.5
    undefined = (0.5, "labels of one class alone")
    row_test_name = "DeLong"

    def given(self, predictions: Predicted) -> Values:
        """How much more class 1 scores than class 0: its order is that of the probabilities."""
        if predictions.scores is None:
            raise ValueError("an area under the curve needs scores, and these predictions have none")
        scores = predictions.scores.astype(np.float64)
        return scores[:, 1] - scores[:, 0]

    def score(self, predictions: Values, labels: Values) -> float:
        """Mann and Whitney's U over the number of pairs."""
        return float(_Order.of(predictions, labels).areas(np.ones((1, len(labels))))[0])

    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """From how often each row is drawn; the order of the scores is that of all rows."""
        runs = [_Order.of(run, labels) for run in predictions]
        pieces = [
            np.stack([run.areas(drawn) for run in runs]) for drawn in draws(len(labels), resamples, rng)
        ]
        return np.concatenate(pieces, axis=1)

    def row_test(self, ours: Values, theirs: Values, labels: Values) -> float:
        """Two-sided p-value of equal areas (DeLong and others, 1988), by ranks (Sun and Xu, 2014).

        Never below 2 of all ways to deal the labels to the rows, the least that a permutation test can give.
        """
        from scipy.stats import norm

        if min(np.count_nonzero(labels == 1), np.count_nonzero(labels == 0)) < _LEAST:
            return 1.0
        # A row's part: how often those of the other class are on the right side of it.
        parts = [_parts(scores, labels) for scores in (ours, theirs)]
        gaps = [one - other for one, other in zip(*parts, strict=True)]
        error = math.sqrt(sum(float(np.var(gap, ddof=1)) / len(gap) for gap in gaps))
        gap = float(gaps[0].mean())
        if abs(gap) < 1e-12:
            return 1.0
        ones = np.count_nonzero(labels == 1)
        least = min(1.0, 2 / math.comb(len(labels), ones))
        return max(least, float(2 * norm.sf(abs(gap) / error)) if error >= 1e-12 else 0.0)

    def contributions(self, predictions: Values, labels: Values) -> Values:
        """The mean over the runs of each row's part: how often it is on the right side of the other class."""
        parts = np.empty(predictions.shape)
        for place, run in enumerate(predictions):
            for name, part in zip((1, 0), _parts(run, labels), strict=True):
                parts[place, labels == name] = part
        means: Values = parts.mean(axis=0)
        return means

    def defined(self, labels: Values) -> bool:
        """Whether there are rows of both classes."""
        return bool((labels == 1).any() and (labels == 0).any())


@dataclass(frozen=True)
class _Order:
    """How the rows of class 1 stand among those of class 0, by their scores.

    Attributes:
        ones: Rows of class 1, ``[ones]``.
        zeros: Rows of class 0, the lowest score first, ``[zeros]``.
        below: How many of class 0 score less than each of class 1, ``[ones]``.
        upto: How many score less or the same, ``[ones]``.
    """

    ones: NDArray[np.intp]
    zeros: NDArray[np.intp]
    below: NDArray[np.intp]
    upto: NDArray[np.intp]

    @classmethod
    def of(cls, scores: Values, labels: Values) -> Self:
        """The order of scores ``[rows]``."""
        ones, zeros = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
        zeros = zeros[np.argsort(scores[zeros])]
        ends = [np.searchsorted(scores[zeros], scores[ones], side) for side in ("left", "right")]
        return cls(ones, zeros, *ends)

    def areas(self, drawn: Values) -> Values:
        """The areas on rows that were drawn so often, ``[resamples]``, from ``[resamples, rows]``."""
        sums = np.zeros((len(drawn), len(self.zeros) + 1))
        np.cumsum(drawn[:, self.zeros], axis=1, out=sums[:, 1:])
        wins = sums[:, self.below]
        if (self.below != self.upto).any():
            wins = (wins + sums[:, self.upto]) / 2
        drawn_ones = drawn[:, self.ones]
        pairs = drawn_ones.sum(axis=1) * sums[:, -1]
        found = np.einsum("ij,ij->i", drawn_ones, wins)
        return np.where(pairs > 0, found / np.maximum(pairs, 1), 0.5)


def _parts(scores: Values, labels: Values) -> tuple[Values, Values]:
    """For each row of class 1 the share of those of class 0 below it, and for those of 0 above it."""
    from scipy.stats import rankdata

    ones, zeros = scores[labels == 1], scores[labels == 0]
    if not len(ones) or not len(zeros):
        return np.full(len(ones), 0.5), np.full(len(zeros), 0.5)
    ranks = rankdata(np.concatenate([ones, zeros]))
    below = (ranks[: len(ones)] - rankdata(ones)) / len(zeros)
    above = 1 - (ranks[len(ones) :] - rankdata(zeros)) / len(ones)
    return below, above
