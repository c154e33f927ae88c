"""Spearman's rank correlation of predicted and true scores."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .draws import draws
from .metric import Values
from .pearson import Pearson, flat


class Spearman(Pearson):
    """Spearman's rho (1904), -1 to 1: Pearson's r of the ranks, ties at their middle.

    The correlation with a constant is not defined; it counts as 0, as Pearson's.
    """

    description = "Spearman's rho (range)"
    row_test_name = "none: Williams' test supposes normal variables, which ranks are not"

    def score(self, predictions: Values, labels: Values) -> float:
        """The correlation of the ranks."""
        from scipy.stats import rankdata

        if flat(predictions) or flat(labels):
            return 0.0
        return super().score(rankdata(predictions), rankdata(labels))

    def resampled(
        self, predictions: Values, labels: Values, resamples: int, rng: np.random.Generator
    ) -> Values:
        """From how often each row is drawn, which gives the ranks without sorting anew."""
        flats = np.array([flat(run) or flat(labels) for run in predictions])[:, None]
        runs, truth = [_Ties.of(run) for run in predictions], _Ties.of(labels)
        pieces = []
        for drawn in draws(len(labels), resamples, rng):
            true = truth.ranks(drawn)
            pieces.append(np.stack([_correlations(run.ranks(drawn), true, drawn) for run in runs]))
        return np.where(flats, 0.0, np.concatenate(pieces, axis=1))

    def row_test(self, ours: Values, theirs: Values, labels: Values) -> None:
        """None: see `row_test_name`."""

    def contributions(self, predictions: Values, labels: Values) -> Values:
        """The mean over the runs of each row's rank."""
        from scipy.stats import rankdata

        means: Values = rankdata(predictions, axis=1).mean(axis=0)
        return means


@dataclass(frozen=True)
class _Ties:
    """Rows in groups of equal values, from the lowest on.

    Attributes:
        order: The rows, ``[rows]``.
        starts: Where in the order each group begins, ``[groups]``.
        group: The group of each row, ``[rows]``.
    """

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    group: NDArray[np.intp]

    @classmethod
    def of(cls, values: Values) -> Self:
        """The groups of some values, ``[rows]``."""
        order = np.argsort(values, kind="stable")
        _, starts, group = np.unique(values, return_index=True, return_inverse=True)
        starts = np.searchsorted(values[order], values[starts])
        return cls(order, starts, group)

    def ranks(self, drawn: Values) -> Values:
        """The ranks, less their mean, that rows have which were drawn so often, ``[resamples, rows]``."""
        counts = np.add.reduceat(drawn[:, self.order], self.starts, axis=1)
        ranks: Values = (np.cumsum(counts, axis=1) - counts / 2 - len(self.order) / 2)[:, self.group]
        return ranks


def _correlations(one: Values, other: Values, drawn: Values) -> Values:
    together, left, right = (
        np.einsum("ij,ij,ij->i", drawn, *pair) for pair in ((one, other), (one, one), (other, other))
    )
    spread = np.sqrt(left * right)
    found: Values = np.divide(together, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.clip(found, -1, 1)
